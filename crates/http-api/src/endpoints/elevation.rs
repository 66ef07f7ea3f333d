//! Fresh proofs of identity.

use serde_json::json;

use super::{error_lists::REFUSALS, examples::CODE};
use crate::{
    endpoint::{Endpoint, get, post},
    modern::{ErrorCode, elevation},
    request_limits::Limit::{BruteForce, Email, Sms},
};

pub(super) fn endpoints() -> Vec<Endpoint> {
    let endpoints = [
        get("/elevate", elevation::methods)
            .summary("Ask how an access token can be elevated")
            .success("The ways that are open to the user.")
            .rate_limits(&[BruteForce]),
        post("/elevate/totp", elevation::by_totp)
            .summary("Elevate by an authenticator app")
            .about("`otp` is a one-time password or a recovery code.")
            .success("A session with an elevated access token.")
            .example(|| json!({ "otp": CODE }))
            .errors(&[
                ErrorCode::DISABLED_ENDPOINT,
                ErrorCode::DISABLED_MFA_TOTP,
                ErrorCode::INVALID_TOTP,
            ])
            .rate_limits(&[BruteForce])
            .switched_by("AUTH_MFA_ENABLED"),
        post("/elevate/otp/email", elevation::send_mail)
            .summary("Ask for a code by mail to elevate with")
            .success("The code is on its way.")
            .errors(&[ErrorCode::DISABLED_ENDPOINT])
            .rate_limits(&[Email, BruteForce])
            .switched_by("AUTH_OTP_EMAIL_ENABLED"),
        post("/elevate/otp/email/verify", elevation::by_mailed_code)
            .summary("Elevate by a code from a mail")
            .success("A session with an elevated access token.")
            .example(|| json!({ "otp": CODE }))
            .errors(&[
                ErrorCode::DISABLED_ENDPOINT,
                ErrorCode::INVALID_OTP,
                ErrorCode::OTP_TOO_MANY_ATTEMPTS,
            ])
            .rate_limits(&[BruteForce])
            .switched_by("AUTH_OTP_EMAIL_ENABLED"),
        post("/elevate/otp/sms", elevation::send_text)
            .summary("Ask for a code by text message to elevate with")
            .success("The code is on its way to the phone of the account.")
            .errors(&[ErrorCode::DISABLED_ENDPOINT, ErrorCode::CANNOT_SEND_SMS])
            .rate_limits(&[Sms, BruteForce])
            .switched_by("AUTH_SMS_PASSWORDLESS_ENABLED"),
        post("/elevate/otp/sms/verify", elevation::by_texted_code)
            .summary("Elevate by a code from a text message")
            .success("A session with an elevated access token.")
            .example(|| json!({ "otp": CODE }))
            .errors(&[
                ErrorCode::DISABLED_ENDPOINT,
                ErrorCode::INVALID_OTP,
                ErrorCode::OTP_TOO_MANY_ATTEMPTS,
            ])
            .rate_limits(&[BruteForce])
            .switched_by("AUTH_SMS_PASSWORDLESS_ENABLED"),
    ];
    endpoints.map(|it| it.errors(REFUSALS)).into()
}
