//! The database.

use std::time::Duration;

use postgres_store::{PostgresSettings, PostgresUrl};
use settings::{Row, Settings};
use sqlite_store::SqliteSettings;

use crate::config::table::database;

/// How long a request waits for a connection from the PostgreSQL pool, while no other gets one, before
/// it fails: short enough for an answer within two seconds.
const CONNECT_TIMEOUT: Duration = Duration::from_millis(1500);

/// How long a pooled connection may be idle before it is checked. Until then a check would cost hot
/// paths a second round trip.
const CHECK_AFTER: Duration = Duration::from_secs(5);

/// The database everything is kept in.
#[derive(Debug, Clone)]
pub(crate) enum Database {
    /// An embedded one.
    Sqlite(SqliteSettings),
    /// A PostgreSQL server.
    Postgres(Box<PostgresDatabase>),
}

/// A database on a PostgreSQL server.
#[derive(Debug, Clone)]
pub(crate) struct PostgresDatabase {
    /// For requests.
    pub(crate) store: PostgresSettings,
    /// The same database with an account that may change tables; often equal to that for requests.
    pub(crate) migrations_url: PostgresUrl,
    /// How long to wait for the database at the start.
    pub(crate) startup_timeout: Duration,
}

impl Database {
    /// Picks this part from all settings. Settings without effect are added to `warnings`.
    ///
    /// # Errors
    ///
    /// A line about a URL that cannot be read, about an account for migrations without a database
    /// to migrate, or about a time limit that no statement could keep.
    pub(crate) fn read(settings: &Settings, warnings: &mut Vec<String>) -> Result<Self, String> {
        if !settings.has(&database::URL) && settings.has(&database::MIGRATIONS_URL) {
            return Err(format!(
                "{} is set without a database to migrate; set {} too",
                settings.name(&database::MIGRATIONS_URL),
                database::URL.variable
            ));
        }
        match settings.checked(&database::URL)? {
            Some(url) => postgres(settings, url, warnings),
            None => Ok(Self::Sqlite(SqliteSettings {
                path: settings.get(&database::SQLITE_PATH),
                synchronous: settings.get(&database::SQLITE_SYNCHRONOUS),
            })),
        }
    }
}

fn postgres(
    settings: &Settings,
    url: PostgresUrl,
    warnings: &mut Vec<String>,
) -> Result<Database, String> {
    let of_sqlite: [&Row; 2] = [&database::SQLITE_PATH, &database::SQLITE_SYNCHRONOUS];
    let in_vain = of_sqlite.into_iter().filter(|it| settings.is_set(it));
    warnings.extend(in_vain.map(|it| {
        format!(
            "{} has no effect, because a PostgreSQL database is configured",
            settings.name(it)
        )
    }));
    let migrations_url = settings.checked(&database::MIGRATIONS_URL)?;
    let statement_timeout = settings.get(&database::STATEMENT_TIMEOUT);
    if statement_timeout < Duration::from_secs(1) {
        return Err(format!(
            "{} must be at least 1s",
            settings.name(&database::STATEMENT_TIMEOUT)
        ));
    }
    Ok(Database::Postgres(Box::new(PostgresDatabase {
        migrations_url: migrations_url.unwrap_or_else(|| url.clone()),
        store: PostgresSettings {
            url,
            max_connections: settings.get(&database::MAX_CONNECTIONS),
            connect_timeout: CONNECT_TIMEOUT,
            check_after: CHECK_AFTER,
            statement_timeout,
        },
        startup_timeout: settings.get(&database::STARTUP_TIMEOUT),
    })))
}
