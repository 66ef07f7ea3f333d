//! Settings of the legacy API.

use super::{Kind, Rule, Section, Setting};

pub(crate) const COOKIE_NAME: Setting = Setting::new(
    "legacy.session_cookie_name",
    "AUTH_LEGACY_SESSION_COOKIE_NAME",
    Kind::Text(&Rule::COOKIE_NAME),
    "Name of the session cookie.",
)
.preset("dinoisses");

pub(crate) const COOKIE_DOMAIN: Setting = Setting::new(
    "legacy.session_cookie_domain",
    "AUTH_LEGACY_SESSION_COOKIE_DOMAIN",
    Kind::Text(&Rule::COOKIE_DOMAIN),
    "Domain whose hosts share the session cookie; without it the cookie stays at this host.",
);

pub(crate) const COOKIE_SECURE: Setting = Setting::new(
    "legacy.session_cookie_secure",
    "AUTH_LEGACY_SESSION_COOKIE_SECURE",
    Kind::Flag,
    "Whether browsers send the session cookie over TLS only.",
)
.preset("true");

pub(crate) const COOKIE_SAME_SITE: Setting = Setting::new(
    "legacy.session_cookie_same_site",
    "AUTH_LEGACY_SESSION_COOKIE_SAME_SITE",
    Kind::Choice(&["lax", "none"]),
    "Whether browsers send the session cookie with requests from other sites (`none`) or not.",
)
.preset("lax");

pub(crate) const SESSION_AGE: Setting = Setting::new(
    "legacy.session_age",
    "AUTH_LEGACY_SESSION_AGE",
    Kind::Seconds(1, 10 * 366 * 24 * 60 * 60),
    "Life of a session in seconds; using it does not prolong it.",
)
.preset("1814400");

pub(crate) const PASSWORD_MIN_LENGTH: Setting = Setting::new(
    "legacy.password_min_length",
    "AUTH_LEGACY_PASSWORD_MIN_LENGTH",
    Kind::Integer(0, 72),
    "Fewest characters of a password.",
)
.preset("8");

pub(crate) const USERNAME_ENABLED: Setting = Setting::new(
    "legacy.username_enabled",
    "AUTH_LEGACY_USERNAME_ENABLED",
    Kind::Flag,
    "Whether people may sign up and in with a user name instead of an address.",
)
.preset("true");

pub(crate) const USERNAME_DEFAULT_ROLES: Setting = Setting::new(
    "legacy.username_default_roles",
    "AUTH_LEGACY_USERNAME_DEFAULT_ROLES",
    Kind::List(&Rule::ROLE),
    "Roles beside `user` of those who sign up with a user name.",
);

/// The section `legacy`.
pub(super) const SECTION: Section = Section {
    title: "The legacy API below `/v1`",
    settings: &[
        COOKIE_NAME,
        COOKIE_DOMAIN,
        COOKIE_SECURE,
        COOKIE_SAME_SITE,
        SESSION_AGE,
        PASSWORD_MIN_LENGTH,
        USERNAME_ENABLED,
        USERNAME_DEFAULT_ROLES,
    ],
};
