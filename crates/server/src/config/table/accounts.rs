//! Settings of accounts: who may have one, and how it starts.

use super::{Kind, Rule, Section, Setting};

pub(crate) const DISABLE_SIGN_UP: Setting = Setting::new(
    "accounts.disable_sign_up",
    "AUTH_DISABLE_SIGNUP",
    Kind::Flag,
    "Whether nobody may sign up.",
)
.preset("false")
.protective();

pub(crate) const DISABLE_NEW_USERS: Setting = Setting::new(
    "accounts.disable_new_users",
    "AUTH_DISABLE_NEW_USERS",
    Kind::Flag,
    "Whether new accounts start disabled, to be enabled by an administrator.",
)
.preset("false")
.protective();

pub(crate) const DISABLE_AUTO_SIGN_UP: Setting = Setting::new(
    "accounts.disable_auto_sign_up",
    "AUTH_DISABLE_AUTO_SIGNUP",
    Kind::Flag,
    "Whether signing in without a password never makes an account.",
)
.preset("false")
.protective();

pub(crate) const ANONYMOUS: Setting = Setting::new(
    "accounts.anonymous_enabled",
    "AUTH_ANONYMOUS_USERS_ENABLED",
    Kind::Flag,
    "Whether people may sign in without telling who they are.",
)
.derived("`false`; `true` in the zero-setup mode while no place of the database is set");

pub(crate) const EMAIL_VERIFICATION_REQUIRED: Setting = Setting::new(
    "accounts.email_verification_required",
    "AUTH_EMAIL_SIGNIN_EMAIL_VERIFIED_REQUIRED",
    Kind::Flag,
    "Whether an address has to be verified before its user may sign in.",
)
.derived("`true`; `false` in the zero-setup mode while no way to send mail is set")
.protective();

pub(crate) const DEFAULT_ROLE: Setting = Setting::new(
    "accounts.default_role",
    "AUTH_USER_DEFAULT_ROLE",
    Kind::Text(&Rule::ROLE),
    "Role of a user who asked for none.",
)
.preset("user")
.protective();

pub(crate) const ALLOWED_ROLES: Setting = Setting::new(
    "accounts.default_allowed_roles",
    "AUTH_USER_DEFAULT_ALLOWED_ROLES",
    Kind::List(&Rule::ROLE),
    "Roles a user may ask for, and has if they asked for none; the default role is added.",
)
.preset("me")
.protective();

pub(crate) const DEFAULT_LOCALE: Setting = Setting::new(
    "accounts.default_locale",
    "AUTH_LOCALE_DEFAULT",
    Kind::Text(&Rule::LOCALE),
    "Language of users who asked for none, or for one that is not allowed. Of `en-US` they have `en`; \
     their mails come from a folder `en-US` of templates first.",
)
.preset("en");

pub(crate) const ALLOWED_LOCALES: Setting = Setting::new(
    "accounts.allowed_locales",
    "AUTH_LOCALE_ALLOWED_LOCALES",
    Kind::List(&Rule::LISTED_LOCALE),
    "Languages a user may ask for; the default language is added. With `pt-BR` they may ask for `pt`. \
     Two letters are kept of each user's language, so that no user can have one of three.",
)
.preset("en");

pub(crate) const GRAVATAR_ENABLED: Setting = Setting::new(
    "accounts.gravatar_enabled",
    "AUTH_GRAVATAR_ENABLED",
    Kind::Flag,
    "Whether new users have a picture at Gravatar.",
)
.preset("true");

pub(crate) const GRAVATAR_DEFAULT: Setting = Setting::new(
    "accounts.gravatar_default",
    "AUTH_GRAVATAR_DEFAULT",
    Kind::Choice(&[
        "blank",
        "identicon",
        "monsterid",
        "wavatar",
        "retro",
        "robohash",
        "mp",
        "404",
    ]),
    "What Gravatar shows for an address it does not know.",
)
.preset("blank")
.part_of(&GRAVATAR_ENABLED);

pub(crate) const GRAVATAR_RATING: Setting = Setting::new(
    "accounts.gravatar_rating",
    "AUTH_GRAVATAR_RATING",
    Kind::Choice(&["g", "pg", "r", "x"]),
    "How strict Gravatar is about a picture, `g` being the strictest.",
)
.preset("g")
.part_of(&GRAVATAR_ENABLED);

pub(crate) const BLOCKED_EMAILS: Setting = Setting::new(
    "accounts.blocked_emails",
    "AUTH_ACCESS_CONTROL_BLOCKED_EMAILS",
    Kind::List(&Rule::ANY),
    "Addresses that may have no account.",
)
.protective();

pub(crate) const ALLOWED_EMAILS: Setting = Setting::new(
    "accounts.allowed_emails",
    "AUTH_ACCESS_CONTROL_ALLOWED_EMAILS",
    Kind::List(&Rule::ANY),
    "Addresses that may have an account; if this or `allowed_email_domains` is set, no others may.",
)
.protective();

pub(crate) const BLOCKED_EMAIL_DOMAINS: Setting = Setting::new(
    "accounts.blocked_email_domains",
    "AUTH_ACCESS_CONTROL_BLOCKED_EMAIL_DOMAINS",
    Kind::List(&Rule::ANY),
    "Domains whose addresses may have no account.",
)
.protective();

pub(crate) const ALLOWED_EMAIL_DOMAINS: Setting = Setting::new(
    "accounts.allowed_email_domains",
    "AUTH_ACCESS_CONTROL_ALLOWED_EMAIL_DOMAINS",
    Kind::List(&Rule::ANY),
    "Domains whose addresses may have an account.",
)
.protective();

/// The section `accounts`.
pub(super) const SECTION: Section = Section {
    title: "Accounts: who may have one, and how it starts",
    settings: &[
        DISABLE_SIGN_UP,
        DISABLE_NEW_USERS,
        DISABLE_AUTO_SIGN_UP,
        ANONYMOUS,
        EMAIL_VERIFICATION_REQUIRED,
        DEFAULT_ROLE,
        ALLOWED_ROLES,
        DEFAULT_LOCALE,
        ALLOWED_LOCALES,
        GRAVATAR_ENABLED,
        GRAVATAR_DEFAULT,
        GRAVATAR_RATING,
        BLOCKED_EMAILS,
        ALLOWED_EMAILS,
        BLOCKED_EMAIL_DOMAINS,
        ALLOWED_EMAIL_DOMAINS,
    ],
};
