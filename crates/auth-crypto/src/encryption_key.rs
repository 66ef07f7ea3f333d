//! The key that stored secrets are encrypted with.

use std::fmt;

use auth_domain::secret::derived_key;
use data_encoding::{BASE64, HEXLOWER_PERMISSIVE};

const KEY_BYTES: usize = 32;

/// A key of 256 bits. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct EncryptionKey([u8; KEY_BYTES]);

/// The text is no key of 256 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an encryption key is 32 bytes: 64 hexadecimal digits, or base64")]
pub struct InvalidEncryptionKey;

impl EncryptionKey {
    /// Reads a key: 64 hexadecimal digits, as Hasura Auth takes it, or 32 bytes in base64.
    ///
    /// # Errors
    ///
    /// [`InvalidEncryptionKey`] for anything else.
    pub fn parse(text: &str) -> Result<Self, InvalidEncryptionKey> {
        let text = text.trim().as_bytes();
        let decoded = match text.len() {
            64 => HEXLOWER_PERMISSIVE.decode(text),
            _ => BASE64.decode(text),
        };
        let bytes = decoded.ok().and_then(|it| it.try_into().ok());
        bytes.map(Self).ok_or(InvalidEncryptionKey)
    }

    /// The key that is derived from a secret that serves others too.
    #[must_use]
    pub fn derive(secret: &[u8]) -> Self {
        Self(derived_key(secret, "hasura-auth encryption v1"))
    }

    /// The bytes. Never use them for something else without deriving another key from them.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for EncryptionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EncryptionKey(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_in_either_spelling() {
        let expected = EncryptionKey([0xab; 32]);

        for text in [
            "ab".repeat(32),
            "AB".repeat(32),
            format!(" {}\n", "ab".repeat(32)),
            BASE64.encode(&[0xab; 32]),
        ] {
            assert_eq!(
                EncryptionKey::parse(&text).as_ref(),
                Ok(&expected),
                "{text}"
            );
        }
    }

    #[test]
    fn other_lengths_and_letters_are_no_key() {
        for text in [
            "",
            "ab",
            &"ab".repeat(31),
            &"xy".repeat(32),
            &BASE64.encode(&[1; 31]),
        ] {
            assert_eq!(
                EncryptionKey::parse(text),
                Err(InvalidEncryptionKey),
                "{text}"
            );
        }
    }

    #[test]
    fn keys_of_different_secrets_differ_and_are_not_shown() {
        assert_eq!(EncryptionKey::derive(b"a"), EncryptionKey::derive(b"a"));
        assert_ne!(EncryptionKey::derive(b"a"), EncryptionKey::derive(b"b"));
        let shown = format!("{:?}", EncryptionKey::derive(b"a"));
        assert_eq!(shown, "EncryptionKey(***)");
    }
}
