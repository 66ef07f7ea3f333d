//! Settings of sessions.

use std::time::Duration;

use settings::{Kind, Optional, Setting, section};

/// Ten years: more is a mistake in the unit.
const LONGEST: i64 = 10 * 366 * 24 * 60 * 60;

section! {
    /// The section `sessions`.
    pub(super) const SECTION = "Sessions";

    ACCESS_TOKEN_TTL: Setting<Duration> = Setting::new(
        "sessions.access_token_expires_in",
        "AUTH_ACCESS_TOKEN_EXPIRES_IN",
        Kind::seconds(1, LONGEST),
        "Life of an access token in seconds.",
    )
    .preset("900")
    .protective();

    REFRESH_TOKEN_TTL: Setting<Duration> = Setting::new(
        "sessions.refresh_token_expires_in",
        "AUTH_REFRESH_TOKEN_EXPIRES_IN",
        Kind::seconds(1, LONGEST),
        "Life of a refresh token in seconds, counted anew at each rotation.",
    )
    .preset("2592000")
    .protective();

    REFRESH_GRACE: Setting<Duration> = Setting::new(
        "sessions.refresh_token_grace",
        "AUTH_REFRESH_TOKEN_GRACE",
        Kind::seconds(0, 3600),
        "For how many seconds after its rotation a refresh token still fetches the same successor, \
         for the second of two browser tabs. With `0` the second of two parallel refreshes ends the session.",
    )
    .preset("30")
    .protective();

    REFRESH_REUSE_MEMORY: Setting<Duration> = Setting::new(
        "sessions.refresh_token_reuse_memory",
        "AUTH_REFRESH_TOKEN_REUSE_MEMORY",
        Kind::seconds(0, LONGEST),
        "For how many seconds after the grace the use of a rotated refresh token is taken for theft \
         and ends the session.",
    )
    .preset("86400")
    .protective();

    PERSONAL_ACCESS_TOKEN_MAX_AGE: Setting<Duration, Optional> = Setting::new(
        "sessions.personal_access_token_max_age",
        "AUTH_PERSONAL_ACCESS_TOKEN_MAX_AGE",
        Kind::seconds(1, LONGEST),
        "For how many seconds from its making a personal access token may be asked for at most; without \
         it any `expiresAt` will do.",
    )
    .protective();
}
