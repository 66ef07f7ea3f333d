//! Settings of passwords.

use super::{Kind, Rule, Section, Setting};

pub(crate) const MIN_LENGTH: Setting = Setting::new(
    "passwords.min_length",
    "AUTH_PASSWORD_MIN_LENGTH",
    Kind::Integer(0, 72),
    "Fewest bytes of a password.",
)
.preset("3")
.protective();

pub(crate) const BCRYPT_COST: Setting = Setting::new(
    "passwords.bcrypt_cost",
    "AUTH_BCRYPT_COST",
    Kind::Integer(4, 16),
    "Work of hashing a password; each step doubles it. Below 10 it is too little for production, \
     and below that of stored hashes the slower answer tells that an account exists.",
)
.preset("10")
.protective();

pub(crate) const HIBP: Setting = Setting::new(
    "passwords.hibp_enabled",
    "AUTH_PASSWORD_HIBP_ENABLED",
    Kind::Flag,
    "Whether passwords known from data breaches are refused. Five of the forty digits of a hash \
     are sent to the service; while it cannot be reached, nobody can choose a password.",
)
.preset("false")
.protective();

pub(crate) const HIBP_URL: Setting = Setting::new(
    "passwords.hibp_url",
    "AUTH_PASSWORD_HIBP_URL",
    Kind::Text(&Rule::WEB_URL),
    "The service that knows them: Have I Been Pwned, or a mirror with the same ranges.",
)
.preset(hibp::BASE_URL)
.part_of(&HIBP);

/// The section `passwords`.
pub(super) const SECTION: Section = Section {
    title: "Passwords",
    settings: &[MIN_LENGTH, BCRYPT_COST, HIBP, HIBP_URL],
};
