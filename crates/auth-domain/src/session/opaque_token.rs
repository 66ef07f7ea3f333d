//! Session tokens of the legacy generation: 48 random hexadecimal digits.

use crate::random_text::{RANDOM_BYTES, random_text};

random_text! {
    /// A session token as its holder sends it, as long as the original's (legacy reference, §6).
    PlainSessionToken;

    /// The stored form of a session token.
    HashedSessionToken;
}

/// The text is not 48 lower-case hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a session token")]
pub struct InvalidSessionToken;

impl PlainSessionToken {
    /// Reads a token from a header or a cookie.
    ///
    /// # Errors
    ///
    /// [`InvalidSessionToken`] unless `text` is 48 lower-case hexadecimal digits.
    pub fn parse(text: &str) -> Result<Self, InvalidSessionToken> {
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if text.len() == 2 * RANDOM_BYTES && text.bytes().all(is_digit) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidSessionToken)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_survives_the_way_to_the_client_and_back() {
        let token = PlainSessionToken::new([0xab; RANDOM_BYTES]);

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
