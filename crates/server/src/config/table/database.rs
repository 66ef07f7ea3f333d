//! Settings of the database.

use super::{Kind, Rule, Section, Setting};

pub(crate) const URL: Setting = Setting::new(
    "database.url",
    "POSTGRES_CONNECTION",
    Kind::Text(&Rule::POSTGRES_URL),
    "PostgreSQL to keep everything in; without it an embedded SQLite database is used.",
)
.or("HASURA_GRAPHQL_DATABASE_URL")
.secret();

pub(crate) const MIGRATIONS_URL: Setting = Setting::new(
    "database.migrations_url",
    "POSTGRES_MIGRATIONS_CONNECTION",
    Kind::Text(&Rule::POSTGRES_URL),
    "The same database with an account that may change its tables; without it `database.url`.",
)
.secret();

pub(crate) const MAX_CONNECTIONS: Setting = Setting::new(
    "database.max_connections",
    "AUTH_DATABASE_MAX_CONNECTIONS",
    Kind::Integer(1, 1000),
    "Most connections to PostgreSQL at a time.",
)
.preset("10")
.part_of(&URL);

pub(crate) const STATEMENT_TIMEOUT: Setting = Setting::new(
    "database.statement_timeout",
    "AUTH_DATABASE_STATEMENT_TIMEOUT",
    Kind::Duration,
    "How long a statement on PostgreSQL may take, at least a second. A connection on which no \
     answer comes for so long is given up.",
)
.preset("10s")
.part_of(&URL);

pub(crate) const STARTUP_TIMEOUT: Setting = Setting::new(
    "database.startup_timeout",
    "AUTH_DATABASE_STARTUP_TIMEOUT",
    Kind::Duration,
    "How long the server waits at its start for a PostgreSQL that is not there yet. Meanwhile \
     `/healthz` is well and everything else a 503.",
)
.preset("60s")
.part_of(&URL);

pub(crate) const SQLITE_PATH: Setting = Setting::new(
    "database.sqlite_path",
    "AUTH_SQLITE_PATH",
    Kind::Text(&Rule::ANY),
    "File of the SQLite database.",
)
.derived("`auth.db` in `server.data_dir`")
.unless(&URL);

pub(crate) const SQLITE_SYNCHRONOUS: Setting = Setting::new(
    "database.sqlite_synchronous",
    "AUTH_SQLITE_SYNCHRONOUS",
    Kind::Choice(&["full", "normal"]),
    "What a change to the SQLite database waits for: the disk, or the operating system. With `normal` \
     writing is faster, and a loss of power may take back the last changes that were answered with \
     success: a sign-out, a new password.",
)
.preset("full")
.unless(&URL);

pub(crate) const MIGRATE_ON_START: Setting = Setting::new(
    "database.migrate_on_start",
    "AUTH_MIGRATE_ON_START",
    Kind::Flag,
    "Whether the server brings the tables up to date before it serves.",
)
.preset("true");

pub(crate) const CLEAN_UP_INTERVAL: Setting = Setting::new(
    "database.clean_up_interval",
    "AUTH_CLEAN_UP_INTERVAL",
    Kind::Seconds(0, 7 * 24 * 60 * 60),
    "How many seconds apart expired rows are looked for and removed: sessions, tokens, tickets, codes, \
     challenges and wrong guesses. 0: never, and their tables grow for ever.",
)
.preset("300");

pub(crate) const CLEAN_UP_BATCH: Setting = Setting::new(
    "database.clean_up_batch",
    "AUTH_CLEAN_UP_BATCH",
    Kind::Integer(1, 10_000),
    "How many expired rows are removed at once, before requests get their turn again.",
)
.preset("500")
.part_of(&CLEAN_UP_INTERVAL);

/// The section `database`.
pub(super) const SECTION: Section = Section {
    title: "The database",
    settings: &[
        URL,
        MIGRATIONS_URL,
        MAX_CONNECTIONS,
        STATEMENT_TIMEOUT,
        STARTUP_TIMEOUT,
        SQLITE_PATH,
        SQLITE_SYNCHRONOUS,
        MIGRATE_ON_START,
        CLEAN_UP_INTERVAL,
        CLEAN_UP_BATCH,
    ],
};
