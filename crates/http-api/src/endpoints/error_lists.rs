//! Errors that several endpoints have in common.

use crate::error_code::ErrorCode;

/// What the state of an account can refuse.
pub(super) const REFUSALS: &[ErrorCode] = &[
    ErrorCode::INVALID_EMAIL_PASSWORD,
    ErrorCode::DISABLED_USER,
    ErrorCode::UNVERIFIED_USER,
    ErrorCode::FORBIDDEN_ANONYMOUS,
];

/// What a new account can be refused for.
pub(super) const SIGN_UP: &[ErrorCode] = &[
    ErrorCode::SIGNUP_DISABLED,
    ErrorCode::INVALID_EMAIL_PASSWORD,
    ErrorCode::EMAIL_ALREADY_IN_USE,
    ErrorCode::DISABLED_USER,
    ErrorCode::REDIRECT_TO_NOT_ALLOWED,
    ErrorCode::ROLE_NOT_ALLOWED,
    ErrorCode::DEFAULT_ROLE_MUST_BE_IN_ALLOWED_ROLES,
];

/// What a new password can be refused for.
pub(super) const PASSWORD: &[ErrorCode] = &[
    ErrorCode::PASSWORD_TOO_SHORT,
    ErrorCode::PASSWORD_IN_HIBP_DATABASE,
];

/// What keeps the server from its work for a moment.
pub(super) const BUSY: &[ErrorCode] = &[ErrorCode::SERVER_BUSY];
