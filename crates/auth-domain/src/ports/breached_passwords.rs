//! Passwords known from data breaches.

use async_trait::async_trait;

use crate::{error::Cause, user::PlainPassword};

/// Knows passwords that were published in data breaches, which are the first that attackers try.
#[async_trait]
pub trait BreachedPasswords: Send + Sync {
    /// Whether `password` is one of them.
    ///
    /// Must come to an end by itself, and must not tell anybody the password or its whole hash.
    async fn contains(&self, password: &PlainPassword) -> Result<bool, BreachedPasswordsError>;
}

/// Nobody can tell whether a password is known.
#[derive(Debug, thiserror::Error)]
#[error("the password could not be looked up among those of data breaches")]
pub struct BreachedPasswordsError(#[source] pub Cause);
