//! Refresh tokens: the long-lived half of a modern session.
//!
//! A refresh token is a random UUID, shown to the client once and stored as SHA-256 in the column
//! and notation of Hasura Auth, so that existing sessions go on. It is *rotated*: using it writes
//! the hash of its successor into the same row, and its reuse is detected (replay, RFC 9700
//! §4.14.2).
//!
//! The successor is *derived* from the token with a key only the server has. Two browser tabs that
//! use one token at the same moment therefore get the same successor (idempotent), although the
//! server stores nothing but hashes and any of several servers may answer.

use std::fmt;

use data_encoding::HEXLOWER;
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};

use crate::secret::keyed;

/// A refresh token as its holder sends it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PlainRefreshToken(Uuid);

/// The text is not a UUID in lower-case, hyphenated form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a refresh token")]
pub struct InvalidRefreshTokenText;

impl PlainRefreshToken {
    /// A new token from a random UUID.
    #[must_use]
    pub fn new(random: Uuid) -> Self {
        Self(random)
    }

    /// Reads a token.
    ///
    /// # Errors
    ///
    /// [`InvalidRefreshTokenText`] unless `text` is a hyphenated UUID with lower-case digits: the
    /// stored hash is of that spelling.
    pub fn parse(text: &str) -> Result<Self, InvalidRefreshTokenText> {
        let invalid = |_| InvalidRefreshTokenText;
        let token = Self(Uuid::try_parse(text).map_err(invalid)?);
        if token.text() == text {
            Ok(token)
        } else {
            Err(InvalidRefreshTokenText)
        }
    }

    /// The token itself, for the answer to the client.
    #[must_use]
    pub fn text(&self) -> String {
        self.0.hyphenated().to_string()
    }

    /// The stored form.
    #[must_use]
    pub fn hashed(&self) -> HashedRefreshToken {
        let digest = Sha256::digest(self.text().as_bytes());
        HashedRefreshToken(format!("\\x{}", HEXLOWER.encode(&digest)))
    }

    /// The token that replaces this one, always the same.
    #[must_use]
    pub fn successor(&self, key: &SuccessorKey) -> Self {
        let mut mac = key.0.clone();
        mac.update(self.0.as_bytes());
        let digest: [u8; 32] = mac.finalize().into_bytes().into();
        let (half, _) = digest.split_at(16);
        let mut bytes = [0; 16];
        bytes.copy_from_slice(half);
        Self(Builder::from_random_bytes(bytes).into_uuid())
    }
}

impl fmt::Debug for PlainRefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PlainRefreshToken(***)")
    }
}

/// The stored form of a refresh token: backslash, `x`, SHA-256 of its text in lower-case digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct HashedRefreshToken(String);

impl HashedRefreshToken {
    /// A hash that a store holds. For stores only.
    #[must_use]
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The stored text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The key that successors are derived with. Servers that share a store share the key.
#[derive(Clone)]
pub struct SuccessorKey(Hmac<Sha256>);

impl SuccessorKey {
    /// A key for this purpose alone, derived from a secret that may serve others too.
    #[must_use]
    pub fn derive(secret: &[u8]) -> Self {
        let mut mac = keyed(secret);
        mac.update(b"hasura-auth refresh token successor v1");
        Self(keyed(&mac.finalize().into_bytes()))
    }
}

impl fmt::Debug for SuccessorKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SuccessorKey(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "57c3f278-ea3c-4f5f-8f09-12a598d97c1c";

    #[test]
    fn the_stored_form_is_the_one_hasura_auth_writes() {
        let token = PlainRefreshToken::parse(TOKEN).unwrap();

        // Token and hash as a running Hasura Auth 0.42 stored them.
        assert_eq!(
            token.hashed().as_str(),
            "\\x310c6acb73d2a6dd853baac286763ffd3f3021216d3be67316abdc433f3e5118"
        );
    }

    #[test]
    fn other_spellings_of_a_uuid_are_refused() {
        let upper = TOKEN.to_uppercase();
        let bare = TOKEN.replace('-', "");
        let braced = format!("{{{TOKEN}}}");
        for text in ["", "x", upper.as_str(), &bare, &braced] {
            assert_eq!(
                PlainRefreshToken::parse(text),
                Err(InvalidRefreshTokenText),
                "{text:?}"
            );
        }
    }

    #[test]
    fn a_successor_depends_on_the_token_and_on_the_key_and_on_nothing_else() {
        let key = SuccessorKey::derive(b"one secret");
        let token = PlainRefreshToken::parse(TOKEN).unwrap();
        let other = PlainRefreshToken::new(Uuid::from_u128(7));

        assert_eq!(
            token.successor(&key),
            token.successor(&SuccessorKey::derive(b"one secret"))
        );
        assert_ne!(
            token.successor(&key),
            token.successor(&SuccessorKey::derive(b"another"))
        );
        assert_ne!(token.successor(&key), other.successor(&key));
        assert_ne!(token.successor(&key), token);
        assert_eq!(token.successor(&key).0.get_version_num(), 4);
    }
}
