//! Settings of the database.

use std::{path::PathBuf, time::Duration};

use postgres_store::PostgresUrl;
use settings::{Checked, Kind, Optional, Setting, section};
use sqlite_store::Synchronous;

use crate::config::rule;

section! {
    /// The section `database`.
    pub(super) const SECTION = "The database";

    URL: Setting<Checked<PostgresUrl>, Optional> = Setting::new(
        "database.url",
        "POSTGRES_CONNECTION",
        Kind::text(&rule::POSTGRES_URL),
        "PostgreSQL to keep everything in; without it an embedded SQLite database is used.",
    )
    .or("HASURA_GRAPHQL_DATABASE_URL")
    .secret();

    MIGRATIONS_URL: Setting<Checked<PostgresUrl>, Optional> = Setting::new(
        "database.migrations_url",
        "POSTGRES_MIGRATIONS_CONNECTION",
        Kind::text(&rule::POSTGRES_URL),
        "The same database with an account that may change its tables; without it `database.url`.",
    )
    .secret();

    MAX_CONNECTIONS: Setting<u32> = Setting::new(
        "database.max_connections",
        "AUTH_DATABASE_MAX_CONNECTIONS",
        Kind::integer(1, 1000),
        "Most connections to PostgreSQL at a time.",
    )
    .preset("10")
    .part_of(&URL);

    STATEMENT_TIMEOUT: Setting<Duration> = Setting::new(
        "database.statement_timeout",
        "AUTH_DATABASE_STATEMENT_TIMEOUT",
        Kind::DURATION,
        "How long a statement on PostgreSQL may take, at least a second. A connection on which no \
         answer comes for so long is given up.",
    )
    .preset("10s")
    .part_of(&URL);

    STARTUP_TIMEOUT: Setting<Duration> = Setting::new(
        "database.startup_timeout",
        "AUTH_DATABASE_STARTUP_TIMEOUT",
        Kind::DURATION,
        "How long the server waits at its start for a PostgreSQL that is not there yet. Meanwhile \
         `/healthz` is well and everything else a 503.",
    )
    .preset("60s")
    .part_of(&URL);

    SQLITE_PATH: Setting<PathBuf> = Setting::new(
        "database.sqlite_path",
        "AUTH_SQLITE_PATH",
        Kind::text(&rule::PATH),
        "File of the SQLite database.",
    )
    .derived("`auth.db` in `server.data_dir`")
    .unless(&URL);

    SQLITE_SYNCHRONOUS: Setting<Synchronous> = Setting::new(
        "database.sqlite_synchronous",
        "AUTH_SQLITE_SYNCHRONOUS",
        Kind::choice(&[("full", Synchronous::Full), ("normal", Synchronous::Normal)]),
        "What a change to the SQLite database waits for: the disk, or the operating system. With `normal` \
         writing is faster, and a loss of power may take back the last changes that were answered with \
         success: a sign-out, a new password.",
    )
    .preset("full")
    .unless(&URL);

    MIGRATE_ON_START: Setting<bool> = Setting::new(
        "database.migrate_on_start",
        "AUTH_MIGRATE_ON_START",
        Kind::FLAG,
        "Whether the server brings the tables up to date before it serves.",
    )
    .preset("true");

    CLEAN_UP_INTERVAL: Setting<Duration> = Setting::new(
        "database.clean_up_interval",
        "AUTH_CLEAN_UP_INTERVAL",
        Kind::seconds(0, 7 * 24 * 60 * 60),
        "How many seconds apart expired rows are looked for and removed: sessions, tokens, tickets, codes, \
         challenges and wrong guesses. 0: never, and their tables grow for ever.",
    )
    .preset("300");

    CLEAN_UP_BATCH: Setting<u32> = Setting::new(
        "database.clean_up_batch",
        "AUTH_CLEAN_UP_BATCH",
        Kind::integer(1, 10_000),
        "How many expired rows are removed at once, before requests get their turn again.",
    )
    .preset("500")
    .part_of(&CLEAN_UP_INTERVAL);
}
