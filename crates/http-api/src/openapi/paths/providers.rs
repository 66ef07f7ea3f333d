//! Signing in with the word of others.

use super::{Operation, REFUSALS, SIGN_UP};
use crate::{
    extract::members::{Challenge, Language, Name, ObjectText, RoleList, RoleName},
    modern::{
        ErrorCode,
        providers::{begin, callback, id_tokens},
        query::QueryErrorReply,
    },
    openapi::operation::modern,
};

/// What the word of a provider can be refused for.
const JUDGING: &[ErrorCode] = &[
    ErrorCode::DISABLED_ENDPOINT,
    ErrorCode::INVALID_REQUEST,
    ErrorCode::INTERNAL_SERVER_ERROR,
    ErrorCode::TEMPORARILY_UNAVAILABLE,
];

/// What is told of a flow that failed where there is nowhere to lead to.
const CALLBACK: &[ErrorCode] = &[
    ErrorCode::INVALID_STATE,
    ErrorCode::REDIRECT_TO_NOT_ALLOWED,
    ErrorCode::OAUTH_PROVIDER_ERROR,
    ErrorCode::OAUTH_TOKEN_EXCHANGE_FAILED,
    ErrorCode::OAUTH_PROFILE_FETCH_FAILED,
    ErrorCode::PROVIDER_ACCOUNT_ALREADY_LINKED,
];

pub(super) fn operations() -> Vec<Operation> {
    let mut operations = flows();
    operations.extend(id_tokens());
    operations
}

fn flows() -> Vec<Operation> {
    vec![
        begun(modern(
            "GET",
            "/signin/provider/{provider}",
            begin::sign_in,
            "Send a browser to a provider, to sign in",
        ))
        .optional_query::<String>(
            "connect",
            "An access token: its owner is linked with the identity, and not signed in.",
        ),
        begun(modern(
            "GET",
            "/signup/provider/{provider}",
            begin::sign_up,
            "Send a browser to a provider, to sign up",
        )),
        returned(modern(
            "GET",
            "/signin/provider/{provider}/callback",
            callback::get,
            "Come back from a provider",
        ))
        .query("state", "What the provider was given.")
        .optional_query::<String>("code", "The provider's code.")
        .optional_query::<String>("oauth_token", "The request token of OAuth 1.0a.")
        .optional_query::<String>("oauth_verifier", "The verifier of OAuth 1.0a.")
        .optional_query::<String>("error", "Why the provider tells nothing.")
        .optional_query::<String>("error_description", "The same in words.")
        .optional_query::<String>("error_uri", "A page about it.")
        .or_body::<QueryErrorReply>(400, "A parameter is missing or repeated."),
        returned(modern(
            "POST",
            "/signin/provider/{provider}/callback",
            callback::post,
            "Come back from a provider that answers by a form",
        ))
        .form(
            "state",
            &[
                "code",
                "id_token",
                "user",
                "error",
                "error_description",
                "error_uri",
            ],
        ),
    ]
}

fn begun(operation: Operation) -> Operation {
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
        .errors(&[ErrorCode::REDIRECT_TO_NOT_ALLOWED])
        .errors(JUDGING)
}

fn returned(operation: Operation) -> Operation {
    operation
        .path("provider", "The provider.")
        .redirects(
            "To `redirectTo` with `refreshToken` or `code` in the query, or with `error` and \
             `errorDescription`; with nothing where an account was linked, or a new user has to \
             verify an address first.",
        )
        .checks_parameters()
        .errors(CALLBACK)
        .errors(JUDGING)
        .errors(SIGN_UP)
        .errors(REFUSALS)
}

fn id_tokens() -> Vec<Operation> {
    vec![
        modern(
            "POST",
            "/signin/idtoken",
            id_tokens::sign_in,
            "Sign in with an ID token",
        )
        .answering("A session, unless a new user has to verify an address first.")
        .errors(JUDGING)
        .errors(SIGN_UP)
        .errors(REFUSALS),
        modern(
            "POST",
            "/signup/idtoken",
            id_tokens::sign_up,
            "Sign up with an ID token",
        )
        .answering("A session, unless the new user has to verify an address first.")
        .errors(JUDGING)
        .errors(SIGN_UP),
        modern(
            "POST",
            "/link/idtoken",
            id_tokens::link,
            "Link the current user with the identity of an ID token",
        )
        .answering("They are linked.")
        .errors(&[ErrorCode::PROVIDER_ACCOUNT_ALREADY_LINKED])
        .errors(JUDGING)
        .errors(REFUSALS),
    ]
}
