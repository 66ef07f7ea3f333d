//! Settings of accounts: who may have one, and how it starts.

use auth_domain::user::{GravatarDefault, GravatarRating, LanguageTag, Role};
use settings::{Kind, Optional, Rule, Setting, section};

use crate::config::rule;

section! {
    /// The section `accounts`.
    pub(super) const SECTION = "Accounts: who may have one, and how it starts";

    DISABLE_SIGN_UP: Setting<bool> = Setting::new(
        "accounts.disable_sign_up",
        "AUTH_DISABLE_SIGNUP",
        Kind::FLAG,
        "Whether nobody may sign up.",
    )
    .preset("false")
    .protective();

    DISABLE_NEW_USERS: Setting<bool> = Setting::new(
        "accounts.disable_new_users",
        "AUTH_DISABLE_NEW_USERS",
        Kind::FLAG,
        "Whether new accounts start disabled, to be enabled by an administrator.",
    )
    .preset("false")
    .protective();

    DISABLE_AUTO_SIGN_UP: Setting<bool> = Setting::new(
        "accounts.disable_auto_sign_up",
        "AUTH_DISABLE_AUTO_SIGNUP",
        Kind::FLAG,
        "Whether signing in without a password never makes an account.",
    )
    .preset("false")
    .protective();

    ANONYMOUS: Setting<bool> = Setting::new(
        "accounts.anonymous_enabled",
        "AUTH_ANONYMOUS_USERS_ENABLED",
        Kind::FLAG,
        "Whether people may sign in without telling who they are.",
    )
    .derived("`false`; `true` in the zero-setup mode while no place of the database is set");

    EMAIL_VERIFICATION_REQUIRED: Setting<bool> = Setting::new(
        "accounts.email_verification_required",
        "AUTH_EMAIL_SIGNIN_EMAIL_VERIFIED_REQUIRED",
        Kind::FLAG,
        "Whether an address has to be verified before its user may sign in.",
    )
    .derived("`true`; `false` in the zero-setup mode while no way to send mail is set")
    .protective();

    DEFAULT_ROLE: Setting<Role> = Setting::new(
        "accounts.default_role",
        "AUTH_USER_DEFAULT_ROLE",
        Kind::text(&rule::ROLE),
        "Role of a user who asked for none.",
    )
    .preset("user")
    .protective();

    ALLOWED_ROLES: Setting<Vec<Role>> = Setting::new(
        "accounts.default_allowed_roles",
        "AUTH_USER_DEFAULT_ALLOWED_ROLES",
        Kind::list(&rule::ROLE),
        "Roles a user may ask for, and has if they asked for none; the default role is added.",
    )
    .preset("me")
    .protective();

    DEFAULT_LOCALE: Setting<LanguageTag> = Setting::new(
        "accounts.default_locale",
        "AUTH_LOCALE_DEFAULT",
        Kind::text(&rule::LOCALE),
        "Language of users who asked for none, or for one that is not allowed. Of `en-US` they have `en`; \
         their mails come from a folder `en-US` of templates first.",
    )
    .preset("en");

    ALLOWED_LOCALES: Setting<Vec<String>> = Setting::new(
        "accounts.allowed_locales",
        "AUTH_LOCALE_ALLOWED_LOCALES",
        Kind::list(&rule::LISTED_LOCALE),
        "Languages a user may ask for; the default language is added. With `pt-BR` they may ask for `pt`. \
         Two letters are kept of each user's language, so that no user can have one of three.",
    )
    .preset("en");

    GRAVATAR_ENABLED: Setting<bool> = Setting::new(
        "accounts.gravatar_enabled",
        "AUTH_GRAVATAR_ENABLED",
        Kind::FLAG,
        "Whether new users have a picture at Gravatar.",
    )
    .preset("true");

    GRAVATAR_DEFAULT: Setting<GravatarDefault> = Setting::new(
        "accounts.gravatar_default",
        "AUTH_GRAVATAR_DEFAULT",
        Kind::choice(&GravatarDefault::ALL),
        "What Gravatar shows for an address it does not know.",
    )
    .preset("blank")
    .part_of(&GRAVATAR_ENABLED);

    GRAVATAR_RATING: Setting<GravatarRating> = Setting::new(
        "accounts.gravatar_rating",
        "AUTH_GRAVATAR_RATING",
        Kind::choice(&GravatarRating::ALL),
        "How strict Gravatar is about a picture, `g` being the strictest.",
    )
    .preset("g")
    .part_of(&GRAVATAR_ENABLED);

    BLOCKED_EMAILS: Setting<Vec<String>, Optional> = Setting::new(
        "accounts.blocked_emails",
        "AUTH_ACCESS_CONTROL_BLOCKED_EMAILS",
        Kind::list(&Rule::ANY),
        "Addresses that may have no account.",
    )
    .protective();

    ALLOWED_EMAILS: Setting<Vec<String>, Optional> = Setting::new(
        "accounts.allowed_emails",
        "AUTH_ACCESS_CONTROL_ALLOWED_EMAILS",
        Kind::list(&Rule::ANY),
        "Addresses that may have an account; if this or `allowed_email_domains` is set, no others may.",
    )
    .protective();

    BLOCKED_EMAIL_DOMAINS: Setting<Vec<String>, Optional> = Setting::new(
        "accounts.blocked_email_domains",
        "AUTH_ACCESS_CONTROL_BLOCKED_EMAIL_DOMAINS",
        Kind::list(&Rule::ANY),
        "Domains whose addresses may have no account.",
    )
    .protective();

    ALLOWED_EMAIL_DOMAINS: Setting<Vec<String>, Optional> = Setting::new(
        "accounts.allowed_email_domains",
        "AUTH_ACCESS_CONTROL_ALLOWED_EMAIL_DOMAINS",
        Kind::list(&Rule::ANY),
        "Domains whose addresses may have an account.",
    )
    .protective();
}
