//! Links and codes by mail.

use super::{BUSY, Operation, REFUSALS, SIGN_UP};
use crate::{
    modern::{ErrorCode, email_address, passwordless, query::QueryErrorReply, verify},
    openapi::operation::modern,
};

/// What asking for a mail to sign in can be refused for.
const SENDING: &[ErrorCode] = &[ErrorCode::DISABLED_ENDPOINT, ErrorCode::SERVER_BUSY];

/// What a link, or the code beside it, can be refused for.
const REDEEMING: &[ErrorCode] = &[
    ErrorCode::DISABLED_ENDPOINT,
    ErrorCode::INVALID_TICKET,
    ErrorCode::EMAIL_ALREADY_IN_USE,
];

pub(super) fn operations() -> Vec<Operation> {
    let mut operations = sending();
    operations.extend(redeeming());
    operations
}

fn sending() -> Vec<Operation> {
    vec![
        modern(
            "POST",
            "/signup/passwordless/email",
            passwordless::sign_up_by_link,
            "Sign up with a link by mail",
        )
        .answering("The mail is on its way, unless the address has an account.")
        .errors(SENDING)
        .errors(SIGN_UP),
        modern(
            "POST",
            "/signup/otp/email",
            passwordless::sign_up_by_code,
            "Sign up with a code by mail",
        )
        .answering("The mail is on its way, unless the address has an account.")
        .errors(SENDING)
        .errors(SIGN_UP),
        modern(
            "POST",
            "/signin/passwordless/email",
            passwordless::sign_in_by_link,
            "Ask for a link by mail that signs in",
        )
        .answering("The mail is on its way.")
        .errors(SENDING)
        .errors(SIGN_UP)
        .errors(REFUSALS),
        modern(
            "POST",
            "/signin/otp/email",
            passwordless::sign_in_by_code,
            "Ask for a code by mail that signs in",
        )
        .answering("The mail is on its way.")
        .errors(SENDING)
        .errors(SIGN_UP)
        .errors(REFUSALS),
        modern(
            "POST",
            "/user/email/send-verification-email",
            email_address::send_verification,
            "Ask for another mail that verifies an address",
        )
        .answering("The mail is on its way.")
        .errors(&[
            ErrorCode::REDIRECT_TO_NOT_ALLOWED,
            ErrorCode::EMAIL_ALREADY_VERIFIED,
        ])
        .errors(REFUSALS)
        .errors(BUSY),
        modern(
            "POST",
            "/user/password/reset",
            email_address::reset_password,
            "Ask for a mail to choose another password by",
        )
        .answering("The mail is on its way.")
        .errors(&[ErrorCode::REDIRECT_TO_NOT_ALLOWED])
        .errors(REFUSALS)
        .errors(BUSY),
        modern(
            "POST",
            "/user/email/change",
            email_address::change,
            "Ask for a mail that moves the account to another address",
        )
        .answering("The mail is on its way to the new address.")
        .errors(&[
            ErrorCode::REDIRECT_TO_NOT_ALLOWED,
            ErrorCode::EMAIL_ALREADY_IN_USE,
        ])
        .errors(REFUSALS)
        .errors(BUSY),
    ]
}

fn redeeming() -> Vec<Operation> {
    vec![
        modern(
            "POST",
            "/signin/otp/email/verify",
            passwordless::verify_code,
            "Sign in with the code of a mail",
        )
        .answering("A session.")
        .errors(&[ErrorCode::DISABLED_ENDPOINT, ErrorCode::INVALID_TICKET])
        .errors(REFUSALS),
        follow(modern(
            "GET",
            "/verify",
            verify::get,
            "Follow the link of a mail",
        ))
        .answering("A page whose button follows the link, where links have to be confirmed.")
        .answers_text("text/html"),
        follow(modern(
            "POST",
            "/verify",
            verify::post,
            "Follow the link of a mail, as the page that asks for it does",
        )),
        modern(
            "POST",
            "/verify/code",
            verify::code::post,
            "Type the code of a mail instead of following the link beside it",
        )
        .answering("A session, where the link would give one.")
        .errors(REDEEMING)
        .errors(REFUSALS),
    ]
}

/// What following a link takes and answers, whatever the method.
fn follow(operation: Operation) -> Operation {
    let location = "To `redirectTo` with `refreshToken` or `code` in the query, or with `error` and \
                    `errorDescription`.";
    operation
        .query("ticket", "The ticket of the mail.")
        .query("redirectTo", "Where to go on to.")
        .redirects(location)
        .or_body::<QueryErrorReply>(400, "A parameter is missing or repeated.")
        .errors(&[
            ErrorCode::INVALID_REQUEST,
            ErrorCode::REDIRECT_TO_NOT_ALLOWED,
            ErrorCode::INTERNAL_SERVER_ERROR,
            ErrorCode::TEMPORARILY_UNAVAILABLE,
        ])
        // Where there is nowhere to lead to, errors are answered as they are.
        .errors(REDEEMING)
        .errors(REFUSALS)
}
