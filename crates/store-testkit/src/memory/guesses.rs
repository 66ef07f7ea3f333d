//! The wrong guesses that a [`MemoryStore`](super::MemoryStore) remembers, and known places.

use std::collections::HashMap;

use auth_domain::{
    DateTime, Utc,
    guessing::{GuessLimits, Place, Tally, WrongGuesses},
    user::UserId,
};

use super::expiry::oldest;

/// Wrong guesses of one kind at one user's codes.
#[derive(Debug, Clone, Default)]
pub(super) struct Guesses(Vec<(DateTime<Utc>, Option<Place>)>);

impl Guesses {
    pub(super) fn count(&self, limits: &GuessLimits, is_known_place: bool) -> WrongGuesses {
        let count = |wanted: &dyn Fn(Option<&Place>) -> bool| {
            let counted = self.0.iter();
            let counted = counted.filter(|(moment, _)| *moment >= limits.count_from);
            let counted = counted.filter(|(_, place)| wanted(place.as_ref()));
            u32::try_from(counted.count()).unwrap_or(u32::MAX)
        };
        WrongGuesses {
            in_common: count(&|place| place.is_none()),
            here: count(&|place| place.is_some() && place == limits.place.as_ref()),
            in_all: count(&|_| true),
            is_known_place,
        }
    }

    pub(super) fn note(&mut self, limits: &GuessLimits, tally: Tally) {
        self.0.retain(|(moment, _)| *moment >= limits.count_from);
        let place = limits.counted_place(tally).cloned();
        self.0.push((limits.now, place));
    }

    pub(super) fn forget(&mut self) {
        self.0.clear();
    }

    /// Removes guesses that were made before a moment, `limit` at most; returns how many.
    pub(super) fn remove(&mut self, before: DateTime<Utc>, limit: usize) -> usize {
        let mut removed = 0;
        self.0.retain(|(moment, _)| {
            let goes = *moment < before && removed < limit;
            removed += usize::from(goes);
            !goes
        });
        removed
    }
}

/// The places that users signed in from, and until when they are known.
#[derive(Debug, Clone, Default)]
pub(super) struct KnownPlaces(HashMap<(UserId, Place), DateTime<Utc>>);

impl KnownPlaces {
    pub(super) fn note(&mut self, user: UserId, place: Place, until: DateTime<Utc>) {
        let known = self.0.entry((user, place)).or_insert(until);
        *known = until.max(*known);
    }

    pub(super) fn is_known(&self, user: UserId, limits: &GuessLimits) -> bool {
        limits.place.as_ref().is_some_and(|place| {
            let until = self.0.get(&(user, place.clone()));
            until.is_some_and(|until| limits.now < *until)
        })
    }

    /// Removes places, the first to expire first; returns how many.
    pub(super) fn remove(&mut self, before: DateTime<Utc>, limit: usize) -> usize {
        let places = self.0.iter().map(|(place, until)| (*until, place.clone()));
        let places = oldest(places, before, limit);
        self.0.retain(|place, _| !places.contains(place));
        places.len()
    }

    pub(super) fn forget_all_of(&mut self, user: UserId) {
        self.0.retain(|(owner, _), _| *owner != user);
    }
}
