//! Tokens and sessions.

use serde_json::json;

use super::{error_lists::REFUSALS, examples::TOKEN};
use crate::{
    endpoint::{Endpoint, get, post},
    modern::{ErrorCode, personal_access_token, sessions, sign_out, token},
    request_limits::Limit::BruteForce,
};

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        post("/token", token::refresh)
            .summary("Get another access token, and another refresh token")
            .success("The session with its new tokens.")
            .example(|| json!({ "refreshToken": TOKEN }))
            .errors(&[ErrorCode::INVALID_REFRESH_TOKEN])
            .errors(REFUSALS),
        post("/token/exchange", token::exchange)
            .summary("Get the session that a redirect carried a code for")
            .success("A session.")
            .example(|| {
                json!({
                    "code": "the code of the redirect",
                    "codeVerifier": "a-random-text-of-the-application-of-43-characters-or-more",
                })
            })
            .errors(&[ErrorCode::INVALID_REQUEST])
            .errors(REFUSALS),
        post("/token/verify", token::verify)
            .summary("Ask whether an access token is good")
            .success("It is.")
            .example(|| json!({}))
            .errors(&[ErrorCode::INVALID_REQUEST])
            .errors(REFUSALS)
            .rate_limits(&[BruteForce]),
        post("/signout", sign_out::sign_out)
            .summary("Sign out")
            .about("`all` ends every session of the user, and needs an access token.")
            .success("The session is gone.")
            .example(|| json!({ "refreshToken": TOKEN }))
            .errors(&[ErrorCode::INVALID_REQUEST]),
        post("/pat", personal_access_token::create)
            .summary("Make a personal access token")
            .success("The token; nothing shows it again.")
            .example(|| {
                json!({
                    "expiresAt": "2099-01-01T00:00:00Z",
                    "metadata": { "name": "CI" },
                })
            })
            .errors(REFUSALS),
        get("/user/sessions", sessions::list)
            .summary("See where one is signed in")
            .about(
            "Addresses are shown as a block, 192.0.2.0/24. Personal access tokens are no sessions.",
        )
            .success("The sessions, the newest first.")
            .errors(&[
            ErrorCode::INTERNAL_SERVER_ERROR,
            ErrorCode::TEMPORARILY_UNAVAILABLE,
        ]),
        post("/user/sessions/end", sessions::end)
            .summary("Sign out elsewhere")
            .success("The session is gone.")
            .example(|| json!({ "sessionId": TOKEN }))
            .errors(&[ErrorCode::INVALID_REQUEST]),
        post("/user/sessions/end-others", sessions::end_others)
            .summary("Sign out everywhere else")
            .success("All sessions but the one that asks are gone; personal access tokens stay.")
            .errors(&[
            ErrorCode::INVALID_REQUEST,
            ErrorCode::INTERNAL_SERVER_ERROR,
            ErrorCode::TEMPORARILY_UNAVAILABLE,
        ]),
    ]
}
