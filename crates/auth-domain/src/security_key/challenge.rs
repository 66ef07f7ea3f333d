//! Challenges: what a key has to sign, once (replay).

use std::fmt;

use chrono::{DateTime, Utc};
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::user::UserId;

/// Random bytes that a key signs: 32, as Hasura Auth makes them.
#[derive(Clone, PartialEq, Eq)]
pub struct Challenge(Vec<u8>);

impl Challenge {
    /// A new challenge from two times 24 random bytes.
    #[must_use]
    pub fn new(first: [u8; 24], second: [u8; 24]) -> Self {
        Self(first.into_iter().chain(second).take(32).collect())
    }

    /// The challenge that a client's data names (`clientDataJSON`, Web Authentication §5.8.1).
    /// Whether it was signed, and whether it is one of ours, is not verified yet.
    #[must_use]
    pub fn named_in(client_data_json: &[u8]) -> Option<Self> {
        let data: Value = serde_json::from_slice(client_data_json).ok()?;
        let text = data.get("challenge")?.as_str()?;
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
        (bytes.len() == 32).then_some(Self(bytes))
    }

    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The form in JSON: base64url without padding.
    #[must_use]
    pub fn text(&self) -> String {
        BASE64URL_NOPAD.encode(&self.0)
    }

    /// The form that is stored: SHA-256 in hexadecimal digits.
    #[must_use]
    pub fn hashed(&self) -> HashedChallenge {
        HashedChallenge(HEXLOWER.encode(&Sha256::digest(&self.0)))
    }
}

impl fmt::Debug for Challenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Challenge(***)")
    }
}

/// The stored form of a challenge.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HashedChallenge(String);

impl HashedChallenge {
    /// The stored text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The ceremony that a challenge is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ChallengePurpose {
    /// Making an account with a key.
    SignUp,
    /// Signing in.
    SignIn,
    /// Elevating an access token.
    Elevation,
    /// Adding a key to an account.
    Registration,
}

impl ChallengePurpose {
    /// Every purpose.
    pub const ALL: [Self; 4] = [
        Self::SignUp,
        Self::SignIn,
        Self::Elevation,
        Self::Registration,
    ];

    /// Its name in stores.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::SignUp => "sign-up",
            Self::SignIn => "sign-in",
            Self::Elevation => "elevation",
            Self::Registration => "registration",
        }
    }

    /// The purpose with this name in stores.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }
}

/// A challenge as it is stored, with what it takes to finish its ceremony.
#[derive(Debug, Clone, PartialEq)]
pub struct IssuedChallenge {
    /// The only form of the challenge that is stored.
    pub hash: HashedChallenge,
    /// What it is for.
    pub purpose: ChallengePurpose,
    /// The user of the ceremony, where known; of a sign-up, the user to be created.
    pub user_id: Option<UserId>,
    /// The options of a sign-up.
    pub sign_up: Option<Value>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// The moment from which it is no longer accepted.
    pub expires_at: DateTime<Utc>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_named_challenge_is_the_one_that_was_made() {
        let made = Challenge::new([7; 24], [9; 24]);
        let data = format!(r#"{{"type":"x","challenge":"{}"}}"#, made.text());

        assert_eq!(made.as_bytes().len(), 32);
        assert_eq!(Challenge::named_in(data.as_bytes()), Some(made));
    }

    #[test]
    fn client_data_without_a_challenge_of_32_bytes_claims_none() {
        for data in [
            "",
            "[]",
            "{}",
            r#"{"challenge":1}"#,
            r#"{"challenge":""}"#,
            r#"{"challenge":"AAAA"}"#,
            r#"{"challenge":"!"}"#,
            "\u{feff}{}",
        ] {
            assert_eq!(Challenge::named_in(data.as_bytes()), None, "{data}");
        }
    }

    #[test]
    fn purposes_are_known_by_their_names() {
        for purpose in ChallengePurpose::ALL {
            assert_eq!(ChallengePurpose::named(purpose.name()), Some(purpose));
        }
        assert_eq!(ChallengePurpose::named("else"), None);
    }
}
