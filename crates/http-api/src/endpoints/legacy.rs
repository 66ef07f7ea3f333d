//! The legacy generation.

use serde_json::{Value, json};

use super::examples::{OTHER_PASSPHRASE, PASSPHRASE};
use crate::{
    endpoint::{BotCheckRule::Always, Endpoint, get, post},
    legacy::{json::SuccessMessage, login, reply::UserInfo, sign_up, user},
    openapi::operation::Operation,
    request_limits::Limit::{BruteForce, SignUps},
};

/// What the provider `username` can be refused for, at sign-up as well as at login.
const PROVIDER: &[(u16, &str, &str)] = &[
    (400, "invalid-provider", "there is no such provider"),
    (
        400,
        "not-enabled",
        "the provider, or sign-up, is switched off",
    ),
    (400, "not-active", "the account is disabled"),
    (403, "not-verified", "the account is still to be verified"),
    (503, "unexpected-state", "the server is busy"),
];

const PASSWORD: (u16, &str, &str) = (400, "invalid-password", "the password is not good enough");
const CREDENTIALS: (u16, &str, &str) = (400, "invalid-creds", "name or password is wrong");
const ROLE: (u16, &str, &str) = (403, "access-denied", "the user lacks the role `user`");
const SECOND_FACTOR: (u16, &str, &str) = (
    403,
    "second-factor-required",
    "the account has a second factor, which this API cannot ask for",
);

const SIGNED_IN: &str =
    "The user with a session, which is also a cookie for pages of allowed clients.";

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        post("/v1/signup", sign_up::sign_up)
            .legacy()
            .summary("Sign up with a user name and a password")
            .success(SIGNED_IN)
            .details(|it| {
                it.answers::<UserInfo>()
                    .legacy_errors(PROVIDER)
                    .legacy_errors(&[PASSWORD, (400, "user-exists", "the name is taken")])
            })
            .example(credentials)
            .rate_limits(&[SignUps])
            .bot_check(Always),
        post("/v1/login", login::login)
            .legacy()
            .summary("Log in with a user name and a password")
            .success(SIGNED_IN)
            .details(|it| {
                it.answers::<UserInfo>()
                    .legacy_errors(PROVIDER)
                    .legacy_errors(&[CREDENTIALS, SECOND_FACTOR])
            })
            .example(credentials)
            .rate_limits(&[BruteForce]),
        get("/v1/user/info", user::info)
            .legacy()
            .summary("Who one is")
            .success("The user.")
            .details(|it| it.answers::<UserInfo>().legacy_errors(&[ROLE])),
        post("/v1/user/logout", user::logout)
            .legacy()
            .summary("Log out")
            .success("The session is gone, and so is the cookie.")
            .details(Operation::answers::<SuccessMessage>),
        post("/v1/user/change-password", user::change_password)
            .legacy()
            .summary("Choose another password")
            .success("The password is set, and all sessions have ended.")
            .details(|it| {
                it.answers::<SuccessMessage>().legacy_errors(&[
                    PASSWORD,
                    CREDENTIALS,
                    (400, "unexpected-state", "the account has no password"),
                    ROLE,
                    (503, "unexpected-state", "the server is busy"),
                ])
            })
            .example(|| json!({ "old_password": PASSPHRASE, "new_password": OTHER_PASSPHRASE }))
            .rate_limits(&[BruteForce]),
    ]
}

fn credentials() -> Value {
    json!({ "provider": "username", "data": { "username": "ada", "password": PASSPHRASE } })
}
