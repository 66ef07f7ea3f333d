//! Settings of the legacy API.
//!
//! They are the keys of the original's `conf/auth.yaml`, except those that another setting stands
//! for: `google`, `facebook`, `github` and `linkedin` are switched on by `providers.…` and have
//! their ids and secrets there, and `postgres` is `database.url`.

use std::time::Duration;

use auth_domain::user::Role;
use http_api::SameSiteRule;
use settings::{Kind, Optional, Rule, Setting, section};
use url::Url;

use crate::config::rule;

const EMAIL: &str = "have the provider `email` of the legacy API yet";
const MOBILE: &str = "send codes to phones yet";
const SOCIAL: &str = "sign people in with other services yet";
const CUSTOM: &str = "have custom providers of the legacy API yet";
const HOOKS: &str = "ask anybody before people sign up or in yet";
const UI_KIT: &str = "serve the pages of the UI kit yet";
const NOTIFY: &str = "send messages through a notify service yet";
const REDIS: &str = "keep sessions in Redis yet and has them in its database";
const SUPER_USER: &str = "make a superuser yet";

/// Ten years: more is a mistake in the unit.
const MOST_DAYS: i64 = 10 * 366;

/// A week: more is a mistake in the unit.
const MOST_MINUTES: i64 = 7 * 24 * 60;

const fn flag(key: &'static str, variable: &'static str, doc: &'static str) -> Setting<bool> {
    Setting::new(key, variable, Kind::FLAG, doc).preset("false")
}

const fn text(
    key: &'static str,
    variable: &'static str,
    doc: &'static str,
) -> Setting<String, Optional> {
    Setting::new(key, variable, Kind::text(&Rule::ANY), doc)
}

const fn url(
    key: &'static str,
    variable: &'static str,
    doc: &'static str,
) -> Setting<Url, Optional> {
    Setting::new(key, variable, Kind::text(&rule::WEB_URL), doc)
}

const fn roles(
    key: &'static str,
    variable: &'static str,
    doc: &'static str,
) -> Setting<Vec<Role>, Optional> {
    Setting::new(key, variable, Kind::list(&rule::ROLE), doc)
}

const fn days(
    key: &'static str,
    variable: &'static str,
    doc: &'static str,
) -> Setting<u32, Optional> {
    Setting::new(key, variable, Kind::integer(1, MOST_DAYS), doc)
}

const fn minutes(
    key: &'static str,
    variable: &'static str,
    doc: &'static str,
) -> Setting<u32, Optional> {
    Setting::new(key, variable, Kind::integer(1, MOST_MINUTES), doc)
}

const fn digits(
    key: &'static str,
    variable: &'static str,
    doc: &'static str,
) -> Setting<u32, Optional> {
    Setting::new(key, variable, Kind::integer(4, 12), doc)
}

section! {
    /// The section `legacy`.
    pub(super) const SECTION = "The legacy API below `/v1`";

    COOKIE_NAME: Setting<String> = Setting::new(
        "legacy.session_cookie_name",
        "AUTH_LEGACY_SESSION_COOKIE_NAME",
        Kind::text(&rule::COOKIE_NAME),
        "Name of the session cookie.",
    )
    .preset("dinoisses");

    COOKIE_DOMAIN: Setting<String, Optional> = Setting::new(
        "legacy.session_cookie_domain",
        "AUTH_LEGACY_SESSION_COOKIE_DOMAIN",
        Kind::text(&rule::COOKIE_DOMAIN),
        "Domain whose hosts share the session cookie; without it the cookie stays at this host.",
    );

    COOKIE_SECURE: Setting<bool> = Setting::new(
        "legacy.session_cookie_secure",
        "AUTH_LEGACY_SESSION_COOKIE_SECURE",
        Kind::FLAG,
        "Whether browsers send the session cookie over TLS only.",
    )
    .preset("true");

    COOKIE_SAME_SITE: Setting<SameSiteRule> = Setting::new(
        "legacy.session_cookie_same_site",
        "AUTH_LEGACY_SESSION_COOKIE_SAME_SITE",
        Kind::choice(&[("lax", SameSiteRule::Lax), ("none", SameSiteRule::None)]),
        "Whether browsers send the session cookie with requests from other sites (`none`) or not.",
    )
    .preset("lax");

    SESSION_AGE: Setting<Duration> = Setting::new(
        "legacy.session_age",
        "AUTH_LEGACY_SESSION_AGE",
        Kind::seconds(1, 10 * 366 * 24 * 60 * 60),
        "Life of a session in seconds; using it does not prolong it.",
    )
    .preset("1814400")
    .protective();

    PASSWORD_MIN_LENGTH: Setting<usize> = Setting::new(
        "legacy.password_min_length",
        "AUTH_LEGACY_PASSWORD_MIN_LENGTH",
        Kind::integer(0, 72),
        "Fewest characters of a password.",
    )
    .preset("8")
    .protective();

    USERNAME_ENABLED: Setting<bool> = Setting::new(
        "legacy.username_enabled",
        "AUTH_LEGACY_USERNAME_ENABLED",
        Kind::FLAG,
        "Whether people may sign up and in with a user name instead of an address.",
    )
    .preset("true");

    USERNAME_DEFAULT_ROLES: Setting<Vec<Role>, Optional> = Setting::new(
        "legacy.username_default_roles",
        "AUTH_LEGACY_USERNAME_DEFAULT_ROLES",
        Kind::list(&rule::ROLE),
        "Roles beside `user` of those who sign up with a user name.",
    );

    _ {
        flag(
            "legacy.email_enabled",
            "AUTH_LEGACY_EMAIL_ENABLED",
            "Whether people may sign up and in with the provider `email`.",
        )
        .not_yet(EMAIL);

        roles(
            "legacy.email_default_roles",
            "AUTH_LEGACY_EMAIL_DEFAULT_ROLES",
            "Roles beside `user` of those who sign up with the provider `email`.",
        )
        .not_yet(EMAIL);

        text(
            "legacy.email_verify_from",
            "AUTH_LEGACY_EMAIL_VERIFY_FROM",
            "Address that mails to verify an address come from.",
        )
        .not_yet(EMAIL);

        text(
            "legacy.email_verify_from_name",
            "AUTH_LEGACY_EMAIL_VERIFY_FROM_NAME",
            "Name that mails to verify an address come from.",
        )
        .preset("Admin")
        .not_yet(EMAIL);

        text(
            "legacy.email_verify_subject",
            "AUTH_LEGACY_EMAIL_VERIFY_SUBJECT",
            "Subject of mails to verify an address.",
        )
        .not_yet(EMAIL);

        text(
            "legacy.email_verify_template",
            "AUTH_LEGACY_EMAIL_VERIFY_TEMPLATE",
            "Text of mails to verify an address, with `{{token}}` in the link.",
        )
        .not_yet(EMAIL);

        days(
            "legacy.email_verify_token_expires",
            "AUTH_LEGACY_EMAIL_VERIFY_TOKEN_EXPIRES",
            "For how many days an address can be verified with a token.",
        )
        .preset("7")
        .not_yet(EMAIL);

        text(
            "legacy.email_forgot_password_from",
            "AUTH_LEGACY_EMAIL_FORGOT_PASSWORD_FROM",
            "Address that mails to reset a password come from.",
        )
        .not_yet(EMAIL);

        text(
            "legacy.email_forgot_password_from_name",
            "AUTH_LEGACY_EMAIL_FORGOT_PASSWORD_FROM_NAME",
            "Name that mails to reset a password come from.",
        )
        .preset("Admin")
        .not_yet(EMAIL);

        text(
            "legacy.email_forgot_password_subject",
            "AUTH_LEGACY_EMAIL_FORGOT_PASSWORD_SUBJECT",
            "Subject of mails to reset a password.",
        )
        .not_yet(EMAIL);

        text(
            "legacy.email_forgot_password_template",
            "AUTH_LEGACY_EMAIL_FORGOT_PASSWORD_TEMPLATE",
            "Text of mails to reset a password, with `{{token}}` in the link.",
        )
        .not_yet(EMAIL);

        days(
            "legacy.email_reset_token_expires",
            "AUTH_LEGACY_EMAIL_RESET_TOKEN_EXPIRES",
            "For how many days a password can be reset with a token.",
        )
        .preset("7")
        .not_yet(EMAIL);

        flag(
            "legacy.mobile_enabled",
            "AUTH_LEGACY_MOBILE_ENABLED",
            "Whether people may sign up and in with the provider `mobile`.",
        )
        .not_yet(MOBILE);

        roles(
            "legacy.mobile_default_roles",
            "AUTH_LEGACY_MOBILE_DEFAULT_ROLES",
            "Roles beside `user` of those who sign up with the provider `mobile`.",
        )
        .not_yet(MOBILE);

        text(
            "legacy.mobile_sms_template",
            "AUTH_LEGACY_MOBILE_SMS_TEMPLATE",
            "Message with a code of the provider `mobile`, as `{{otp}}`.",
        )
        .not_yet(MOBILE);

        minutes(
            "legacy.mobile_otp_expiry_time",
            "AUTH_LEGACY_MOBILE_OTP_EXPIRY_TIME",
            "Life in minutes of a code of the provider `mobile`.",
        )
        .preset("15")
        .not_yet(MOBILE);

        digits(
            "legacy.mobile_otp_length",
            "AUTH_LEGACY_MOBILE_OTP_LENGTH",
            "Digits of a code of the provider `mobile`.",
        )
        .preset("6")
        .not_yet(MOBILE);

        flag(
            "legacy.mobile_password_enabled",
            "AUTH_LEGACY_MOBILE_PASSWORD_ENABLED",
            "Whether people may sign up and in with the provider `mobile-password`.",
        )
        .not_yet(MOBILE);

        roles(
            "legacy.mobile_password_default_roles",
            "AUTH_LEGACY_MOBILE_PASSWORD_DEFAULT_ROLES",
            "Roles beside `user` of those who sign up with the provider `mobile-password`.",
        )
        .not_yet(MOBILE);

        text(
            "legacy.mobile_password_sms_template",
            "AUTH_LEGACY_MOBILE_PASSWORD_SMS_TEMPLATE",
            "Message with a code of the provider `mobile-password`, as `{{otp}}`.",
        )
        .not_yet(MOBILE);

        minutes(
            "legacy.mobile_password_otp_expiry_time",
            "AUTH_LEGACY_MOBILE_PASSWORD_OTP_EXPIRY_TIME",
            "Life in minutes of a code of the provider `mobile-password`.",
        )
        .preset("15")
        .not_yet(MOBILE);

        digits(
            "legacy.mobile_password_otp_length",
            "AUTH_LEGACY_MOBILE_PASSWORD_OTP_LENGTH",
            "Digits of a code of the provider `mobile-password`.",
        )
        .preset("6")
        .not_yet(MOBILE);

        roles(
            "legacy.google_default_roles",
            "AUTH_LEGACY_GOOGLE_DEFAULT_ROLES",
            "Roles beside `user` of those who sign up with Google.",
        )
        .not_yet(SOCIAL);

        roles(
            "legacy.facebook_default_roles",
            "AUTH_LEGACY_FACEBOOK_DEFAULT_ROLES",
            "Roles beside `user` of those who sign up with Facebook.",
        )
        .not_yet(SOCIAL);

        roles(
            "legacy.github_default_roles",
            "AUTH_LEGACY_GITHUB_DEFAULT_ROLES",
            "Roles beside `user` of those who sign up with GitHub.",
        )
        .not_yet(SOCIAL);

        roles(
            "legacy.linkedin_default_roles",
            "AUTH_LEGACY_LINKEDIN_DEFAULT_ROLES",
            "Roles beside `user` of those who sign up with LinkedIn.",
        )
        .not_yet(SOCIAL);

        Setting::new(
            "legacy.custom_providers",
            "AUTH_LEGACY_CUSTOM_PROVIDERS",
            Kind::text(&rule::JSON_OBJECT),
            "Further providers as a JSON object, with the name of each as its key and \
             `enabled`, `defaultRoles` and `hooks` in it.",
        )
        .not_yet(CUSTOM);

        url(
            "legacy.pre_signup_hook",
            "AUTH_LEGACY_PRE_SIGNUP_HOOK",
            "Web hook that is asked before somebody signs up, and may forbid it or give roles.",
        )
        .refused(HOOKS);

        url(
            "legacy.pre_login_hook",
            "AUTH_LEGACY_PRE_LOGIN_HOOK",
            "Web hook that is asked before somebody logs in, and may forbid it.",
        )
        .refused(HOOKS);

        flag(
            "legacy.ui_kit_enabled",
            "AUTH_LEGACY_UI_KIT_ENABLED",
            "Whether there are pages below `/ui` to sign up and in with.",
        )
        .not_yet(UI_KIT);

        Setting::new(
            "legacy.ui_kit_theme",
            "AUTH_LEGACY_UI_KIT_THEME",
            Kind::choice(&[("dark", ()), ("light", ())]),
            "Colours of those pages.",
        )
        .preset("dark")
        .not_yet(UI_KIT);

        url(
            "legacy.ui_kit_redirect_url",
            "AUTH_LEGACY_UI_KIT_REDIRECT_URL",
            "Where those pages lead people who signed in.",
        )
        .not_yet(UI_KIT);

        url(
            "legacy.notify_domain",
            "AUTH_LEGACY_NOTIFY_DOMAIN",
            "Notify service that sends mails and text messages.",
        )
        .not_yet(NOTIFY);

        text(
            "legacy.redis_host",
            "AUTH_LEGACY_REDIS_HOST",
            "Host of the Redis server that holds the sessions.",
        )
        .not_yet(REDIS);

        Setting::new(
            "legacy.redis_port",
            "AUTH_LEGACY_REDIS_PORT",
            Kind::<u16>::integer(1, 65535),
            "Its port.",
        )
        .preset("6379")
        .not_yet(REDIS);

        text(
            "legacy.redis_cred",
            "AUTH_LEGACY_REDIS_CRED",
            "Password of that server.",
        )
        .secret()
        .not_yet(REDIS);

        text(
            "legacy.super_user_username",
            "AUTH_LEGACY_SUPER_USER_USERNAME",
            "User name of the superuser, who has the role `admin`.",
        )
        .preset("admin")
        .not_yet(SUPER_USER);

        text(
            "legacy.super_user_password",
            "AUTH_LEGACY_SUPER_USER_PASSWORD",
            "Password of the superuser.",
        )
        .secret()
        .not_yet(SUPER_USER);

        text(
            "legacy.super_user_email",
            "AUTH_LEGACY_SUPER_USER_EMAIL",
            "Address of the superuser.",
        )
        .not_yet(SUPER_USER);

        text(
            "legacy.super_user_mobile",
            "AUTH_LEGACY_SUPER_USER_MOBILE",
            "Phone number of the superuser.",
        )
        .not_yet(SUPER_USER);
    }
}
