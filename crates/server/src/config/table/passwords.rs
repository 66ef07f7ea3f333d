//! Settings of passwords.

use super::{Kind, Section, Setting};

pub(crate) const MIN_LENGTH: Setting = Setting::new(
    "passwords.min_length",
    "AUTH_PASSWORD_MIN_LENGTH",
    Kind::Integer(0, 72),
    "Fewest bytes of a password.",
)
.preset("3");

pub(crate) const BCRYPT_COST: Setting = Setting::new(
    "passwords.bcrypt_cost",
    "AUTH_BCRYPT_COST",
    Kind::Integer(4, 16),
    "Work of hashing a password; each step doubles it. Below 10 it is too little for production, \
     and below that of stored hashes the slower answer tells that an account exists.",
)
.preset("10");

const HIBP: Setting = Setting::new(
    "passwords.hibp_enabled",
    "AUTH_PASSWORD_HIBP_ENABLED",
    Kind::Flag,
    "Whether passwords known from leaks are refused.",
)
.preset("false")
.refused("look passwords up among leaked ones yet");

/// The section `passwords`.
pub(super) const SECTION: Section = Section {
    title: "Passwords",
    settings: &[MIN_LENGTH, BCRYPT_COST, HIBP],
};
