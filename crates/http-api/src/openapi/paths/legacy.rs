//! The legacy generation.

use super::Operation;
use crate::{
    legacy::{json::SuccessMessage, login, reply::UserInfo, sign_up, user},
    openapi::operation::legacy,
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

pub(super) fn operations() -> Vec<Operation> {
    vec![
        legacy(
            "POST",
            "/v1/signup",
            sign_up::sign_up,
            "Sign up with a user name and a password",
        )
        .answering("The user with a session, which is also a cookie for pages of allowed clients.")
        .answers::<UserInfo>()
        .legacy_errors(PROVIDER)
        .legacy_errors(&[PASSWORD, (400, "user-exists", "the name is taken")]),
        legacy(
            "POST",
            "/v1/login",
            login::login,
            "Log in with a user name and a password",
        )
        .answering("The user with a session, which is also a cookie for pages of allowed clients.")
        .answers::<UserInfo>()
        .legacy_errors(PROVIDER)
        .legacy_errors(&[
            CREDENTIALS,
            (
                403,
                "second-factor-required",
                "the account has a second factor, which this API cannot ask for",
            ),
        ]),
        legacy("GET", "/v1/user/info", user::info, "Who one is")
            .answering("The user.")
            .answers::<UserInfo>()
            .legacy_errors(&[(403, "access-denied", "the user lacks the role `user`")]),
        legacy("POST", "/v1/user/logout", user::logout, "Log out")
            .answering("The session is gone, and so is the cookie.")
            .answers::<SuccessMessage>(),
        legacy(
            "POST",
            "/v1/user/change-password",
            user::change_password,
            "Choose another password",
        )
        .answering("The password is set, and all sessions have ended.")
        .answers::<SuccessMessage>()
        .legacy_errors(&[
            PASSWORD,
            CREDENTIALS,
            (400, "unexpected-state", "the account has no password"),
            (403, "access-denied", "the user lacks the role `user`"),
            (503, "unexpected-state", "the server is busy"),
        ]),
    ]
}
