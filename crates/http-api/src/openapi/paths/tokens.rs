//! Tokens and sessions.

use super::{Operation, REFUSALS};
use crate::{
    modern::{ErrorCode, personal_access_token, sessions, sign_out, token},
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
        modern(
            "GET",
            "/user/sessions",
            sessions::list,
            "See where one is signed in",
        )
        .about(
            "Addresses are shown as a block, 192.0.2.0/24. Personal access tokens are no sessions.",
        )
        .answering("The sessions, the newest first.")
        .errors(&[
            ErrorCode::INTERNAL_SERVER_ERROR,
            ErrorCode::TEMPORARILY_UNAVAILABLE,
        ]),
        modern(
            "POST",
            "/user/sessions/end",
            sessions::end,
            "Sign out elsewhere",
        )
        .answering("The session is gone.")
        .errors(&[ErrorCode::INVALID_REQUEST]),
        modern(
            "POST",
            "/user/sessions/end-others",
            sessions::end_others,
            "Sign out everywhere else",
        )
        .answering("All sessions but the one that asks are gone; personal access tokens stay.")
        .errors(&[
            ErrorCode::INVALID_REQUEST,
            ErrorCode::INTERNAL_SERVER_ERROR,
            ErrorCode::TEMPORARILY_UNAVAILABLE,
        ]),
    ]
}
