//! What every new password has to be, whichever way it is chosen.

use crate::{
    policy::PasswordPolicy,
    user::{PASSWORD_MAX_BYTES, PlainPassword},
};

/// Why a password cannot be chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordRefusal {
    /// It is too short.
    #[error("the password is shorter than {min}")]
    TooShort {
        /// The fewest bytes (modern) or characters (legacy).
        min: usize,
    },
    /// It is longer than a hash looks at.
    #[error("the password is longer than {PASSWORD_MAX_BYTES} bytes")]
    TooLong,
}

impl PasswordPolicy {
    /// The rule of the modern API, which counts bytes as Hasura Auth does.
    pub(super) fn check(&self, password: &PlainPassword) -> Result<(), PasswordRefusal> {
        check(password, password.expose().len(), self.min_bytes)
    }

    /// The rule of the legacy API, which counts characters.
    pub(super) fn check_legacy(&self, password: &PlainPassword) -> Result<(), PasswordRefusal> {
        check(
            password,
            password.expose().chars().count(),
            self.legacy_min_chars,
        )
    }
}

fn check(password: &PlainPassword, length: usize, min: usize) -> Result<(), PasswordRefusal> {
    if length < min {
        return Err(PasswordRefusal::TooShort { min });
    }
    if !password.can_be_hashed() {
        return Err(PasswordRefusal::TooLong);
    }
    Ok(())
}
