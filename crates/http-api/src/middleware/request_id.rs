//! The id of a request (`X-Request-Id`), the same for client, proxy and log.

use actix_web::{
    dev::ServiceRequest,
    http::header::{HeaderName, HeaderValue},
    web::Data,
};
use auth_domain::ports::IdGenerator;

use crate::{settings::ApiSettings, state::AppState};

/// The header, in requests of trusted proxies and in all answers.
pub(crate) const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// Most characters of an id that is accepted.
const LONGEST: usize = 128;

/// An id, fit for a log line and a header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RequestId(String);

impl RequestId {
    /// The id that a trusted proxy gave the request, or a new one: with an id of its choice a
    /// client could make two requests look like one, or forge log lines.
    pub(crate) fn of(request: &ServiceRequest) -> Option<Self> {
        let state = request.app_data::<Data<AppState>>()?;
        let given = given(request, state.settings());
        Some(given.unwrap_or_else(|| Self::new(state.ids())))
    }

    fn new(ids: &dyn IdGenerator) -> Self {
        Self(ids.uuid().to_string())
    }

    /// As text.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// As the value of the header.
    pub(crate) fn header(&self) -> Option<HeaderValue> {
        HeaderValue::from_str(&self.0).ok()
    }
}

fn given(request: &ServiceRequest, settings: &ApiSettings) -> Option<RequestId> {
    if !settings.trusted_proxies.sent(request.head()) {
        return None;
    }
    let mut values = request.headers().get_all(&HEADER);
    let (only, None) = (values.next()?, values.next()) else {
        return None;
    };
    let text = only.to_str().ok()?;
    is_fit(text).then(|| RequestId(text.to_owned()))
}

/// Letters, digits and what UUIDs, ULIDs, trace ids and base64url are written with.
fn is_fit(text: &str) -> bool {
    let is_fit = |it: u8| it.is_ascii_alphanumeric() || b"._-".contains(&it);
    (1..=LONGEST).contains(&text.len()) && text.bytes().all(is_fit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_that_could_forge_a_line_or_a_header_is_not_fit() {
        for text in [
            "", "a b", "a\tb", "a\"b", "{a}", "a=b", "\u{e9}", "a,b", "a;b",
        ] {
            assert!(!is_fit(text), "{text:?}");
        }
        assert!(!is_fit(&"a".repeat(LONGEST + 1)));
        for text in [
            "0123456789abcdef0123456789abcdef",
            "8c3e1f2a-0b4d-4c5e-9f60-a1b2c3d4e5f6",
            "01ARZ3NDEKTSV4RRFFQ69G5FAV",
            "Root_1.67891233-x",
        ] {
            assert!(is_fit(text), "{text}");
        }
        assert!(is_fit(&"a".repeat(LONGEST)));
    }
}
