//! Codes by text message.

use super::{BUSY, Operation, REFUSALS};
use crate::{
    modern::{ErrorCode, anonymous, phone_number, sms},
    openapi::operation::modern,
};

/// What asking for a message can be refused for.
const SENDING: &[ErrorCode] = &[ErrorCode::DISABLED_ENDPOINT, ErrorCode::CANNOT_SEND_SMS];

/// What a new account by phone number can be refused for.
const SIGN_UP: &[ErrorCode] = &[
    ErrorCode::REDIRECT_TO_NOT_ALLOWED,
    ErrorCode::ROLE_NOT_ALLOWED,
    ErrorCode::DEFAULT_ROLE_MUST_BE_IN_ALLOWED_ROLES,
    ErrorCode::USER_ALREADY_EXISTS,
];

pub(super) fn operations() -> Vec<Operation> {
    vec![
        modern(
            "POST",
            "/signup/passwordless/sms",
            sms::sign_up,
            "Sign up with a code by text message",
        )
        .answering("The message is on its way, unless the number has an account.")
        .errors(SENDING)
        .errors(SIGN_UP)
        .errors(&[ErrorCode::SIGNUP_DISABLED, ErrorCode::DISABLED_USER])
        .errors(BUSY),
        modern(
            "POST",
            "/signin/passwordless/sms",
            sms::sign_in,
            "Ask for a code by text message that signs in",
        )
        .answering("The message is on its way.")
        .errors(SENDING)
        .errors(SIGN_UP)
        .errors(&[ErrorCode::SIGNUP_DISABLED])
        .errors(REFUSALS)
        .errors(BUSY),
        modern(
            "POST",
            "/signin/passwordless/sms/otp",
            sms::verify_code,
            "Sign in with a code from a text message",
        )
        .about(
            "Also gives an anonymous user the phone number that they asked for with \
             `/user/deanonymize/sms`.",
        )
        .answering("A session.")
        .texted_code_errors()
        .errors(&[
            ErrorCode::DISABLED_ENDPOINT,
            ErrorCode::INVALID_REQUEST,
            ErrorCode::USER_ALREADY_EXISTS,
        ])
        .errors(REFUSALS),
        modern(
            "POST",
            "/user/deanonymize/sms",
            anonymous::deanonymize_by_sms,
            "Give an anonymous user a phone number",
        )
        .about("`/signin/passwordless/sms/otp` finishes it. Until then nothing changes.")
        .answering("The message is on its way.")
        .errors(SENDING)
        .errors(SIGN_UP)
        .errors(&[ErrorCode::USER_NOT_ANONYMOUS, ErrorCode::DISABLED_USER])
        .errors(BUSY),
        modern(
            "POST",
            "/user/phone/change",
            phone_number::change,
            "Ask for a code to move the account to another phone number",
        )
        .answering("The message is on its way to the new number.")
        .errors(SENDING)
        .errors(&[ErrorCode::USER_ALREADY_EXISTS])
        .errors(REFUSALS)
        .errors(BUSY),
        modern(
            "POST",
            "/user/phone/change/verify",
            phone_number::verify,
            "Move the account to another phone number",
        )
        .answering("The account has the number, and codes that were on their way are void.")
        .texted_code_errors()
        .errors(&[ErrorCode::DISABLED_ENDPOINT, ErrorCode::USER_ALREADY_EXISTS])
        .errors(REFUSALS),
    ]
}
