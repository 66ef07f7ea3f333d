//! The answers of a server.

use reqwest::{Response, header::HeaderMap};
use serde_json::{Value, json};

/// A complete answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) async fn of(response: Response) -> Self {
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        Self {
            status,
            headers,
            text: response.text().await.unwrap(),
        }
    }

    /// The JSON body of an answer that has this status.
    #[track_caller]
    pub(crate) fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        self.json()
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("not JSON: {self:?}"))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |it| it.to_str().unwrap())
    }

    /// Checks a row of the modern error table.
    #[track_caller]
    pub(crate) fn expect_error(&self, status: u16, code: &str, message: &str) {
        let expected = json!({ "status": status, "error": code, "message": message });
        assert_eq!(self.expect(status), expected);
    }

    /// Checks a row of the legacy error catalogue.
    #[track_caller]
    pub(crate) fn expect_legacy_error(&self, status: u16, code: &str, message: &str) {
        assert_eq!(
            self.expect(status),
            json!({ "code": code, "message": message })
        );
        assert_eq!(
            self.header("content-type"),
            "application/json; charset=utf-8"
        );
    }

    /// Checks that the access token was refused because its session or user is gone.
    #[track_caller]
    pub(crate) fn expect_void_token(&self) {
        let error = "error in openapi3filter.SecurityRequirementsError: \
                     security requirements failed: invalid token";
        assert_eq!(self.expect(400), json!({ "error": error }));
    }

    /// Checks that the request was refused because it does not fit the API's description.
    #[track_caller]
    pub(crate) fn expect_invalid_request(&self) -> String {
        let body = self.expect(400);
        let text = body["error"].as_str().unwrap_or_default().to_owned();
        assert!(
            text.starts_with("error in openapi3filter.RequestError: "),
            "{body}"
        );
        text
    }
}
