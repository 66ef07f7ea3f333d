//! Settings of passwords.

use settings::{Kind, Setting, section};
use url::Url;

use crate::config::rule;

section! {
    /// The section `passwords`.
    pub(super) const SECTION = "Passwords";

    MIN_LENGTH: Setting<usize> = Setting::new(
        "passwords.min_length",
        "AUTH_PASSWORD_MIN_LENGTH",
        Kind::integer(0, 72),
        "Fewest bytes of a password.",
    )
    .preset("3")
    .protective();

    BCRYPT_COST: Setting<u32> = Setting::new(
        "passwords.bcrypt_cost",
        "AUTH_BCRYPT_COST",
        Kind::integer(4, 16),
        "Work of hashing a password; each step doubles it. Below 10 it is too little for production, \
         and below that of stored hashes the slower answer tells that an account exists.",
    )
    .preset("10")
    .protective();

    HIBP: Setting<bool> = Setting::new(
        "passwords.hibp_enabled",
        "AUTH_PASSWORD_HIBP_ENABLED",
        Kind::FLAG,
        "Whether passwords known from data breaches are refused. Five of the forty digits of a hash \
         are sent to the service; while it cannot be reached, nobody can choose a password.",
    )
    .preset("false")
    .protective();

    HIBP_URL: Setting<Url> = Setting::new(
        "passwords.hibp_url",
        "AUTH_PASSWORD_HIBP_URL",
        Kind::text(&rule::WEB_URL),
        "The service that knows them: Have I Been Pwned, or a mirror with the same ranges.",
    )
    .preset(hibp::BASE_URL)
    .part_of(&HIBP);
}
