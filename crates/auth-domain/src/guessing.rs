//! Guess limits of one-time codes: how many wrong codes an account accepts, and from where.
//!
//! Six digits can be guessed, so wrong guesses at an account's codes are counted, and after a few
//! of them no further guess is compared. **The limit must not lock out the account owner**: an
//! attacker who knows an address could guess in vain on purpose. So a network from which the
//! account was signed in to lately (a known place) has a count of its own, and all other networks
//! share one. There is a limit over all counts, too: an attacker could otherwise sign up with
//! another person's address, sign in from many networks, and guess at that mailbox's codes from
//! each.

use std::fmt;

use chrono::{DateTime, Utc};

use crate::{code_key::CodeKey, limits::ClientNetwork, user::UserId};

/// A client network from which an account was signed in to. Only its hash is stored: an address is
/// personal data.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Place(String);

impl Place {
    /// The network `client` as a place of one user. Another user's has another hash.
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

/// Where and when a guess is made, and how many wrong ones are too many.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuessLimits {
    /// Where the guess comes from; `None` where that is not known, or does not matter.
    pub place: Option<Place>,
    /// The time of the guess.
    pub now: DateTime<Utc>,
    /// Wrong guesses before this moment no longer count.
    pub count_from: DateTime<Utc>,
    /// From this many wrong guesses on the shared count refuses all unknown networks; the count of
    /// a known place refuses that place.
    pub max_wrong: u32,
    /// From this many wrong guesses in all, every network is refused.
    pub max_wrong_in_all: u32,
}

/// The wrong guesses that count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WrongGuesses {
    /// Those from unknown networks.
    pub in_common: u32,
    /// Those from the network of the guess, since it became a known place.
    pub here: u32,
    /// All of them.
    pub in_all: u32,
    /// Whether the account was lately signed in to from the network of the guess.
    pub is_known_place: bool,
}

/// Which count a wrong guess is added to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tally {
    /// The count that unknown networks share.
    Common,
    /// The count of the known place it was made at.
    Place,
}

impl GuessLimits {
    /// Which count one more wrong guess is added to. `None`: there were too many already, and the
    /// code must not be compared.
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

    /// The place whose count a guess is added to.
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
