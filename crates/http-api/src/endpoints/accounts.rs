//! The current user.

use serde_json::json;

use super::{
    error_lists::{BUSY, PASSWORD, REFUSALS, SIGN_UP},
    examples::{OTHER_PASSPHRASE, PASSPHRASE},
};
use crate::{
    endpoint::{Endpoint, get, post},
    modern::{ErrorCode, anonymous, password, user},
    request_limits::Limit::EmailOfSignUp,
};

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        get("/user", user::get)
            .summary("Who one is")
            .success("The user.")
            .errors(&[
                ErrorCode::INTERNAL_SERVER_ERROR,
                ErrorCode::TEMPORARILY_UNAVAILABLE,
            ])
            .errors(REFUSALS),
        post("/user/deanonymize", anonymous::deanonymize)
            .summary("Give an anonymous user an e-mail address")
            .about("`password` has to be there with the method `email-password`.")
            .success("The account is no longer anonymous, or a mail is on its way.")
            .example(|| {
                json!({
                    "signInMethod": "email-password",
                    "email": "guest@example.com",
                    "password": PASSPHRASE,
                })
            })
            .errors(&[
                ErrorCode::INVALID_REQUEST,
                ErrorCode::DISABLED_ENDPOINT,
                ErrorCode::USER_NOT_ANONYMOUS,
            ])
            .errors(SIGN_UP)
            .errors(PASSWORD)
            .errors(REFUSALS)
            .errors(BUSY)
            .rate_limits(&[EmailOfSignUp])
            .switched_by("AUTH_EMAIL_PASSWORDLESS_ENABLED"),
        post("/user/password", password::set)
            .summary("Choose another password")
            .about("With an access token, or with the ticket of a mail.")
            .success("The password is set, and all other sessions have ended.")
            .example(|| json!({ "newPassword": OTHER_PASSPHRASE }))
            .errors(&[ErrorCode::INVALID_REQUEST, ErrorCode::INVALID_TICKET])
            .errors(PASSWORD)
            .errors(REFUSALS)
            .errors(BUSY),
    ]
}
