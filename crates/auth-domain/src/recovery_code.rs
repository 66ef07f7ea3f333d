//! Recovery codes: what replaces a lost authenticator app.
//!
//! A code is 80 random bits, so it cannot be guessed; it is good once, and only its hash is stored.

use std::fmt;

use data_encoding::{BASE32_NOPAD, HEXLOWER};
use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::{
    secret::{Secret, derived_key, keyed},
    user::UserId,
};

/// How many codes a user gets.
pub const RECOVERY_CODES: usize = 10;

/// Random bytes in a code.
const RANDOM_BYTES: usize = 10;

/// Characters in a code, without the hyphens.
const LENGTH: usize = 16;

/// A code as its owner keeps it.
#[derive(Clone, PartialEq, Eq)]
pub struct RecoveryCode(String);

/// The text does not look like a recovery code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a recovery code")]
pub struct InvalidRecoveryCode;

impl RecoveryCode {
    /// A new code from random bytes.
    #[must_use]
    pub fn new(random: [u8; 24]) -> Self {
        let (_, used) = random
            .split_last_chunk()
            .map_or((&[][..], [0; RANDOM_BYTES]), |(rest, used)| (rest, *used));
        Self(BASE32_NOPAD.encode(&used).to_ascii_lowercase())
    }

    /// Reads a code, without regard to case, hyphens and blanks.
    ///
    /// # Errors
    ///
    /// [`InvalidRecoveryCode`] unless the rest is 16 characters of base32.
    pub fn parse(text: &str) -> Result<Self, InvalidRecoveryCode> {
        let digits: String = text
            .chars()
            .filter(|it| !it.is_ascii_whitespace() && *it != '-')
            .take(LENGTH + 1)
            .collect();
        let is_base32 = |byte: u8| matches!(byte, b'a'..=b'z' | b'A'..=b'Z' | b'2'..=b'7');
        if digits.len() == LENGTH && digits.bytes().all(is_base32) {
            Ok(Self(digits.to_ascii_lowercase()))
        } else {
            Err(InvalidRecoveryCode)
        }
    }

    /// The text to show, once: four groups of four.
    #[must_use]
    pub fn shown(&self) -> Secret {
        let mut text = String::with_capacity(LENGTH + 3);
        for (place, character) in self.0.chars().enumerate() {
            if place > 0 && place % 4 == 0 {
                text.push('-');
            }
            text.push(character);
        }
        Secret::new(text)
    }

    /// The stored form: an HMAC that is bound to its user, under the current key.
    #[must_use]
    pub fn hashed(&self, keys: &RecoveryKeys, user: UserId) -> HashedRecoveryCode {
        self.hashed_with(&keys.current, user)
    }

    /// Every form it may be stored in, the newest first.
    pub fn stored_forms(
        &self,
        keys: &RecoveryKeys,
        user: UserId,
    ) -> impl Iterator<Item = HashedRecoveryCode> {
        std::iter::once(&keys.current)
            .chain(&keys.former)
            .map(move |key| self.hashed_with(key, user))
    }

    fn hashed_with(&self, key: &Hmac<Sha256>, user: UserId) -> HashedRecoveryCode {
        let mut mac = key.clone();
        mac.update(user.0.as_bytes());
        mac.update(self.0.as_bytes());
        HashedRecoveryCode(HEXLOWER.encode(&mac.finalize().into_bytes()))
    }
}

impl fmt::Debug for RecoveryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryCode(***)")
    }
}

/// The stored form of a recovery code.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct HashedRecoveryCode(String);

impl HashedRecoveryCode {
    /// The stored text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The current and former keys of recovery codes. Codes are kept for years, so they outlive a key:
/// a former key still verifies them.
#[derive(Clone)]
pub struct RecoveryKeys {
    current: Hmac<Sha256>,
    former: Vec<Hmac<Sha256>>,
}

impl RecoveryKeys {
    /// Keys for this purpose alone, derived from secrets that may serve others too.
    #[must_use]
    pub fn derive<'a>(current: &[u8], former: impl IntoIterator<Item = &'a [u8]>) -> Self {
        Self {
            current: derived(current),
            former: former.into_iter().map(derived).collect(),
        }
    }
}

fn derived(secret: &[u8]) -> Hmac<Sha256> {
    keyed(&derived_key(secret, "hasura-auth recovery code v1"))
}

impl fmt::Debug for RecoveryKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryKeys(***)")
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const ADA: UserId = UserId(Uuid::from_u128(1));
    const EVE: UserId = UserId(Uuid::from_u128(2));

    #[test]
    fn a_code_is_shown_in_four_groups_and_read_back_however_it_is_typed() {
        let code = RecoveryCode::new([0xa7; 24]);

        let shown = code.shown().expose().to_owned();

        assert_eq!(shown.len(), 19);
        assert!(shown.split('-').all(|group| group.len() == 4), "{shown}");
        for typed in [
            shown.clone(),
            shown.replace('-', ""),
            shown.to_uppercase(),
            shown.replace('-', " "),
        ] {
            assert_eq!(RecoveryCode::parse(&typed), Ok(code.clone()), "{typed}");
        }
    }

    #[test]
    fn anything_else_is_no_code() {
        let long = "a".repeat(17);
        for text in [
            "",
            "123456",
            "aaaa-aaaa-aaaa-aaa",
            &long,
            "aaaa-aaaa-aaaa-aaa1",
            "ääää",
        ] {
            assert_eq!(
                RecoveryCode::parse(text),
                Err(InvalidRecoveryCode),
                "{text:?}"
            );
        }
    }

    #[test]
    fn a_hash_is_bound_to_key_and_user() {
        let code = RecoveryCode::new([1; 24]);
        let keys = |secret: &[u8]| RecoveryKeys::derive(secret, []);
        let hash = code.hashed(&keys(b"one"), ADA);

        assert_eq!(hash, code.hashed(&keys(b"one"), ADA));
        assert_ne!(hash, code.hashed(&keys(b"two"), ADA));
        assert_ne!(hash, code.hashed(&keys(b"one"), EVE));
        assert_ne!(hash, RecoveryCode::new([2; 24]).hashed(&keys(b"one"), ADA));
    }

    #[test]
    fn a_replaced_key_still_recognises_its_codes() {
        let code = RecoveryCode::new([1; 24]);
        let before = RecoveryKeys::derive(b"old", []);
        let after = RecoveryKeys::derive(b"new", [&b"old"[..]]);

        let forms: Vec<_> = code.stored_forms(&after, ADA).collect();

        assert_eq!(forms, [code.hashed(&after, ADA), code.hashed(&before, ADA)]);
    }
}
