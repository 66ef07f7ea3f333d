//! Custom claims of a token that is about to be issued.

use crate::{
    error::chain, services::dependencies::Dependencies, session::CustomClaims, user::UserId,
};

impl Dependencies {
    /// The custom claims of `user`; none when their source fails.
    ///
    /// A token without them is better than no token: it works where none are needed, and Hasura
    /// refuses requests that need a missing one. A token never has only some of them.
    pub(in crate::services) async fn custom_claims_of(&self, user: UserId) -> CustomClaims {
        let Some(source) = &self.custom_claims else {
            return CustomClaims::default();
        };
        source.claims_of(user).await.unwrap_or_else(|error| {
            tracing::warn!(
                user_id = %user,
                error = chain(&error),
                "an access token is issued without custom claims"
            );
            CustomClaims::default()
        })
    }
}
