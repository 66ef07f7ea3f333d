//! Signing in at identity providers.

use serde_json::{Value, json};

use super::error_lists::{REFUSALS, SIGN_UP};
use crate::{
    endpoint::{BotCheckRule::Always, Endpoint, get, post},
    extract::members::{Challenge, Language, Name, ObjectText, RoleList, RoleName},
    modern::{
        ErrorCode,
        providers::{begin, callback, id_tokens},
        query::QueryErrorReply,
    },
    openapi::operation::Operation,
    request_limits::Limit::{BruteForce, SignUps},
};

/// The setting that switches ID tokens on. The body names the provider.
const ID_TOKENS: &str =
    "AUTH_PROVIDER_APPLE_AUDIENCE, AUTH_PROVIDER_GOOGLE_AUDIENCE or AUTH_PROVIDER_CUSTOM";

/// What the answer of a provider can be refused for.
const JUDGING: &[ErrorCode] = &[
    ErrorCode::DISABLED_ENDPOINT,
    ErrorCode::INVALID_REQUEST,
    ErrorCode::INTERNAL_SERVER_ERROR,
    ErrorCode::TEMPORARILY_UNAVAILABLE,
];

/// What the beginning of a flow can be refused for.
const BEGINNING: &[ErrorCode] = &[ErrorCode::REDIRECT_TO_NOT_ALLOWED];

/// What is answered for a failed flow if there is no redirect target.
const RETURNING: &[ErrorCode] = &[
    ErrorCode::INVALID_STATE,
    ErrorCode::REDIRECT_TO_NOT_ALLOWED,
    ErrorCode::OAUTH_PROVIDER_ERROR,
    ErrorCode::OAUTH_TOKEN_EXCHANGE_FAILED,
    ErrorCode::OAUTH_PROFILE_FETCH_FAILED,
    ErrorCode::PROVIDER_ACCOUNT_ALREADY_LINKED,
];

/// What a form may hold beside `state`.
const FORM_FIELDS: &[&str] = &[
    "code",
    "id_token",
    "user",
    "error",
    "error_description",
    "error_uri",
];

pub(super) fn endpoints() -> Vec<Endpoint> {
    flows().into_iter().chain(id_tokens()).collect()
}

fn flows() -> Vec<Endpoint> {
    vec![
        get("/signin/provider/{provider}", begin::sign_in)
            .summary("Send a browser to a provider, to sign in")
            .details(|it| {
                beginning(it).optional_query::<String>(
                    "connect",
                    "An access token: its owner is linked with the identity, and not signed in.",
                )
            })
            .errors(BEGINNING)
            .errors(JUDGING)
            .rate_limits(&[BruteForce])
            .switched_by_provider(),
        get("/signup/provider/{provider}", begin::sign_up)
            .summary("Send a browser to a provider, to sign up")
            .details(beginning)
            .errors(BEGINNING)
            .errors(JUDGING)
            .rate_limits(&[SignUps])
            .switched_by_provider(),
        get("/signin/provider/{provider}/callback", callback::get)
            .summary("Come back from a provider")
            .details(|it| returning_by_query(returning(it)))
            .errors(RETURNING)
            .errors(JUDGING)
            .errors(SIGN_UP)
            .errors(REFUSALS)
            .rate_limits(&[BruteForce])
            .switched_by_provider(),
        post("/signin/provider/{provider}/callback", callback::post)
            .summary("Come back from a provider that answers by a form")
            .details(|it| returning(it).form("state", FORM_FIELDS))
            .errors(RETURNING)
            .errors(JUDGING)
            .errors(SIGN_UP)
            .errors(REFUSALS)
            .rate_limits(&[BruteForce])
            .switched_by_provider(),
    ]
}

fn beginning(operation: Operation) -> Operation {
    operation
        .path("provider", "The provider.")
        .optional_query::<String>("redirectTo", "Where to go on to.")
        .optional_query::<RoleList>(
            "allowedRoles",
            "Roles of a new user, with commas in between.",
        )
        .optional_query::<RoleName>("defaultRole", "The default role of a new user.")
        .optional_query::<Name>("displayName", "The name of a new user.")
        .optional_query::<Language>("locale", "The language of a new user.")
        .optional_query::<ObjectText>("metadata", "A JSON object to keep about a new user.")
        .optional_query::<String>("state", "Comes back with the redirect.")
        .optional_query::<Challenge>("codeChallenge", "Asks for a code to exchange (PKCE).")
        .redirects("To the provider, or to `redirectTo` with `error` and `errorDescription`.")
        .or_body::<QueryErrorReply>(400, "A parameter is repeated or cannot be decoded.")
        .checks_parameters()
}

fn returning(operation: Operation) -> Operation {
    operation
        .path("provider", "The provider.")
        .redirects(
            "To `redirectTo` with `refreshToken` or `code` in the query, or with `error` and \
             `errorDescription`; with nothing where an account was linked, or a new user has to \
             verify an address first.",
        )
        .checks_parameters()
}

fn returning_by_query(operation: Operation) -> Operation {
    operation
        .query("state", "What the provider was given.")
        .optional_query::<String>("code", "The provider's code.")
        .optional_query::<String>("oauth_token", "The request token of OAuth 1.0a.")
        .optional_query::<String>("oauth_verifier", "The verifier of OAuth 1.0a.")
        .optional_query::<String>("error", "Why the provider tells nothing.")
        .optional_query::<String>("error_description", "The same in words.")
        .optional_query::<String>("error_uri", "A page about it.")
        .or_body::<QueryErrorReply>(400, "A parameter is missing or repeated.")
}

fn id_tokens() -> Vec<Endpoint> {
    vec![
        post("/signin/idtoken", id_tokens::sign_in)
            .summary("Sign in with an ID token")
            .success("A session, unless a new user has to verify an address first.")
            .example(id_token)
            .errors(JUDGING)
            .errors(SIGN_UP)
            .errors(REFUSALS)
            .rate_limits(&[BruteForce])
            .switched_by(ID_TOKENS),
        post("/signup/idtoken", id_tokens::sign_up)
            .summary("Sign up with an ID token")
            .success("A session, unless the new user has to verify an address first.")
            .example(id_token)
            .errors(JUDGING)
            .errors(SIGN_UP)
            .rate_limits(&[SignUps])
            .bot_check(Always)
            .switched_by(ID_TOKENS),
        post("/link/idtoken", id_tokens::link)
            .summary("Link the current user with the identity of an ID token")
            .success("They are linked.")
            .example(id_token)
            .errors(&[ErrorCode::PROVIDER_ACCOUNT_ALREADY_LINKED])
            .errors(JUDGING)
            .errors(REFUSALS)
            .switched_by(ID_TOKENS),
    ]
}

fn id_token() -> Value {
    json!({ "provider": "google", "idToken": "the token of Google" })
}
