//! Querying Hasura.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use auth_domain::{
    error::{Cause, chain},
    ports::{CustomClaimSource, CustomClaimSourceError},
    secret::Secret,
    session::CustomClaims,
    user::UserId,
};
use egress::{Egress, EgressError, Request, Url};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    definitions::ClaimDefinitions,
    refused::RefusedClaims,
    reply::{self, Complaint, NoUser},
};

/// The deadline of all requests together: a client waits for its token.
const TIMEOUT: Duration = Duration::from_secs(5);

/// A user with all their relations is some kilobytes.
const LARGEST_REPLY: usize = 1024 * 1024;

/// Hasura's GraphQL endpoint, and its credentials.
#[derive(Debug, Clone)]
pub struct GraphqlEndpoint {
    /// Its URL.
    pub url: Url,
    /// The admin secret: claims are queried without permissions.
    pub admin_secret: Secret,
}

/// Custom claims from a Hasura.
#[derive(Debug, Clone)]
pub struct HasuraClaims {
    egress: Egress,
    endpoint: GraphqlEndpoint,
    definitions: ClaimDefinitions,
    refused: Arc<RefusedClaims>,
    timeout: Duration,
}

#[derive(Debug, thiserror::Error)]
enum ClaimsQueryError {
    #[error("Hasura cannot be asked")]
    Egress(#[from] EgressError),
    #[error(transparent)]
    NoUser(#[from] NoUser),
}

impl ClaimsQueryError {
    /// Hasura's error about the query itself, if it is one.
    fn refusal(&self) -> Option<&Complaint> {
        match self {
            Self::NoUser(NoUser::Refused(complaint)) if complaint.is_about_query() => {
                Some(complaint)
            }
            Self::NoUser(_) | Self::Egress(_) => None,
        }
    }
}

impl HasuraClaims {
    /// Queries the Hasura at `endpoint`, which `egress` has to allow, for `definitions`.
    #[must_use]
    pub fn new(egress: Egress, endpoint: GraphqlEndpoint, definitions: ClaimDefinitions) -> Self {
        Self {
            egress,
            endpoint,
            definitions,
            refused: Arc::default(),
            timeout: TIMEOUT,
        }
    }

    /// With a timeout; the default is five seconds.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Checks that Hasura answers the query. Refused claims are logged.
    ///
    /// # Errors
    ///
    /// Why it did not answer.
    pub async fn try_to_ask(&self) -> Result<(), Cause> {
        // No user has this id: an allowed query finds none.
        match self.ask(UserId(Uuid::nil())).await {
            Ok(_) | Err(ClaimsQueryError::NoUser(NoUser::Unknown)) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// The same when the server starts, which goes on in any case.
    pub async fn check(&self) {
        if let Err(error) = self.try_to_ask().await {
            tracing::warn!(
                error = chain(&*error),
                "Hasura could not be asked for custom claims at the start"
            );
        }
    }

    async fn ask(&self, user: UserId) -> Result<CustomClaims, ClaimsQueryError> {
        let until = Instant::now() + self.timeout;
        let without = self.refused.left_out(Instant::now());
        let asked = self.ask_without(user, &without, until).await;
        let error = match asked {
            Ok(claims) => {
                if without.is_empty() {
                    self.refused.forget();
                }
                return Ok(claims);
            }
            Err(error) => error,
        };
        if error.refusal().is_none() || !self.refused.may_be_searched(Instant::now()) {
            return Err(error);
        }
        let refused = self.search_refused(user, &without, until).await?;
        if refused.is_subset(&without) {
            return Err(error);
        }
        self.ask_without(user, &refused, until).await
    }

    /// The claims that are refused when they are queried alone.
    async fn search_refused(
        &self,
        user: UserId,
        asked_without: &BTreeSet<String>,
        until: Instant,
    ) -> Result<BTreeSet<String>, ClaimsQueryError> {
        let mut refused = BTreeMap::new();
        for (name, path) in self.definitions.paths() {
            let Some(query) = self.definitions.query_for(name) else {
                continue;
            };
            match self.send(&query, user, until).await {
                Ok(_) | Err(ClaimsQueryError::NoUser(NoUser::Unknown)) => {}
                Err(error) => match error.refusal() {
                    Some(complaint) => {
                        refused.insert(name.to_owned(), (path, complaint.field()));
                    }
                    None => return Err(error),
                },
            }
        }
        let names = refused.keys().cloned().collect();
        for claim in self.refused.remember(&names, asked_without, Instant::now()) {
            if let Some((path, field)) = refused.get(&claim) {
                tracing::warn!(
                    claim,
                    path,
                    field,
                    "Hasura refuses the path of a custom claim; tokens are issued without the claim"
                );
            }
        }
        Ok(names)
    }

    async fn ask_without(
        &self,
        user: UserId,
        without: &BTreeSet<String>,
        until: Instant,
    ) -> Result<CustomClaims, ClaimsQueryError> {
        let Some(query) = self.definitions.query(without) else {
            return Ok(CustomClaims::default());
        };
        let user = self.send(&query, user, until).await?;
        let (claims, unusable) = self.definitions.claims_of(&user, without);
        for error in unusable {
            tracing::warn!(
                error = chain(&error),
                "an access token is issued without one of its custom claims"
            );
        }
        Ok(claims)
    }

    /// The user in Hasura's response to a query.
    async fn send(
        &self,
        query: &str,
        user: UserId,
        until: Instant,
    ) -> Result<Value, ClaimsQueryError> {
        let body = json!({
            "query": query,
            "variables": { "id": user.to_string() },
        });
        let request = Request::post(self.endpoint.url.clone())
            .header("accept", "application/json")
            .secret_header("x-hasura-admin-secret", self.endpoint.admin_secret.expose())
            .json(&body)
            .timeout(until.saturating_duration_since(Instant::now()))
            .largest_reply(LARGEST_REPLY);
        let reply = self.egress.send(request).await?;
        Ok(reply::user(&reply)?)
    }
}

#[async_trait]
impl CustomClaimSource for HasuraClaims {
    async fn claims_of(&self, user: UserId) -> Result<CustomClaims, CustomClaimSourceError> {
        let asked = self.ask(user).await;
        asked.map_err(|error| CustomClaimSourceError(error.into()))
    }
}
