//! JSON bodies: bounded, strict, and with an error that says where.

use std::time::Duration;

use actix_web::{
    HttpMessage, HttpRequest,
    dev::Payload,
    http::header,
    web::{Bytes, BytesMut},
};
use futures_util::StreamExt;
use serde::de::DeserializeOwned;

use super::{escaped_nul::holds_nul, members::FromObject};

/// Limit on the size of a body (denial of service); no body of the API comes near it.
pub(crate) const MAX_BODY_BYTES: usize = 64 * 1024;

/// The media type of JSON.
const JSON: &str = "application/json";

/// The media type of web forms.
const FORM: &str = "application/x-www-form-urlencoded";

/// The media type of plain text.
const TEXT: &str = "text/plain";

/// Timeout for receiving a body (denial of service by slow clients).
const PATIENCE: Duration = Duration::from_secs(10);

/// Why a body could not be read. The texts never repeat a value of the body: it may be a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BodyError {
    #[error("request body is larger than {MAX_BODY_BYTES} bytes")]
    TooLarge,
    #[error("header Content-Type has to be {0}")]
    ContentType(&'static str),
    #[error("value is required but missing")]
    Missing,
    #[error("request body was not received completely")]
    Incomplete,
    #[error("request body was not received in time")]
    TooSlow,
    #[error("request body is not JSON: {0}")]
    Syntax(String),
    #[error("Error at \"{path}\": {reason}")]
    Value { path: String, reason: String },
    #[error("the member \"{0}\" is missing")]
    MissingMember(String),
}

/// Reads and decodes a body that has to be there.
pub(crate) async fn read<T: DeserializeOwned>(
    request: HttpRequest,
    payload: Payload,
) -> Result<T, BodyError> {
    read_optional(request, payload)
        .await?
        .ok_or(BodyError::Missing)
}

/// The same where the client need not say that the body is JSON, as in the legacy API.
///
/// A request without a media type often has one that its client made up: `curl --data` says that it is a
/// form, and `fetch` that it is text.
pub(crate) async fn read_undeclared<T: DeserializeOwned>(
    request: HttpRequest,
    payload: Payload,
) -> Result<T, BodyError> {
    let bytes = collect_in_time(&request, payload).await?;
    if bytes.is_empty() {
        return Err(BodyError::Missing);
    }
    let made_up = ["", FORM, TEXT];
    if !is_json(&request) && !made_up.iter().any(|it| is_of_type(&request, it)) {
        return Err(BodyError::ContentType(JSON));
    }
    decode(&bytes)
}

/// Reads the body of a web form, undecoded.
pub(crate) async fn read_form(request: HttpRequest, payload: Payload) -> Result<Bytes, BodyError> {
    let bytes = collect_in_time(&request, payload).await?;
    if bytes.is_empty() {
        return Err(BodyError::Missing);
    }
    if is_of_type(&request, FORM) {
        Ok(bytes)
    } else {
        Err(BodyError::ContentType(FORM))
    }
}

/// Reads and decodes a body that may be absent.
pub(crate) async fn read_optional<T: DeserializeOwned>(
    request: HttpRequest,
    payload: Payload,
) -> Result<Option<T>, BodyError> {
    let bytes = collect_in_time(&request, payload).await?;
    if bytes.is_empty() {
        return Ok(None);
    }
    if !is_json(&request) {
        return Err(BodyError::ContentType(JSON));
    }
    decode(&bytes).map(Some)
}

fn is_json(request: &HttpRequest) -> bool {
    is_of_type(request, JSON)
}

fn is_of_type(request: &HttpRequest, media_type: &str) -> bool {
    let content_type = request.content_type();
    content_type.trim().eq_ignore_ascii_case(media_type)
}

#[expect(
    clippy::disallowed_methods,
    reason = "nothing but reading is given up, and no unit of work has begun"
)]
async fn collect_in_time(request: &HttpRequest, payload: Payload) -> Result<Bytes, BodyError> {
    let collected = tokio::time::timeout(PATIENCE, collect(request, payload)).await;
    collected.unwrap_or(Err(BodyError::TooSlow))
}

async fn collect(request: &HttpRequest, mut payload: Payload) -> Result<Bytes, BodyError> {
    let announced = request.headers().get(header::CONTENT_LENGTH);
    let announced = announced.and_then(|it| it.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > MAX_BODY_BYTES) {
        return Err(BodyError::TooLarge);
    }
    let mut bytes = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_cut_off| BodyError::Incomplete)?;
        if bytes.len() + chunk.len() > MAX_BODY_BYTES {
            return Err(BodyError::TooLarge);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes.freeze())
}

fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, BodyError> {
    if holds_nul(bytes) {
        return Err(BodyError::Syntax(
            "the character U+0000 is not allowed".to_owned(),
        ));
    }
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let FromObject(value) =
        serde_path_to_error::deserialize(&mut deserializer).map_err(describe)?;
    deserializer
        .end()
        .map_err(|error| BodyError::Syntax(error.to_string()))?;
    Ok(value)
}

fn describe(error: serde_path_to_error::Error<serde_json::Error>) -> BodyError {
    let path = pointer(error.path());
    let error = error.into_inner();
    if !error.is_data() {
        return BodyError::Syntax(without_place(&error.to_string()).to_owned());
    }
    let text = error.to_string();
    let text = without_place(&text);
    if let Some(member) = text
        .strip_prefix("missing field `")
        .and_then(|it| it.strip_suffix('`'))
    {
        return BodyError::MissingMember(member.to_owned());
    }
    // serde quotes the offending value before the comma; what it expected stands behind.
    let reason = match text
        .strip_prefix("invalid ")
        .and_then(|it| it.rsplit_once(", expected "))
    {
        Some((_, expected)) => format!("expected {expected}"),
        None => text.to_owned(),
    };
    BodyError::Value { path, reason }
}

fn without_place(text: &str) -> &str {
    text.rsplit_once(" at line ").map_or(text, |(text, _)| text)
}

fn pointer(path: &serde_path_to_error::Path) -> String {
    let text = path.to_string();
    if text == "." {
        "/".to_owned()
    } else {
        format!("/{}", text.replace('.', "/"))
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Body {
        name: String,
        inner: Option<Inner>,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Inner {
        count: u8,
    }

    fn decoded(text: &str) -> Result<Body, BodyError> {
        decode(text.as_bytes())
    }

    fn value_error(path: &str, reason: &str) -> BodyError {
        BodyError::Value {
            path: path.to_owned(),
            reason: reason.to_owned(),
        }
    }

    #[test]
    fn an_error_names_the_place_and_never_the_value() {
        let wrong_type = decoded(r#"{"name": 4711}"#);
        let nested = decoded(r#"{"name": "x", "inner": {"count": "s3cret, expected x"}}"#);

        assert_eq!(wrong_type, Err(value_error("/name", "expected a string")));
        assert_eq!(nested, Err(value_error("/inner/count", "expected u8")));
    }

    #[test]
    fn unknown_duplicate_and_missing_members_are_told_apart() {
        assert!(matches!(
            decoded(r#"{"name":"x","nam":1}"#),
            Err(BodyError::Value { .. })
        ));
        assert!(matches!(
            decoded(r#"{"name":"x","name":"y"}"#),
            Err(BodyError::Value { .. })
        ));
        assert_eq!(
            decoded("{}"),
            Err(BodyError::MissingMember("name".to_owned()))
        );
    }

    #[test]
    fn broken_texts_are_errors_and_not_panics() {
        let deep = "[".repeat(60_000);
        let texts = [
            "{",
            "",
            "null",
            "[]",
            "{\"name\":\"\\ud800\"}",
            "{\"name\":\"x\"} x",
            &deep,
        ];
        for text in texts {
            assert!(decoded(text).is_err(), "{text:.20}");
        }
        assert!(decode::<Body>(b"{\"name\":\"\xff\"}").is_err());
    }

    #[test]
    fn the_nul_character_is_refused_however_it_is_nested() {
        assert!(decoded(r#"{"name":"a\u0000b"}"#).is_err());
        assert!(decoded(r#"{"name":"a\\\u0000b"}"#).is_err());
        // An escaped backslash followed by the letters is no NUL.
        assert_eq!(
            decoded(r#"{"name":"a\\u0000b"}"#).unwrap().name,
            "a\\u0000b"
        );
    }
}
