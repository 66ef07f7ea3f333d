//! Verifying ID tokens (OpenID Connect Core §2): a provider's signed statement about a user.
//!
//! Issuer, audiences and keys come from the configuration and from the provider's key set, never
//! from the token; the key, not the token, decides the algorithm. Dates are compared as numbers by
//! hand, so that no date of a provider can overflow.

mod claims;
mod jws;
mod keys;
mod rules;

use std::sync::Arc;

use async_trait::async_trait;
use auth_domain::{
    identity::{ExternalIdentity, ProviderId},
    ports::{Clock, IdTokenError, IdTokenVerifier},
    secret::Secret,
};
use egress::{Egress, Request};
use url::Url;

pub use self::rules::IdTokenRules;
use self::{
    claims::{Claims, Nonce},
    jws::Jws,
    keys::KeySet,
};
use crate::{api, cached::Cached};

/// Verifies the ID tokens of one provider.
///
/// Its key set is cached for an hour, or for a day while it cannot be fetched; an unknown key has
/// it fetched again, once a minute at most.
pub struct IdTokens {
    id: ProviderId,
    rules: IdTokenRules,
    keys_url: Url,
    egress: Egress,
    clock: Arc<dyn Clock>,
    keys: Cached<KeySet>,
}

impl IdTokens {
    /// Verifies tokens of `id`, whose keys are at `keys_url`, by `rules`.
    #[must_use]
    pub fn new(
        id: ProviderId,
        rules: IdTokenRules,
        keys_url: Url,
        egress: Egress,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            id,
            rules,
            keys_url,
            egress,
            keys: Cached::new(Arc::clone(&clock)),
            clock,
        }
    }

    /// The subject of a token that was fetched with a code. It must repeat the nonce of the
    /// authorization request (replay).
    ///
    /// # Errors
    ///
    /// See [`IdTokenError`].
    pub async fn verify_for_code(
        &self,
        token: &Secret,
        nonce: &Secret,
    ) -> Result<ExternalIdentity, IdTokenError> {
        self.judge(token, Nonce::OfRequest(nonce)).await
    }

    async fn judge(
        &self,
        token: &Secret,
        nonce: Nonce<'_>,
    ) -> Result<ExternalIdentity, IdTokenError> {
        let jws = Jws::read(token.expose()).ok_or(IdTokenError::Invalid)?;
        // Before the signature, which may cost a request. The error does not tell which check
        // failed.
        let now = u32::try_from(self.clock.now().timestamp()).unwrap_or(u32::MAX);
        let identity = Claims::read(&jws.claims)
            .filter(|it| it.are_good(&self.rules, now) && it.answer(nonce))
            .and_then(|it| it.identity(&self.rules))
            .ok_or(IdTokenError::Invalid)?;
        let keys = self.keys_for(&jws).await?;
        if keys.find(&jws).is_some_and(|key| key.signed(&jws)) {
            Ok(identity)
        } else {
            Err(IdTokenError::Invalid)
        }
    }

    async fn keys_for(&self, jws: &Jws<'_>) -> Result<Arc<KeySet>, IdTokenError> {
        match self.keys.get() {
            Some(keys) if keys.find(jws).is_some() || !self.keys.may_ask_again() => Ok(keys),
            _ => self.fetch_keys().await,
        }
    }

    async fn fetch_keys(&self) -> Result<Arc<KeySet>, IdTokenError> {
        let request = Request::get(self.keys_url.clone()).header("Accept", "application/json");
        let fetching = api::fetch::<KeySet>(&self.egress, request);
        let fetched = self.keys.fetch(fetching).await;
        fetched.map_err(|error| IdTokenError::Unavailable(error.into()))
    }
}

#[async_trait]
impl IdTokenVerifier for IdTokens {
    fn id(&self) -> &ProviderId {
        &self.id
    }

    async fn verify(
        &self,
        token: &Secret,
        nonce: Option<&Secret>,
    ) -> Result<ExternalIdentity, IdTokenError> {
        self.judge(token, Nonce::OfApp(nonce)).await
    }
}
