//! Codes by text message.

use serde_json::json;

use super::{
    error_lists::{BUSY, REFUSALS},
    examples::{CODE, NUMBER, OTHER_NUMBER},
};
use crate::{
    endpoint::{
        BotCheckRule::{Always, LatestVersion},
        Endpoint, post,
    },
    modern::{ErrorCode, anonymous, phone_number, sms},
    openapi::operation::Operation,
    request_limits::Limit::{BruteForce, SignUps, Sms},
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

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        post("/signup/passwordless/sms", sms::sign_up)
            .summary("Sign up with a code by text message")
            .success("The message is on its way, unless the number has an account.")
            .example(|| json!({ "phoneNumber": NUMBER }))
            .errors(SENDING)
            .errors(SIGN_UP)
            .errors(&[ErrorCode::SIGNUP_DISABLED, ErrorCode::DISABLED_USER])
            .errors(BUSY)
            .rate_limits(&[Sms, SignUps])
            .bot_check(Always)
            .switched_by("AUTH_SMS_PASSWORDLESS_ENABLED"),
        post("/signin/passwordless/sms", sms::sign_in)
            .summary("Ask for a code by text message that signs in")
            .success("The message is on its way.")
            .example(|| json!({ "phoneNumber": NUMBER }))
            .errors(SENDING)
            .errors(SIGN_UP)
            .errors(&[ErrorCode::SIGNUP_DISABLED])
            .errors(REFUSALS)
            .errors(BUSY)
            .rate_limits(&[Sms, BruteForce])
            .bot_check(LatestVersion)
            .switched_by("AUTH_SMS_PASSWORDLESS_ENABLED"),
        post("/signin/passwordless/sms/otp", sms::verify_code)
            .summary("Sign in with a code from a text message")
            .about(
                "Also gives an anonymous user the phone number that they asked for with \
             `/user/deanonymize/sms`.",
            )
            .success("A session.")
            .details(Operation::texted_code_errors)
            .example(|| json!({ "phoneNumber": NUMBER, "otp": CODE }))
            .errors(&[
                ErrorCode::DISABLED_ENDPOINT,
                ErrorCode::INVALID_REQUEST,
                ErrorCode::USER_ALREADY_EXISTS,
            ])
            .errors(REFUSALS)
            .rate_limits(&[BruteForce])
            .switched_by("AUTH_SMS_PASSWORDLESS_ENABLED"),
        post("/user/deanonymize/sms", anonymous::deanonymize_by_sms)
            .summary("Give an anonymous user a phone number")
            .about("`/signin/passwordless/sms/otp` finishes it. Until then nothing changes.")
            .success("The message is on its way.")
            .example(|| json!({ "phoneNumber": NUMBER }))
            .errors(SENDING)
            .errors(SIGN_UP)
            .errors(&[ErrorCode::USER_NOT_ANONYMOUS, ErrorCode::DISABLED_USER])
            .errors(BUSY)
            .rate_limits(&[Sms])
            .switched_by("AUTH_SMS_PASSWORDLESS_ENABLED"),
        post("/user/phone/change", phone_number::change)
            .summary("Ask for a code to move the account to another phone number")
            .success("The message is on its way to the new number.")
            .example(|| json!({ "newPhoneNumber": OTHER_NUMBER }))
            .errors(SENDING)
            .errors(&[ErrorCode::USER_ALREADY_EXISTS])
            .errors(REFUSALS)
            .errors(BUSY)
            .rate_limits(&[Sms])
            .switched_by("AUTH_SMS_PASSWORDLESS_ENABLED"),
        post("/user/phone/change/verify", phone_number::verify)
            .summary("Move the account to another phone number")
            .success("The account has the number, and codes that were on their way are void.")
            .details(Operation::texted_code_errors)
            .example(|| json!({ "newPhoneNumber": OTHER_NUMBER, "otp": CODE }))
            .errors(&[ErrorCode::DISABLED_ENDPOINT, ErrorCode::USER_ALREADY_EXISTS])
            .errors(REFUSALS)
            .rate_limits(&[BruteForce])
            .switched_by("AUTH_SMS_PASSWORDLESS_ENABLED"),
    ]
}
