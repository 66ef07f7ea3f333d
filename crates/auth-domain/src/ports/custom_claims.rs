//! Custom claims.

use async_trait::async_trait;

use crate::{error::Cause, session::CustomClaims, user::UserId};

/// Knows what an installation's own data says about a user.
#[async_trait]
pub trait CustomClaimSource: Send + Sync {
    /// The custom claims of `user`, whose account is committed. Asked whenever an access token is
    /// about to be issued, with nothing held that others wait for.
    ///
    /// Somebody waits for the token: must come to an end by itself within a few seconds.
    async fn claims_of(&self, user: UserId) -> Result<CustomClaims, CustomClaimSourceError>;
}

/// Nobody can tell what the custom claims of a user are.
#[derive(Debug, thiserror::Error)]
#[error("the custom claims cannot be had")]
pub struct CustomClaimSourceError(#[source] pub Cause);
