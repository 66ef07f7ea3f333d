//! Security keys and passkeys.

use serde_json::json;

use super::{
    error_lists::{BUSY, REFUSALS, SIGN_UP},
    examples::{EMAIL, assertion, attestation},
};
use crate::{
    endpoint::{BotCheckRule::Always, Endpoint, post},
    modern::{
        ErrorCode,
        security_keys::{elevate, register, sign_in, sign_up},
    },
    request_limits::Limit::{BruteForce, SignUps},
};

/// What every ceremony can end in.
const CEREMONY: &[ErrorCode] = &[ErrorCode::DISABLED_ENDPOINT, ErrorCode::INVALID_REQUEST];

pub(super) fn endpoints() -> Vec<Endpoint> {
    with_a_new_key()
        .into_iter()
        .chain(with_a_known_key())
        .map(|it| it.errors(CEREMONY))
        .collect()
}

fn with_a_new_key() -> Vec<Endpoint> {
    vec![
        post("/signup/webauthn", sign_up::begin)
            .summary("Begin to sign up with a security key")
            .success("What `navigator.credentials.create` takes as `publicKey`.")
            .example(|| json!({ "email": EMAIL }))
            .errors(SIGN_UP)
            .rate_limits(&[SignUps])
            .bot_check(Always)
            .switched_by("AUTH_WEBAUTHN_ENABLED"),
        post("/signup/webauthn/verify", sign_up::verify)
            .summary("Sign up with a security key")
            .about("Options take the place of those given at the beginning, one by one.")
            .success("A session; nothing in it while the address has to be verified first.")
            .example(|| json!({ "credential": attestation(), "nickname": "my phone" }))
            .errors(SIGN_UP)
            .errors(BUSY)
            .rate_limits(&[BruteForce, SignUps])
            .switched_by("AUTH_WEBAUTHN_ENABLED"),
        post("/user/webauthn/add", register::begin)
            .summary("Begin to add a security key")
            .success("What `navigator.credentials.create` takes as `publicKey`.")
            .errors(REFUSALS)
            .switched_by("AUTH_WEBAUTHN_ENABLED"),
        post("/user/webauthn/verify", register::verify)
            .summary("Add a security key")
            .success("The key as it is kept.")
            .example(|| json!({ "credential": attestation(), "nickname": "my phone" }))
            .errors(REFUSALS)
            .rate_limits(&[BruteForce])
            .switched_by("AUTH_WEBAUTHN_ENABLED"),
    ]
}

fn with_a_known_key() -> Vec<Endpoint> {
    vec![
        post("/signin/webauthn", sign_in::begin)
            .summary("Begin to sign in with a security key")
            .about("Without an address the authenticator finds out who signs in.")
            .success("What `navigator.credentials.get` takes as `publicKey`.")
            .example(|| json!({}))
            .errors(REFUSALS)
            .rate_limits(&[BruteForce])
            .switched_by("AUTH_WEBAUTHN_ENABLED"),
        post("/signin/webauthn/verify", sign_in::verify)
            .summary("Sign in with a security key")
            .about("A second factor is not asked for.")
            .success("A session.")
            .example(|| json!({ "credential": assertion() }))
            .errors(REFUSALS)
            .rate_limits(&[BruteForce])
            .switched_by("AUTH_WEBAUTHN_ENABLED"),
        post("/elevate/webauthn", elevate::begin)
            .summary("Begin to elevate with a security key")
            .success("What `navigator.credentials.get` takes as `publicKey`.")
            .errors(REFUSALS)
            .rate_limits(&[BruteForce])
            .switched_by("AUTH_WEBAUTHN_ENABLED"),
        post("/elevate/webauthn/verify", elevate::verify)
            .summary("Elevate with a security key")
            .success("A session with an elevated access token.")
            .example(|| json!({ "credential": assertion() }))
            .errors(REFUSALS)
            .rate_limits(&[BruteForce])
            .switched_by("AUTH_WEBAUTHN_ENABLED"),
    ]
}
