//! Second factors.

use super::{Operation, REFUSALS};
use crate::{
    modern::{ErrorCode, mfa},
    openapi::operation::modern,
};

pub(super) fn operations() -> Vec<Operation> {
    let operations = [
        modern(
            "GET",
            "/mfa/totp/generate",
            mfa::generate,
            "Begin to use an authenticator app",
        )
        .answering("The secret for the app, as text and as a picture to scan.")
        .errors(&[
            ErrorCode::INTERNAL_SERVER_ERROR,
            ErrorCode::TEMPORARILY_UNAVAILABLE,
        ]),
        modern(
            "POST",
            "/user/mfa",
            mfa::change,
            "Switch the second factor on or off",
        )
        .about("`code` is a one-time password; to switch off, it may be a recovery code.")
        .answering("It is switched.")
        .errors(&[
            ErrorCode::TOTP_ALREADY_ACTIVE,
            ErrorCode::NO_TOTP_SECRET,
            ErrorCode::DISABLED_MFA_TOTP,
            ErrorCode::INVALID_TOTP,
        ]),
        modern(
            "POST",
            "/mfa/recovery-codes",
            mfa::renew_recovery_codes,
            "Get new recovery codes in place of the old ones",
        )
        .about("No endpoint of Hasura Auth: it came with this server.")
        .answering("The codes; nothing shows them again.")
        .errors(&[
            ErrorCode::NO_TOTP_SECRET,
            ErrorCode::DISABLED_MFA_TOTP,
            ErrorCode::INVALID_TOTP,
        ]),
    ];
    operations
        .map(|it| it.errors(&[ErrorCode::DISABLED_ENDPOINT]).errors(REFUSALS))
        .into()
}
