//! Security keys and passkeys.

use super::{Operation, REFUSALS, SIGN_UP};
use crate::{
    modern::{
        ErrorCode,
        security_keys::{elevate, register, sign_in, sign_up},
    },
    openapi::operation::modern,
};

/// What every ceremony can end in.
const CEREMONY: &[ErrorCode] = &[ErrorCode::DISABLED_ENDPOINT, ErrorCode::INVALID_REQUEST];

pub(super) fn operations() -> Vec<Operation> {
    let mut operations = with_a_new_key();
    operations.extend(with_a_known_key());
    operations
        .into_iter()
        .map(|it| it.errors(CEREMONY))
        .collect()
}

fn with_a_new_key() -> Vec<Operation> {
    vec![
        modern(
            "POST",
            "/signup/webauthn",
            sign_up::begin,
            "Begin to sign up with a security key",
        )
        .answering("What `navigator.credentials.create` takes as `publicKey`.")
        .errors(SIGN_UP),
        modern(
            "POST",
            "/signup/webauthn/verify",
            sign_up::verify,
            "Sign up with a security key",
        )
        .about("Options take the place of those given at the beginning, one by one.")
        .answering("A session; nothing in it while the address has to be verified first.")
        .errors(SIGN_UP)
        .errors(super::BUSY),
        modern(
            "POST",
            "/user/webauthn/add",
            register::begin,
            "Begin to add a security key",
        )
        .answering("What `navigator.credentials.create` takes as `publicKey`.")
        .errors(REFUSALS),
        modern(
            "POST",
            "/user/webauthn/verify",
            register::verify,
            "Add a security key",
        )
        .answering("The key as it is kept.")
        .errors(REFUSALS),
    ]
}

fn with_a_known_key() -> Vec<Operation> {
    vec![
        modern(
            "POST",
            "/signin/webauthn",
            sign_in::begin,
            "Begin to sign in with a security key",
        )
        .about("Without an address the authenticator finds out who signs in.")
        .answering("What `navigator.credentials.get` takes as `publicKey`.")
        .errors(REFUSALS),
        modern(
            "POST",
            "/signin/webauthn/verify",
            sign_in::verify,
            "Sign in with a security key",
        )
        .about("A second factor is not asked for.")
        .answering("A session.")
        .errors(REFUSALS),
        modern(
            "POST",
            "/elevate/webauthn",
            elevate::begin,
            "Begin to elevate with a security key",
        )
        .answering("What `navigator.credentials.get` takes as `publicKey`.")
        .errors(REFUSALS),
        modern(
            "POST",
            "/elevate/webauthn/verify",
            elevate::verify,
            "Elevate with a security key",
        )
        .answering("A session with an elevated access token.")
        .errors(REFUSALS),
    ]
}
