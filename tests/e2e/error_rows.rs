//! Rows of the modern error table, for tests that go through many endpoints.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Server};

/// Status, code and message.
pub(crate) type Row = (u16, &'static str, &'static str);

pub(crate) const DISABLED: Row = (401, "disabled-user", "User is disabled");
pub(crate) const UNVERIFIED: Row = (401, "unverified-user", "User is not verified.");
pub(crate) const ANONYMOUS: Row = (403, "forbidden-anonymous", "Forbidden, user is anonymous.");
pub(crate) const SHUT_OUT: Row = (401, "invalid-email-password", "Incorrect email or password");
pub(crate) const INVALID_TICKET: Row = (401, "invalid-ticket", "Invalid ticket");
pub(crate) const INVALID_REQUEST: Row =
    (400, "invalid-request", "The request payload is incorrect");

/// The key of all servers that accept each other's access tokens.
pub(crate) const SHARED_KEY: &str = "0123456789abcdef0123456789abcdef";

/// The setting with that key.
pub(crate) fn shared_secret() -> String {
    json!({ "type": "HS256", "key": SHARED_KEY }).to_string()
}

/// Checks that an answer is this row; `place` names the request.
#[track_caller]
pub(crate) fn expect_row(answer: &Answer, (status, code, message): Row, place: &str) {
    let expected = json!({ "status": status, "error": code, "message": message });
    let told = serde_json::from_str::<Value>(&answer.text).unwrap_or_default();
    assert_eq!((answer.status, told), (status, expected), "{place}");
}

/// Checks that an answer is the redirect to the client's URL with this row.
#[track_caller]
pub(crate) fn expect_row_at_client(answer: &Answer, (_, code, message): Row, place: &str) {
    assert_eq!(answer.status, 302, "{place}: {}", answer.text);
    let told = answer.parameters();
    let told: Vec<_> = told
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .collect();
    assert_eq!(
        told,
        [("error", code), ("errorDescription", message)],
        "{place}"
    );
    answer.expect_error_at_client(code, message);
}

/// Checks that a body was refused because it does not fit its schema.
#[track_caller]
pub(crate) fn expect_misfit(answer: &Answer, place: &str) {
    let told = serde_json::from_str::<Value>(&answer.text).unwrap_or_default();
    let text = told["error"].as_str().unwrap_or_default();
    let begins = text.starts_with("error in openapi3filter.RequestError: ");
    assert!(
        answer.status == 400 && begins,
        "{place}: {} {}",
        answer.status,
        answer.text
    );
}

impl Server {
    /// The answer of an endpoint to a client with this token.
    pub(crate) async fn ask_as(
        &self,
        bearer: &str,
        method: &Method,
        path: &str,
        body: &Value,
    ) -> Answer {
        let request = self.request(method.clone(), path).bearer_auth(bearer);
        let request = if *method == Method::GET {
            request
        } else {
            request.json(body)
        };
        self.send(request).await
    }
}
