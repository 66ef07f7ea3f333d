//! An identity provider that holds still.

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

/// A provider that knows the people a test tells it of, each by a code that is also their ID token.
#[derive(Debug)]
pub struct KnownPeople {
    id: ProviderId,
    people: Mutex<HashMap<String, ExternalIdentity>>,
    questions: Mutex<Vec<AuthorizationRequest>>,
}

impl KnownPeople {
    /// A provider of this name that knows nobody yet.
    #[must_use]
    pub fn at(name: &'static str) -> Self {
        Self {
            id: ProviderId::of(name),
            people: Mutex::default(),
            questions: Mutex::default(),
        }
    }

    /// Knows somebody by `code` from now on, or knows something else of them.
    pub fn know(&self, code: &str, identity: ExternalIdentity) {
        let mut people = self.people.lock().unwrap_or_else(PoisonError::into_inner);
        people.insert(code.to_owned(), identity);
    }

    /// What it was asked so far.
    #[must_use]
    pub fn questions(&self) -> Vec<AuthorizationRequest> {
        let questions = self.questions.lock();
        questions.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What a browser brings back for somebody with this code.
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

    async fn authorize(&self, question: &AuthorizationRequest) -> Result<Url, ProviderError> {
        let mut questions = self
            .questions
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        questions.push(question.clone());
        let url = Url::parse("https://provider.example.com/authorize");
        url.map_err(|error| ProviderError::Unavailable(error.into()))
    }

    /// A code that is missing was refused; one of nobody led to no profile.
    async fn identify(
        &self,
        answer: &AuthorizationResponse,
    ) -> Result<ExternalIdentity, ProviderError> {
        let Some(code) = answer.parameters.get("code") else {
            return Err(ProviderError::CodeRefused("no code".into()));
        };
        self.find(code.expose())
            .ok_or_else(|| ProviderError::ProfileFailed("nobody".into()))
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
