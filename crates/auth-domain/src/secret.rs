//! Text that must never be printed, and keys made from it.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// A secret string. Its `Debug` form shows `***`, and it has no `Display`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps `text`.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself. Call it only where the secret is used.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// A key for one purpose alone, derived from a secret that may serve others too.
#[must_use]
pub fn derived_key(secret: &[u8], purpose: &str) -> [u8; 32] {
    let mut mac = keyed(secret);
    mac.update(purpose.as_bytes());
    mac.finalize().into_bytes().into()
}

/// A computation with `key`, of any length.
#[expect(
    clippy::expect_used,
    reason = "HMAC takes keys of any length (RFC 2104 §2); a test tries them"
)]
pub(crate) fn keyed(key: &[u8]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).expect("HMAC takes keys of any length")
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn secrets_of_every_length_make_keys_of_their_own() {
        let lengths = [0, 1, 31, 32, 63, 64, 65, 1000];

        let keys = lengths.map(|length| derived_key(&vec![7; length], "a purpose"));

        assert_eq!(HashSet::from(keys).len(), lengths.len());
    }
}
