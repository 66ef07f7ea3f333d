//! What the document says of each route, one file per group of routes.

mod accounts;
mod elevation;
mod legacy;
mod mail;
mod providers;
mod second_factors;
mod security_keys;
mod sign_in;
mod sms;
mod system;
mod tokens;

use super::operation::Operation;
use crate::{modern::ErrorCode, settings::ApiSettings};

/// Routes that belong together, in the eyes of who uses them.
pub(super) struct Group {
    /// What they are about.
    pub(super) name: &'static str,
    /// What is said of each.
    pub(super) operations: Vec<Operation>,
}

/// The routes of both generations, as an installation with these settings has them.
pub(super) fn groups(settings: &ApiSettings) -> Vec<Group> {
    let group = |name, operations| Group { name, operations };
    vec![
        group("Signing in", sign_in::operations()),
        group("Links and codes by mail", mail::operations()),
        group("Codes by text message", sms::operations()),
        group("Identity providers", providers::operations()),
        group("Second factors", second_factors::operations()),
        group("Security keys", security_keys::operations()),
        group("Elevation", elevation::operations()),
        group("Tokens and sessions", tokens::operations()),
        group("The current user", accounts::operations()),
        group("Legacy API", legacy::operations()),
        group("The server", system::operations(settings.change_env)),
    ]
}

/// The health and readiness checks that are served without the prefix where there is one.
pub(super) fn unprefixed() -> Group {
    Group {
        name: "The server",
        operations: system::unprefixed(),
    }
}

/// What the state of an account can refuse.
const REFUSALS: &[ErrorCode] = &[
    ErrorCode::INVALID_EMAIL_PASSWORD,
    ErrorCode::DISABLED_USER,
    ErrorCode::UNVERIFIED_USER,
    ErrorCode::FORBIDDEN_ANONYMOUS,
];

/// What a new account can be refused for.
const SIGN_UP: &[ErrorCode] = &[
    ErrorCode::SIGNUP_DISABLED,
    ErrorCode::INVALID_EMAIL_PASSWORD,
    ErrorCode::EMAIL_ALREADY_IN_USE,
    ErrorCode::DISABLED_USER,
    ErrorCode::REDIRECT_TO_NOT_ALLOWED,
    ErrorCode::ROLE_NOT_ALLOWED,
    ErrorCode::DEFAULT_ROLE_MUST_BE_IN_ALLOWED_ROLES,
];

/// What a new password can be refused for.
const PASSWORD: &[ErrorCode] = &[
    ErrorCode::PASSWORD_TOO_SHORT,
    ErrorCode::PASSWORD_IN_HIBP_DATABASE,
];

/// What keeps the server from its work.
const BUSY: &[ErrorCode] = &[ErrorCode::SERVER_BUSY];
