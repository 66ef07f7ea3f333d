//! A deterministic identity provider.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use async_trait::async_trait;
use url::Url;

use crate::{
    identity::{ExternalIdentity, ProviderId},
    ports::{
        AuthorizationRequest, AuthorizationResponse, IdTokenError, IdTokenVerifier, Parameters,
        Provider, ProviderError,
    },
    secret::Secret,
};

/// A provider with the users that a test registers, each by a code that is also their ID token.
#[derive(Debug)]
pub struct KnownPeople {
    id: ProviderId,
    people: Mutex<HashMap<String, ExternalIdentity>>,
    requests: Mutex<Vec<AuthorizationRequest>>,
}

impl KnownPeople {
    /// A provider of this name without users.
    #[must_use]
    pub fn at(name: &'static str) -> Self {
        Self {
            id: ProviderId::of(name),
            people: Mutex::default(),
            requests: Mutex::default(),
        }
    }

    /// Registers a user by `code`, or replaces their identity.
    pub fn know(&self, code: &str, identity: ExternalIdentity) {
        let mut people = self.people.lock().unwrap_or_else(PoisonError::into_inner);
        people.insert(code.to_owned(), identity);
    }

    /// The authorization requests so far.
    #[must_use]
    pub fn requests(&self) -> Vec<AuthorizationRequest> {
        let requests = self.requests.lock();
        requests.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What a browser brings back for the user with this code.
    #[must_use]
    pub fn parameters(code: &str) -> Parameters {
        Parameters::from_iter([("code".to_owned(), Secret::new(code))])
    }

    fn find(&self, code: &str) -> Option<ExternalIdentity> {
        let people = self.people.lock().unwrap_or_else(PoisonError::into_inner);
        people.get(code).cloned()
    }
}

#[async_trait]
impl Provider for KnownPeople {
    fn id(&self) -> &ProviderId {
        &self.id
    }

    async fn authorize(&self, request: &AuthorizationRequest) -> Result<Url, ProviderError> {
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        requests.push(request.clone());
        let url = Url::parse("https://provider.example.com/authorize");
        url.map_err(|error| ProviderError::Unavailable(error.into()))
    }

    /// A missing code is refused; an unknown one leads to no profile.
    async fn identify(
        &self,
        response: &AuthorizationResponse,
    ) -> Result<ExternalIdentity, ProviderError> {
        let Some(code) = response.parameters.get("code") else {
            return Err(ProviderError::CodeRefused("no code".into()));
        };
        self.find(code.expose())
            .ok_or_else(|| ProviderError::ProfileFailed("unknown code".into()))
    }
}

#[async_trait]
impl IdTokenVerifier for KnownPeople {
    fn id(&self) -> &ProviderId {
        &self.id
    }

    async fn verify(
        &self,
        token: &Secret,
        _nonce: Option<&Secret>,
    ) -> Result<ExternalIdentity, IdTokenError> {
        self.find(token.expose()).ok_or(IdTokenError::Invalid)
    }
}
