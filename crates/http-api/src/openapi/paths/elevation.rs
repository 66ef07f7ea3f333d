//! Fresh proofs of identity.

use super::{Operation, REFUSALS};
use crate::{
    modern::{ErrorCode, elevation},
    openapi::operation::modern,
};

pub(super) fn operations() -> Vec<Operation> {
    let operations = [
        modern(
            "GET",
            "/elevate",
            elevation::methods,
            "Ask how an access token can be elevated",
        )
        .answering("The ways that are open to the user."),
        modern(
            "POST",
            "/elevate/totp",
            elevation::by_totp,
            "Elevate by an authenticator app",
        )
        .about("`otp` is a one-time password or a recovery code.")
        .answering("A session with an elevated access token.")
        .errors(&[
            ErrorCode::DISABLED_ENDPOINT,
            ErrorCode::DISABLED_MFA_TOTP,
            ErrorCode::INVALID_TOTP,
        ]),
        modern(
            "POST",
            "/elevate/otp/email",
            elevation::send_mail,
            "Ask for a code by mail to elevate with",
        )
        .answering("The code is on its way.")
        .errors(&[ErrorCode::DISABLED_ENDPOINT]),
        modern(
            "POST",
            "/elevate/otp/email/verify",
            elevation::by_mailed_code,
            "Elevate by a code from a mail",
        )
        .answering("A session with an elevated access token.")
        .errors(&[
            ErrorCode::DISABLED_ENDPOINT,
            ErrorCode::INVALID_OTP,
            ErrorCode::OTP_TOO_MANY_ATTEMPTS,
        ]),
        modern(
            "POST",
            "/elevate/otp/sms",
            elevation::send_text,
            "Ask for a code by text message to elevate with",
        )
        .answering("The code is on its way to the phone of the account.")
        .errors(&[ErrorCode::DISABLED_ENDPOINT, ErrorCode::CANNOT_SEND_SMS]),
        modern(
            "POST",
            "/elevate/otp/sms/verify",
            elevation::by_texted_code,
            "Elevate by a code from a text message",
        )
        .answering("A session with an elevated access token.")
        .errors(&[
            ErrorCode::DISABLED_ENDPOINT,
            ErrorCode::INVALID_OTP,
            ErrorCode::OTP_TOO_MANY_ATTEMPTS,
        ]),
    ];
    operations.map(|it| it.errors(REFUSALS)).into()
}
