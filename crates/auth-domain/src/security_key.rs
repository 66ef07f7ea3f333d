//! Security keys and passkeys (Web Authentication): what is stored of them, and the ceremonies in
//! which they are made and used.
//!
//! A key signs a *challenge* that the server made a moment ago. A challenge is good for one
//! ceremony of one purpose (replay). The port [`crate::ports::WebAuthn`] verifies signatures and
//! attestations.

mod ceremony;
mod challenge;
mod relying_party;

use std::fmt;

use data_encoding::BASE64URL_NOPAD;
use uuid::Uuid;

pub use ceremony::{
    ALGORITHMS, Assertion, Attestation, CreationOptions, RegisteredCredential, RequestOptions,
    UserHandle,
};
pub use challenge::{Challenge, ChallengePurpose, HashedChallenge, IssuedChallenge};
pub use relying_party::{InvalidRelyingParty, Origin, RelyingParty};

use crate::user::{UserId, composed, disturbs_reading};

/// The id of a registered key in the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SecurityKeyId(pub Uuid);

impl fmt::Display for SecurityKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

/// The id that an authenticator gave to a credential: 1 to 1023 bytes (Web Authentication §4).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CredentialId(Vec<u8>);

/// The bytes cannot be the id of a credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the id of a credential has 1 to 1023 bytes")]
pub struct InvalidCredentialId;

impl CredentialId {
    /// Takes an id as an authenticator wrote it.
    ///
    /// # Errors
    ///
    /// [`InvalidCredentialId`] when it is empty or longer than 1023 bytes.
    pub fn new(bytes: Vec<u8>) -> Result<Self, InvalidCredentialId> {
        if (1..=1023).contains(&bytes.len()) {
            Ok(Self(bytes))
        } else {
            Err(InvalidCredentialId)
        }
    }

    /// An id that a store holds. `None`: it is not in the form of [`text`](Self::text). For stores
    /// only.
    #[must_use]
    pub fn from_stored(text: &str) -> Option<Self> {
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
        Self::new(bytes).ok()
    }

    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The form in JSON and in stores: base64url without padding, as Hasura Auth writes it.
    #[must_use]
    pub fn text(&self) -> String {
        BASE64URL_NOPAD.encode(&self.0)
    }
}

/// An authenticator's signature counter (Web Authentication §6.1.1); 0 for one that does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct SignCount(pub u32);

/// A name that a user gives to one of their keys: up to 255 characters, without control characters,
/// line breaks or changes of text direction. It may be empty, as in Hasura Auth, and is composed
/// (NFC).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KeyNickname(String);

/// The text cannot be the name of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the name of a security key has up to 255 characters, and none that controls lines or the direction of text"
)]
pub struct InvalidKeyNickname;

impl KeyNickname {
    /// The most characters of a name.
    pub const MAX_CHARS: usize = 255;

    /// Reads a name.
    ///
    /// # Errors
    ///
    /// [`InvalidKeyNickname`] when it is too long, or holds a control character, a line break or
    /// a change of direction.
    pub fn parse(text: &str) -> Result<Self, InvalidKeyNickname> {
        if text.chars().count() > Self::MAX_CHARS || text.chars().any(disturbs_reading) {
            return Err(InvalidKeyNickname);
        }
        Ok(Self(composed(text)))
    }

    /// A name that a store holds. For stores only.
    #[must_use]
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A registered key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecurityKey {
    /// Its id in the API.
    pub id: SecurityKeyId,
    /// The user it signs in.
    pub user_id: UserId,
    /// What the authenticator calls it.
    pub credential_id: CredentialId,
    /// Its public key as `COSE_Key` (RFC 9052 §7), which is what Hasura Auth stores; a key that it
    /// stored without one verifies nothing.
    pub public_key: Vec<u8>,
    /// The signature counter of the last accepted signature.
    pub sign_count: SignCount,
    /// The name its owner gave it.
    pub nickname: Option<KeyNickname>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credential_id_survives_the_store() {
        let id = CredentialId::new(vec![0xfb, 0xff, 0]).unwrap();

        assert_eq!(id.text(), "-_8A");
        assert_eq!(CredentialId::from_stored("-_8A"), Some(id));
    }

    #[test]
    fn what_is_no_credential_id_is_refused() {
        for bytes in [vec![], vec![0; 1024]] {
            assert_eq!(CredentialId::new(bytes), Err(InvalidCredentialId));
        }
        for text in ["", "+/8A", "-_9", "-_8A="] {
            assert_eq!(CredentialId::from_stored(text), None, "{text}");
        }
    }

    #[test]
    fn a_nickname_is_one_short_line_or_nothing() {
        for text in ["", "Ada's phone 📱", &"x".repeat(255)] {
            assert_eq!(KeyNickname::parse(text).unwrap().as_str(), text);
        }
        for text in ["a\nb", "a\0", &"x".repeat(256)] {
            assert_eq!(KeyNickname::parse(text), Err(InvalidKeyNickname), "{text}");
        }
    }
}
