//! What the examples of bodies are made of, for users of the console to send.
//!
//! On a fresh server they follow each other: Ada signs up, signs in, and is sent links and codes.
//! What only a server, a provider or an authenticator can give out (tokens, tickets, codes,
//! signatures) has the right form, and is answered as wrong.

use serde_json::{Value, json};

pub(super) const EMAIL: &str = "ada@example.com";
pub(super) const PASSPHRASE: &str = "correct horse battery";
pub(super) const OTHER_PASSPHRASE: &str = "another horse battery";
pub(super) const NUMBER: &str = "+41791234567";
pub(super) const OTHER_NUMBER: &str = "+41791234568";
pub(super) const TOKEN: &str = "7f6c5d3e-2b1a-4c0d-9e8f-a1b2c3d4e5f6";
pub(super) const CODE: &str = "123456";

/// What a browser makes of a new security key (Web Authentication §5.1).
pub(super) fn attestation() -> Value {
    credential(&json!({ "clientDataJSON": "e30", "attestationObject": "oA" }))
}

/// What a browser makes of a signature.
pub(super) fn assertion() -> Value {
    credential(&json!({
        "clientDataJSON": "e30",
        "authenticatorData": "AAAA",
        "signature": "AAAA",
    }))
}

fn credential(response: &Value) -> Value {
    json!({ "id": "AAAA", "rawId": "AAAA", "type": "public-key", "response": response })
}
