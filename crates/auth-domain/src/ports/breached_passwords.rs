//! Passwords known from data breaches.

use async_trait::async_trait;

use crate::{error::Cause, user::PlainPassword};

/// Knows passwords that were published in data breaches: attackers try those first (credential
/// stuffing).
#[async_trait]
pub trait BreachedPasswords: Send + Sync {
    /// Whether `password` is one of them.
    ///
    /// Must end by itself, and must not send the password or its whole hash to others
    /// (k-anonymity).
    async fn contains(&self, password: &PlainPassword) -> Result<bool, BreachedPasswordsError>;
}

/// The password could not be looked up.
#[derive(Debug, thiserror::Error)]
#[error("the password could not be looked up among those of data breaches")]
pub struct BreachedPasswordsError(#[source] pub Cause);
