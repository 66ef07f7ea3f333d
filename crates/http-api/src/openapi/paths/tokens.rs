//! Tokens and sessions.

use super::{Operation, REFUSALS};
use crate::{
    modern::{ErrorCode, personal_access_token, sign_out, token},
    openapi::operation::modern,
};

pub(super) fn operations() -> Vec<Operation> {
    vec![
        modern(
            "POST",
            "/token",
            token::refresh,
            "Get another access token, and another refresh token",
        )
        .answering("The session with its new tokens.")
        .errors(&[ErrorCode::INVALID_REFRESH_TOKEN])
        .errors(REFUSALS),
        modern(
            "POST",
            "/token/exchange",
            token::exchange,
            "Get the session that a redirect carried a code for",
        )
        .answering("A session.")
        .errors(&[ErrorCode::INVALID_REQUEST])
        .errors(REFUSALS),
        modern(
            "POST",
            "/token/verify",
            token::verify,
            "Ask whether an access token is good",
        )
        .answering("It is.")
        .errors(&[ErrorCode::INVALID_REQUEST])
        .errors(REFUSALS),
        modern("POST", "/signout", sign_out::sign_out, "Sign out")
            .about("`all` ends every session of the user, and needs an access token.")
            .answering("The session is gone.")
            .errors(&[ErrorCode::INVALID_REQUEST]),
        modern(
            "POST",
            "/pat",
            personal_access_token::create,
            "Make a personal access token",
        )
        .answering("The token; nothing shows it again.")
        .errors(REFUSALS),
    ]
}
