//! Signing up and in.

use serde_json::json;

use super::{
    error_lists::{BUSY, PASSWORD, REFUSALS, SIGN_UP},
    examples::{CODE, EMAIL, PASSPHRASE, TOKEN},
};
use crate::{
    endpoint::{BotCheckRule::Always, Endpoint, post},
    modern::{ErrorCode, anonymous, mfa, personal_access_token, sign_in, sign_up},
    request_limits::Limit::{BruteForce, EmailOfSignUp, SignUps},
};

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        post("/signup/email-password", sign_up::email_password)
            .summary("Sign up with an e-mail address and a password")
            .success("A session; nothing in it while the address has to be verified first.")
            .example(|| {
                json!({
                    "email": EMAIL,
                    "password": PASSPHRASE,
                    "options": { "displayName": "Ada Lovelace", "metadata": { "plan": "free" } },
                })
            })
            .errors(SIGN_UP)
            .errors(PASSWORD)
            .errors(BUSY)
            .rate_limits(&[EmailOfSignUp, SignUps])
            .bot_check(Always),
        post("/signin/email-password", sign_in::email_password)
            .summary("Sign in with an e-mail address and a password")
            .success("A session, or a ticket for the second factor.")
            .example(|| json!({ "email": EMAIL, "password": PASSPHRASE }))
            .errors(REFUSALS)
            .errors(BUSY)
            .rate_limits(&[BruteForce]),
        post("/signin/mfa/totp", mfa::sign_in)
            .summary("Finish a sign-in with a second factor")
            .about("`otp` is a one-time password of the authenticator app, or a recovery code.")
            .success("A session.")
            .example(|| json!({ "ticket": format!("mfaTotp:{TOKEN}"), "otp": CODE }))
            .errors(REFUSALS)
            .errors(&[
                ErrorCode::DISABLED_ENDPOINT,
                ErrorCode::INVALID_TICKET,
                ErrorCode::INVALID_TOTP,
                ErrorCode::DISABLED_MFA_TOTP,
                ErrorCode::NO_TOTP_SECRET,
            ])
            .rate_limits(&[BruteForce])
            .switched_by("AUTH_MFA_ENABLED"),
        post("/signin/anonymous", anonymous::sign_in)
            .summary("Sign in without saying who one is")
            .success("A session of a new anonymous user.")
            .example(|| json!({ "displayName": "Guest" }))
            .errors(&[ErrorCode::DISABLED_ENDPOINT])
            .errors(SIGN_UP)
            .rate_limits(&[BruteForce])
            .switched_by("AUTH_ANONYMOUS_USERS_ENABLED"),
        post("/signin/pat", personal_access_token::sign_in)
            .summary("Sign in with a personal access token")
            .success("A session.")
            .example(|| json!({ "personalAccessToken": TOKEN }))
            .errors(&[ErrorCode::INVALID_PAT])
            .errors(REFUSALS)
            .rate_limits(&[BruteForce]),
    ]
}
