//! A fake provider on this machine.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use auth_domain::{
    ports::{AuthorizationRequest, AuthorizationResponse, PkceAndNonce},
    secret::Secret,
    session::CodeVerifier,
};
use egress::{Egress, EgressRules};
use serde_json::Value;
use url::{Url, form_urlencoded};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate, matchers::any};

use crate::registration::{Endpoints, Registration};

/// The client id.
pub const CLIENT_ID: &str = "the-client";

/// The client secret.
pub const CLIENT_SECRET: &str = "hunter2-client-secret";

/// A code that a browser brings back.
pub const CODE: &str = "hunter2-code";

/// The access token that the service returns.
pub const ACCESS_TOKEN: &str = "hunter2-access-token";

/// The redirect URI.
pub const CALLBACK: &str = "https://auth.example.com/signin/provider/it/callback";

/// A fake provider: it answers at the given paths, and nowhere else.
pub struct Service {
    server: MockServer,
    answers: Answers,
}

/// The responses by method and path; the last one that was set counts.
#[derive(Clone, Default)]
struct Answers(Arc<Mutex<HashMap<String, ResponseTemplate>>>);

impl Answers {
    fn all(&self) -> MutexGuard<'_, HashMap<String, ResponseTemplate>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Respond for Answers {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let answer = self.all().get(&line(request)).cloned();
        answer.unwrap_or_else(|| ResponseTemplate::new(404))
    }
}

fn line(request: &Request) -> String {
    format!("{} {}", request.method, request.url.path())
}

impl Service {
    /// A service without responses.
    pub async fn start() -> Self {
        let service = Self {
            server: MockServer::start().await,
            answers: Answers::default(),
        };
        service.mount().await;
        service
    }

    async fn mount(&self) {
        let mock = Mock::given(any()).respond_with(self.answers.clone());
        self.server.register(mock).await;
    }

    /// The URL of `path`.
    #[must_use]
    pub fn url(&self, path: &str) -> Url {
        let mut url = self.root();
        url.set_path(path);
        url
    }

    fn root(&self) -> Url {
        let url = self.server.uri().parse();
        url.unwrap()
    }

    /// Answers `GET path` with JSON.
    pub fn gets(&self, path: &str, json: &Value) {
        let answer = ResponseTemplate::new(200).set_body_json(json);
        self.answers("GET", path, answer);
    }

    /// Answers `POST path` with a status and JSON.
    pub fn posts(&self, path: &str, status: u16, json: &Value) {
        let answer = ResponseTemplate::new(status).set_body_json(json);
        self.answers("POST", path, answer);
    }

    /// Answers with any response.
    pub fn answers(&self, method: &str, path: &str, answer: ResponseTemplate) {
        self.answers
            .all()
            .insert(format!("{method} {path}"), answer);
    }

    /// Forgets all responses and requests.
    pub async fn reset(&self) {
        self.answers.all().clear();
        self.server.reset().await;
        self.mount().await;
    }

    /// The requests so far, in order.
    pub async fn received(&self) -> Vec<Request> {
        self.server.received_requests().await.unwrap_or_default()
    }

    /// The requests so far, as methods and paths.
    pub async fn lines(&self) -> Vec<String> {
        let received = self.received().await;
        received.iter().map(line).collect()
    }

    /// This server's registration there. Codes are exchanged at `/token`, the profile is at
    /// `/profile`.
    #[must_use]
    pub fn registration(&self) -> Registration {
        Registration {
            client_id: CLIENT_ID.to_owned(),
            client_secret: Secret::new(CLIENT_SECRET),
            endpoints: Endpoints {
                authorization: self.url("/authorize"),
                token: self.url("/token"),
                profile: self.url("/profile"),
            },
            scopes: Vec::new(),
        }
    }
}

/// A client that may send requests to this machine.
#[must_use]
pub fn egress() -> Egress {
    let rules = EgressRules {
        allowed_hosts: vec!["127.0.0.1".to_owned()],
    };
    Egress::new(rules).unwrap()
}

/// PKCE verifier and nonce of the test.
#[must_use]
pub fn proof() -> PkceAndNonce {
    PkceAndNonce {
        verifier: CodeVerifier::new([7; 24]),
        nonce: Secret::new("hunter2-nonce"),
    }
}

/// An authorization request.
#[must_use]
pub fn authorization_request() -> AuthorizationRequest {
    AuthorizationRequest {
        state: Secret::new("a state"),
        callback: callback(),
        proof: proof(),
    }
}

/// An authorization response with these parameters.
#[must_use]
pub fn authorization_response(parameters: &[(&str, &str)]) -> AuthorizationResponse {
    let pairs = parameters.iter();
    AuthorizationResponse {
        parameters: pairs
            .map(|(name, value)| ((*name).to_owned(), Secret::new(*value)))
            .collect(),
        callback: callback(),
        proof: proof(),
    }
}

fn callback() -> Url {
    CALLBACK.parse().unwrap()
}

/// The fields of a form that was sent, in order.
#[must_use]
pub fn form_of(request: &Request) -> Vec<(String, String)> {
    form_urlencoded::parse(&request.body).into_owned().collect()
}
