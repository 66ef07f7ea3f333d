//! Custom claims.

use async_trait::async_trait;

use crate::{error::Cause, session::CustomClaims, user::UserId};

/// Reads custom claims from the operator's own data about a user.
#[async_trait]
pub trait CustomClaimSource: Send + Sync {
    /// The custom claims of `user`, whose account is committed. Called whenever an access token is
    /// about to be issued, while no lock or connection is held.
    ///
    /// Must end by itself within a few seconds: a request waits for it.
    async fn claims_of(&self, user: UserId) -> Result<CustomClaims, CustomClaimSourceError>;
}

/// The custom claims of a user could not be read.
#[derive(Debug, thiserror::Error)]
#[error("the custom claims cannot be read")]
pub struct CustomClaimSourceError(#[source] pub Cause);
