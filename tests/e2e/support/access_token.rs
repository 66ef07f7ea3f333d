//! The claims of access tokens.

use data_encoding::BASE64URL_NOPAD;
use serde_json::Value;

/// The claims of a session's access token.
pub(crate) fn claims_of(session: &Value) -> Value {
    let token = session["accessToken"].as_str().unwrap();
    let payload = token.split('.').nth(1).unwrap();
    let payload = BASE64URL_NOPAD.decode(payload.as_bytes()).unwrap();
    serde_json::from_slice(&payload).unwrap()
}
