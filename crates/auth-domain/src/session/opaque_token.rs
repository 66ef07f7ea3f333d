//! Session tokens of the legacy generation: 48 hexadecimal digits that say nothing.

use std::fmt;

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

/// Random bytes in a token; the original's tokens have as many (legacy reference, §6).
pub(super) const TOKEN_BYTES: usize = 24;

/// A session token as its holder sends it.
#[derive(Clone, PartialEq, Eq)]
pub struct PlainSessionToken(String);

/// The text is not 48 lower-case hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a session token")]
pub struct InvalidSessionToken;

impl PlainSessionToken {
    /// A new token from random bytes.
    #[must_use]
    pub fn new(random: [u8; TOKEN_BYTES]) -> Self {
        Self(HEXLOWER.encode(&random))
    }

    /// Reads a token from a header or a cookie.
    ///
    /// # Errors
    ///
    /// [`InvalidSessionToken`] unless `text` is 48 lower-case hexadecimal digits.
    pub fn parse(text: &str) -> Result<Self, InvalidSessionToken> {
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if text.len() == 2 * TOKEN_BYTES && text.bytes().all(is_digit) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidSessionToken)
        }
    }

    /// The token itself, for the answer that hands it out.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The form that is stored: SHA-256 of the text, in hexadecimal digits.
    #[must_use]
    pub fn hashed(&self) -> HashedSessionToken {
        HashedSessionToken(HEXLOWER.encode(&Sha256::digest(self.0.as_bytes())))
    }
}

impl fmt::Debug for PlainSessionToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PlainSessionToken(***)")
    }
}

/// The stored form of a session token.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct HashedSessionToken(String);

impl HashedSessionToken {
    /// The stored text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_survives_the_way_to_the_client_and_back() {
        let token = PlainSessionToken::new([0xab; TOKEN_BYTES]);

        assert_eq!(token.expose().len(), 48);
        assert_eq!(PlainSessionToken::parse(token.expose()), Ok(token.clone()));
        assert_ne!(token.hashed().as_str(), token.expose());
    }

    #[test]
    fn anything_else_is_not_a_token() {
        let upper = "AB".repeat(24);
        for text in ["", "abc", &upper, &"g".repeat(48), &"a".repeat(49)] {
            assert_eq!(
                PlainSessionToken::parse(text),
                Err(InvalidSessionToken),
                "{text:?}"
            );
        }
    }
}
