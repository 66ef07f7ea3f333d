//! The rules for every new password.

use crate::{
    policy::PasswordPolicy,
    services::{
        dependencies::Dependencies,
        error::{Error, Refusal, parts_of_refusals},
    },
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
    /// It is longer than what a hash covers.
    #[error("the password is longer than {PASSWORD_MAX_BYTES} bytes")]
    TooLong,
    /// It is known from a data breach.
    #[error("the password is known from a data breach")]
    Breached,
}

parts_of_refusals!(PasswordRefusal);

/// How the length of a new password is measured.
#[derive(Debug, Clone, Copy)]
pub(in crate::services) enum PasswordRule {
    /// In bytes, as Hasura Auth does.
    Modern,
    /// In characters.
    Legacy,
}

impl Dependencies {
    /// Checks a new password, the cheapest rules first.
    pub(in crate::services) async fn check_password<R>(
        &self,
        password: &PlainPassword,
        rule: PasswordRule,
    ) -> Result<(), Error<R>>
    where
        R: Refusal + From<PasswordRefusal>,
    {
        self.policy.passwords.check(password, rule)?;
        if let Some(breached) = &self.breached_passwords
            && breached.contains(password).await?
        {
            return Err(PasswordRefusal::Breached.into());
        }
        Ok(())
    }
}

impl PasswordPolicy {
    fn check(&self, password: &PlainPassword, rule: PasswordRule) -> Result<(), PasswordRefusal> {
        let text = password.expose();
        let (length, min) = match rule {
            PasswordRule::Modern => (text.len(), self.min_bytes),
            PasswordRule::Legacy => (text.chars().count(), self.legacy_min_chars),
        };
        if length < min {
            return Err(PasswordRefusal::TooShort { min });
        }
        if !password.can_be_hashed() {
            return Err(PasswordRefusal::TooLong);
        }
        Ok(())
    }
}
