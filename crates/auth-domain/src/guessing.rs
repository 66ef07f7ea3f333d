//! How many wrong codes an account puts up with, and from where.
//!
//! Six digits can be guessed, so wrong guesses at an account's codes are counted and a few of them
//! close it to further ones. **That must not become a weapon against its owner**: whoever knows an
//! address could guess in vain until the owner is shut out. So a network from which somebody has
//! signed in to the account lately has a count of its own, and all others share one: strangers shut
//! out each other. All counts together have an end, too, because whoever signs in to an account of
//! their own from many networks may be guessing at the mailbox of somebody else.

use std::fmt;

use chrono::{DateTime, Utc};

use crate::{code_key::CodeKey, limits::ClientNetwork, user::UserId};

/// A client network from which somebody has signed in to an account. Only its hash is stored: an
/// address is personal data.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Place(String);

impl Place {
    /// The network `client`, as it is known for one user and no other.
    #[must_use]
    pub fn of(key: &CodeKey, user: UserId, client: ClientNetwork) -> Self {
        Self(key.place(user, &client.to_string()))
    }

    /// The stored text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Place(***)")
    }
}

/// Who guesses when, and how many wrong guesses are too many.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuessLimits {
    /// Where the guess comes from; `None` where that is not known, or does not matter.
    pub place: Option<Place>,
    /// The time of the guess.
    pub now: DateTime<Utc>,
    /// Wrong guesses before this moment no longer count.
    pub count_from: DateTime<Utc>,
    /// So many wrong guesses of strangers close the account to all of them, and so many at a known
    /// place to that.
    pub max_wrong: u32,
    /// So many close it to everybody.
    pub max_wrong_in_all: u32,
}

/// The wrong guesses of a kind that count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WrongGuesses {
    /// Those of strangers.
    pub in_common: u32,
    /// Those from the place of the guess, made since it is known.
    pub here: u32,
    /// All of them.
    pub in_all: u32,
    /// Whether somebody has signed in to the account from the place of the guess lately.
    pub is_known_place: bool,
}

/// What a wrong guess counts for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tally {
    /// The count that strangers share.
    Common,
    /// The count of the known place it was made at.
    Place,
}

impl GuessLimits {
    /// What one more wrong guess counts for. `None`: there were too many already, and nothing may be
    /// compared.
    #[must_use]
    pub fn tally(&self, so_far: &WrongGuesses) -> Option<Tally> {
        let (tally, counted) = if so_far.is_known_place {
            (Tally::Place, so_far.here)
        } else {
            (Tally::Common, so_far.in_common)
        };
        let has_room = counted < self.max_wrong && so_far.in_all < self.max_wrong_in_all;
        has_room.then_some(tally)
    }

    /// The place of a guess that counts for `tally`.
    #[must_use]
    pub fn counted_place(&self, tally: Tally) -> Option<&Place> {
        match tally {
            Tally::Common => None,
            Tally::Place => self.place.as_ref(),
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn limits() -> GuessLimits {
        GuessLimits {
            place: Some(home()),
            now: DateTime::UNIX_EPOCH,
            count_from: DateTime::UNIX_EPOCH,
            max_wrong: 5,
            max_wrong_in_all: 20,
        }
    }

    fn home() -> Place {
        place("192.0.2.1", 1)
    }

    fn place(address: &str, user: u128) -> Place {
        let client = ClientNetwork::of(address.parse().unwrap());
        let user = UserId(Uuid::from_u128(user));
        Place::of(&CodeKey::derive(b"secret"), user, client)
    }

    fn so_far(in_common: u32, here: u32, is_known_place: bool) -> WrongGuesses {
        WrongGuesses {
            in_common,
            here,
            in_all: in_common + here,
            is_known_place,
        }
    }

    #[test]
    fn strangers_share_one_count() {
        assert_eq!(limits().tally(&so_far(4, 0, false)), Some(Tally::Common));
        assert_eq!(limits().tally(&so_far(5, 0, false)), None);
    }

    #[test]
    fn a_known_place_has_a_count_of_its_own() {
        for strangers in [0, 4, 5] {
            let guesses = |here| so_far(strangers, here, true);
            assert_eq!(limits().tally(&guesses(0)), Some(Tally::Place));
            assert_eq!(limits().tally(&guesses(4)), Some(Tally::Place));
            assert_eq!(limits().tally(&guesses(5)), None);
        }
    }

    #[test]
    fn many_known_places_together_have_an_end() {
        for is_known_place in [false, true] {
            let guesses = WrongGuesses {
                in_all: 20,
                ..so_far(0, 0, is_known_place)
            };
            assert_eq!(limits().tally(&guesses), None);
        }
    }

    #[test]
    fn a_place_is_one_of_its_user_and_shows_no_address() {
        assert_eq!(home(), place("::ffff:192.0.2.1", 1));
        assert_ne!(home(), place("192.0.2.2", 1));
        assert_ne!(home(), place("192.0.2.1", 2));
        assert!(!home().as_str().contains("192"));
        assert!(!format!("{:?}", home()).contains(home().as_str()));
    }
}
