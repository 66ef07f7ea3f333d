//! Second factors.

use serde_json::json;

use super::{error_lists::REFUSALS, examples::CODE};
use crate::{
    endpoint::{Endpoint, get, post},
    modern::{ErrorCode, mfa},
};

pub(super) fn endpoints() -> Vec<Endpoint> {
    let endpoints = [
        get("/mfa/totp/generate", mfa::generate)
            .summary("Begin to use an authenticator app")
            .success("The secret for the app, as text and as a picture to scan.")
            .errors(&[
                ErrorCode::INTERNAL_SERVER_ERROR,
                ErrorCode::TEMPORARILY_UNAVAILABLE,
            ])
            .switched_by("AUTH_MFA_ENABLED"),
        post("/user/mfa", mfa::change)
            .summary("Switch the second factor on or off")
            .about("`code` is a one-time password; to switch off, it may be a recovery code.")
            .success("It is switched.")
            .example(|| json!({ "code": CODE, "activeMfaType": "totp" }))
            .errors(&[
                ErrorCode::TOTP_ALREADY_ACTIVE,
                ErrorCode::NO_TOTP_SECRET,
                ErrorCode::DISABLED_MFA_TOTP,
                ErrorCode::INVALID_TOTP,
            ])
            .switched_by("AUTH_MFA_ENABLED"),
        post("/mfa/recovery-codes", mfa::renew_recovery_codes)
            .summary("Get new recovery codes in place of the old ones")
            .about("No endpoint of Hasura Auth: it came with this server.")
            .success("The codes; nothing shows them again.")
            .example(|| json!({ "code": CODE }))
            .errors(&[
                ErrorCode::NO_TOTP_SECRET,
                ErrorCode::DISABLED_MFA_TOTP,
                ErrorCode::INVALID_TOTP,
            ])
            .switched_by("AUTH_MFA_ENABLED"),
    ];
    endpoints
        .map(|it| it.errors(&[ErrorCode::DISABLED_ENDPOINT]).errors(REFUSALS))
        .into()
}
