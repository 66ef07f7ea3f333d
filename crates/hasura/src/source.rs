//! Asking Hasura.

use std::time::Duration;

use async_trait::async_trait;
use auth_domain::{
    ports::{CustomClaimSource, CustomClaimSourceError},
    secret::Secret,
    session::CustomClaims,
    user::UserId,
};
use egress::{Egress, EgressError, Request, Url};
use serde_json::json;

use crate::{
    definitions::{ClaimDefinitions, Unusable},
    reply::{self, NoUser},
};

/// How long Hasura may take for everything: somebody waits for their token.
const TIMEOUT: Duration = Duration::from_secs(5);

/// A user with all they are related to is some kilobytes.
const LARGEST_REPLY: usize = 1024 * 1024;

/// Where Hasura answers GraphQL, and what it wants to be shown.
#[derive(Debug, Clone)]
pub struct GraphqlEndpoint {
    /// Its URL.
    pub url: Url,
    /// The admin secret: claims are looked up past all permissions.
    pub admin_secret: Secret,
}

/// Custom claims from a Hasura.
#[derive(Debug, Clone)]
pub struct HasuraClaims {
    egress: Egress,
    endpoint: GraphqlEndpoint,
    definitions: ClaimDefinitions,
    timeout: Duration,
}

#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error("Hasura cannot be asked")]
    Egress(#[from] EgressError),
    #[error(transparent)]
    NoUser(#[from] NoUser),
    #[error(transparent)]
    Unusable(#[from] Unusable),
}

impl HasuraClaims {
    /// Asks the Hasura at `endpoint`, which `egress` has to allow, for what `definitions` need.
    #[must_use]
    pub fn new(egress: Egress, endpoint: GraphqlEndpoint, definitions: ClaimDefinitions) -> Self {
        Self {
            egress,
            endpoint,
            definitions,
            timeout: TIMEOUT,
        }
    }

    /// Waits for at most `timeout`, five seconds if nothing is said.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    async fn ask(&self, user: UserId) -> Result<CustomClaims, Trouble> {
        let body = json!({
            "query": self.definitions.query(),
            "variables": { "id": user.to_string() },
        });
        let request = Request::post(self.endpoint.url.clone())
            .header("accept", "application/json")
            .secret_header("x-hasura-admin-secret", self.endpoint.admin_secret.expose())
            .json(&body)
            .timeout(self.timeout)
            .largest_reply(LARGEST_REPLY);
        let reply = self.egress.send(request).await?;
        let user = reply::user(&reply)?;
        Ok(self.definitions.claims_of(&user)?)
    }
}

#[async_trait]
impl CustomClaimSource for HasuraClaims {
    async fn claims_of(&self, user: UserId) -> Result<CustomClaims, CustomClaimSourceError> {
        let asked = self.ask(user).await;
        asked.map_err(|trouble| CustomClaimSourceError(trouble.into()))
    }
}
