//! Passwords: the secret a person types, and the hash that is stored.

use std::fmt;

/// bcrypt looks at 72 bytes and no further; a longer password would be cut silently.
pub const PASSWORD_MAX_BYTES: usize = 72;

/// A password as typed. It is never stored, printed or compared as text.
#[derive(Clone, PartialEq, Eq)]
pub struct PlainPassword(String);

impl PlainPassword {
    /// Wraps a typed password; the policy decides whether it is good enough.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The password itself. For hashers only.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether a hash would cover every byte of it.
    #[must_use]
    pub fn can_be_hashed(&self) -> bool {
        self.0.len() <= PASSWORD_MAX_BYTES
    }
}

impl fmt::Debug for PlainPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PlainPassword(***)")
    }
}

/// The stored form of a password, in the notation of the hasher that made it (`$2b$10$…`).
#[derive(Clone, PartialEq, Eq)]
pub struct HashedPassword(String);

impl HashedPassword {
    /// A hash as a hasher or a store gives it.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The stored text. For hashers and stores only.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for HashedPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HashedPassword(***)")
    }
}
