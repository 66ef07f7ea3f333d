//! The readiness probe.

use std::time::Duration;

use uuid::Uuid;

use crate::{
    error::StoreError,
    ports::SignerError,
    services::context::RequestContext,
    session::{AccessClaims, AuthMethods, CustomClaims, SessionId},
    user::{Role, UserId},
};

/// What the server lacks to serve requests.
#[derive(Debug, thiserror::Error)]
pub enum Missing {
    /// The database does not answer.
    #[error(transparent)]
    Database(StoreError),
    /// The tables of the database are not those that this version needs.
    #[error("migrations have not been applied")]
    Migrations,
    /// Access tokens cannot be signed.
    #[error(transparent)]
    Keys(SignerError),
}

/// Tells whether the server can serve requests.
#[derive(Clone)]
pub struct ReadinessService {
    ctx: RequestContext,
}

impl ReadinessService {
    pub(in crate::services) fn new(ctx: RequestContext) -> Self {
        Self { ctx }
    }

    /// What is missing; nothing when requests can be served.
    ///
    /// It may take as long as the store waits for a connection: the caller bounds the time.
    pub async fn missing(&self) -> Vec<Missing> {
        let database = match self.ctx.store.is_migrated().await {
            Ok(true) => None,
            Ok(false) => Some(Missing::Migrations),
            Err(error) => Some(Missing::Database(error)),
        };
        let keys = self.try_to_sign().err().map(Missing::Keys);
        database.into_iter().chain(keys).collect()
    }

    /// Signs a token about no user, and drops it.
    fn try_to_sign(&self) -> Result<(), SignerError> {
        let claims = AccessClaims {
            user_id: UserId(Uuid::nil()),
            session: SessionId(Uuid::nil()),
            methods: AuthMethods::default(),
            is_anonymous: true,
            default_role: Role::anonymous(),
            allowed_roles: Vec::new(),
            is_elevated: false,
            custom: CustomClaims::default(),
            issued_at: self.ctx.clock.now(),
            ttl: Duration::ZERO,
        };
        self.ctx.signer.sign(&claims).map(drop)
    }
}
