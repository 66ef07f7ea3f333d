//! Links and codes by mail.

use serde_json::json;

use super::{
    error_lists::{BUSY, REFUSALS, SIGN_UP},
    examples::{CODE, EMAIL},
};
use crate::{
    endpoint::{
        BotCheckRule::{Always, LatestVersion},
        Endpoint, get, post,
    },
    modern::{ErrorCode, email_address, passwordless, query::QueryErrorReply, verify},
    openapi::operation::Operation,
    request_limits::Limit::{BruteForce, Email, EmailOfSignUp, SignUps},
};

/// What asking for a mail to sign in can be refused for.
const SENDING: &[ErrorCode] = &[ErrorCode::DISABLED_ENDPOINT, ErrorCode::SERVER_BUSY];

/// What following a link can end in if there is no redirect target: errors are answered as is.
const FOLLOWING: &[ErrorCode] = &[
    ErrorCode::INVALID_REQUEST,
    ErrorCode::REDIRECT_TO_NOT_ALLOWED,
    ErrorCode::INTERNAL_SERVER_ERROR,
    ErrorCode::TEMPORARILY_UNAVAILABLE,
];

/// What a link, or the code beside it, can be refused for.
const REDEEMING: &[ErrorCode] = &[
    ErrorCode::DISABLED_ENDPOINT,
    ErrorCode::INVALID_TICKET,
    ErrorCode::EMAIL_ALREADY_IN_USE,
];

pub(super) fn endpoints() -> Vec<Endpoint> {
    sending().into_iter().chain(redeeming()).collect()
}

fn sending() -> Vec<Endpoint> {
    vec![
        post("/signup/passwordless/email", passwordless::sign_up_by_link)
            .summary("Sign up with a link by mail")
            .success("The mail is on its way, unless the address has an account.")
            .example(|| json!({ "email": EMAIL }))
            .errors(SENDING)
            .errors(SIGN_UP)
            .rate_limits(&[Email, SignUps])
            .bot_check(Always)
            .switched_by("AUTH_EMAIL_PASSWORDLESS_ENABLED"),
        post("/signup/otp/email", passwordless::sign_up_by_code)
            .summary("Sign up with a code by mail")
            .success("The mail is on its way, unless the address has an account.")
            .example(|| json!({ "email": EMAIL }))
            .errors(SENDING)
            .errors(SIGN_UP)
            .rate_limits(&[Email, SignUps])
            .bot_check(Always)
            .switched_by("AUTH_OTP_EMAIL_ENABLED"),
        post("/signin/passwordless/email", passwordless::sign_in_by_link)
            .summary("Ask for a link by mail that signs in")
            .success("The mail is on its way.")
            .example(|| json!({ "email": EMAIL }))
            .errors(SENDING)
            .errors(SIGN_UP)
            .errors(REFUSALS)
            .rate_limits(&[Email, BruteForce])
            .bot_check(LatestVersion)
            .switched_by("AUTH_EMAIL_PASSWORDLESS_ENABLED"),
        post("/signin/otp/email", passwordless::sign_in_by_code)
            .summary("Ask for a code by mail that signs in")
            .success("The mail is on its way.")
            .example(|| json!({ "email": EMAIL }))
            .errors(SENDING)
            .errors(SIGN_UP)
            .errors(REFUSALS)
            .rate_limits(&[Email, BruteForce])
            .bot_check(LatestVersion)
            .switched_by("AUTH_OTP_EMAIL_ENABLED"),
        post(
            "/user/email/send-verification-email",
            email_address::send_verification,
        )
        .rate_limits(&[EmailOfSignUp])
        .summary("Ask for another mail that verifies an address")
        .example(|| json!({ "email": EMAIL }))
        .success("The mail is on its way.")
        .errors(&[
            ErrorCode::REDIRECT_TO_NOT_ALLOWED,
            ErrorCode::EMAIL_ALREADY_VERIFIED,
        ])
        .errors(REFUSALS)
        .errors(BUSY),
        post("/user/password/reset", email_address::reset_password)
            .summary("Ask for a mail to choose another password by")
            .success("The mail is on its way.")
            .example(|| json!({ "email": EMAIL }))
            .errors(&[ErrorCode::REDIRECT_TO_NOT_ALLOWED])
            .errors(REFUSALS)
            .errors(BUSY)
            .rate_limits(&[Email])
            .bot_check(LatestVersion),
        post("/user/email/change", email_address::change)
            .summary("Ask for a mail that moves the account to another address")
            .success("The mail is on its way to the new address.")
            .example(|| json!({ "newEmail": "ada.lovelace@example.com" }))
            .errors(&[
                ErrorCode::REDIRECT_TO_NOT_ALLOWED,
                ErrorCode::EMAIL_ALREADY_IN_USE,
            ])
            .errors(REFUSALS)
            .errors(BUSY)
            .rate_limits(&[Email]),
    ]
}

fn redeeming() -> Vec<Endpoint> {
    vec![
        post("/signin/otp/email/verify", passwordless::verify_code)
            .summary("Sign in with the code of a mail")
            .success("A session.")
            .example(|| json!({ "email": EMAIL, "otp": CODE }))
            .errors(&[ErrorCode::DISABLED_ENDPOINT, ErrorCode::INVALID_TICKET])
            .errors(REFUSALS)
            .rate_limits(&[BruteForce])
            .switched_by("AUTH_OTP_EMAIL_ENABLED"),
        get("/verify", verify::get)
            .summary("Follow the link of a mail")
            .success("A page whose button follows the link, where links have to be confirmed.")
            .details(|it| following(it).answers_text("text/html"))
            .errors(FOLLOWING)
            .errors(REDEEMING)
            .errors(REFUSALS)
            .rate_limits(&[BruteForce])
            .switched_by("AUTH_EMAIL_PASSWORDLESS_ENABLED"),
        post("/verify", verify::post)
            .summary("Follow the link of a mail, as the page that asks for it does")
            .details(following)
            .errors(FOLLOWING)
            .errors(REDEEMING)
            .errors(REFUSALS)
            .rate_limits(&[BruteForce])
            .switched_by("AUTH_EMAIL_PASSWORDLESS_ENABLED"),
        post("/verify/code", verify::code::post)
            .summary("Type the code of a mail instead of following the link beside it")
            .success("A session, where the link would give one.")
            .example(|| json!({ "email": EMAIL, "type": "signinPasswordless", "code": CODE }))
            .errors(REDEEMING)
            .errors(REFUSALS)
            .rate_limits(&[BruteForce])
            .switched_by("AUTH_EMAIL_LINK_CODE"),
    ]
}

/// What following a link takes and answers, whatever the method.
fn following(operation: Operation) -> Operation {
    let location = "To `redirectTo` with `refreshToken` or `code` in the query, or with `error` and \
                    `errorDescription`.";
    operation
        .query("ticket", "The ticket of the mail.")
        .query("redirectTo", "Where to go on to.")
        .redirects(location)
        .or_body::<QueryErrorReply>(400, "A parameter is missing or repeated.")
}
