//! Signing up and in.

use super::{BUSY, Operation, PASSWORD, REFUSALS, SIGN_UP};
use crate::{
    modern::{ErrorCode, anonymous, mfa, personal_access_token, sign_in, sign_up},
    openapi::operation::modern,
};

pub(super) fn operations() -> Vec<Operation> {
    vec![
        modern(
            "POST",
            "/signup/email-password",
            sign_up::email_password,
            "Sign up with an e-mail address and a password",
        )
        .answering("A session; nothing in it while the address has to be verified first.")
        .errors(SIGN_UP)
        .errors(PASSWORD)
        .errors(BUSY),
        modern(
            "POST",
            "/signin/email-password",
            sign_in::email_password,
            "Sign in with an e-mail address and a password",
        )
        .answering("A session, or a ticket for the second factor.")
        .errors(REFUSALS)
        .errors(BUSY),
        modern(
            "POST",
            "/signin/mfa/totp",
            mfa::sign_in,
            "Finish a sign-in with a second factor",
        )
        .about("`otp` is a one-time password of the authenticator app, or a recovery code.")
        .answering("A session.")
        .errors(REFUSALS)
        .errors(&[
            ErrorCode::DISABLED_ENDPOINT,
            ErrorCode::INVALID_TICKET,
            ErrorCode::INVALID_TOTP,
            ErrorCode::DISABLED_MFA_TOTP,
            ErrorCode::NO_TOTP_SECRET,
        ]),
        modern(
            "POST",
            "/signin/anonymous",
            anonymous::sign_in,
            "Sign in without saying who one is",
        )
        .answering("A session of a new anonymous user.")
        .errors(&[ErrorCode::DISABLED_ENDPOINT])
        .errors(SIGN_UP),
        modern(
            "POST",
            "/signin/pat",
            personal_access_token::sign_in,
            "Sign in with a personal access token",
        )
        .answering("A session.")
        .errors(&[ErrorCode::INVALID_PAT])
        .errors(REFUSALS),
    ]
}
