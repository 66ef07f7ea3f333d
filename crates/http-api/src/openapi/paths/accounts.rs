//! The current user.

use super::{BUSY, Operation, PASSWORD, REFUSALS, SIGN_UP};
use crate::{
    modern::{ErrorCode, anonymous, password, user},
    openapi::operation::modern,
};

pub(super) fn operations() -> Vec<Operation> {
    vec![
        modern("GET", "/user", user::get, "Who one is")
            .answering("The user.")
            .errors(&[
                ErrorCode::INTERNAL_SERVER_ERROR,
                ErrorCode::TEMPORARILY_UNAVAILABLE,
            ])
            .errors(REFUSALS),
        modern(
            "POST",
            "/user/deanonymize",
            anonymous::deanonymize,
            "Give an anonymous user an e-mail address",
        )
        .about("`password` has to be there with the method `email-password`.")
        .answering("The account is no longer anonymous, or a mail is on its way.")
        .errors(&[
            ErrorCode::INVALID_REQUEST,
            ErrorCode::DISABLED_ENDPOINT,
            ErrorCode::USER_NOT_ANONYMOUS,
        ])
        .errors(SIGN_UP)
        .errors(PASSWORD)
        .errors(REFUSALS)
        .errors(BUSY),
        modern(
            "POST",
            "/user/password",
            password::set,
            "Choose another password",
        )
        .about("With an access token, or with the ticket of a mail.")
        .answering("The password is set, and all other sessions have ended.")
        .errors(&[ErrorCode::INVALID_REQUEST, ErrorCode::INVALID_TICKET])
        .errors(PASSWORD)
        .errors(REFUSALS)
        .errors(BUSY),
    ]
}
