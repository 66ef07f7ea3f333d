//! The database.

use std::{path::PathBuf, time::Duration};

use postgres_store::PostgresUrl;
use sqlite_store::Synchronous;

use crate::config::{settings::Settings, table::database};

/// The database everything is kept in.
#[derive(Debug, Clone)]
pub(crate) enum Database {
    /// An embedded one.
    Sqlite {
        /// Its file.
        path: PathBuf,
        /// What a commit waits for.
        synchronous: Synchronous,
    },
    /// A PostgreSQL server.
    Postgres(Box<PostgresDatabase>),
}

/// A database on a PostgreSQL server.
#[derive(Debug, Clone)]
pub(crate) struct PostgresDatabase {
    /// Where it is, with the account for everyday work.
    pub(crate) url: PostgresUrl,
    /// The same with an account that may change tables; often equal to `url`.
    pub(crate) migrations_url: PostgresUrl,
    /// Most connections at a time.
    pub(crate) max_connections: u32,
    /// How long a statement may take.
    pub(crate) statement_timeout: Duration,
    /// How long to wait for it at the start.
    pub(crate) startup_timeout: Duration,
}

impl Database {
    /// Picks this part from all settings. What was set in vain is added to `warnings`.
    ///
    /// # Errors
    ///
    /// A line about a URL that cannot be read, about an account for migrations without a database
    /// to migrate, or about a time limit that no statement could keep.
    pub(crate) fn read(settings: &Settings, warnings: &mut Vec<String>) -> Result<Self, String> {
        let has_url = settings.text(&database::URL).is_some();
        let has_migrations_url = settings.text(&database::MIGRATIONS_URL).is_some();
        if !has_url && has_migrations_url {
            return Err(format!(
                "{} is set without a database to migrate; set {} too",
                settings.name(&database::MIGRATIONS_URL),
                database::URL.variable
            ));
        }
        if !has_url {
            let path = settings.text(&database::SQLITE_PATH).unwrap_or_default();
            let choices = [("full", Synchronous::Full), ("normal", Synchronous::Normal)];
            return Ok(Self::Sqlite {
                path: path.into(),
                synchronous: settings.choice(&database::SQLITE_SYNCHRONOUS, &choices)?,
            });
        }
        for in_vain in [&database::SQLITE_PATH, &database::SQLITE_SYNCHRONOUS] {
            if settings.is_set(in_vain) {
                warnings.push(format!(
                    "{} has no effect, because a PostgreSQL database is configured",
                    settings.name(in_vain)
                ));
            }
        }
        let url = settings.parsed(&database::URL, PostgresUrl::parse)?;
        let migrations_url = if has_migrations_url {
            settings.parsed(&database::MIGRATIONS_URL, PostgresUrl::parse)?
        } else {
            url.clone()
        };
        let statement_timeout = settings.duration(&database::STATEMENT_TIMEOUT);
        if statement_timeout < Duration::from_secs(1) {
            return Err(format!(
                "{} must be at least 1s",
                settings.name(&database::STATEMENT_TIMEOUT)
            ));
        }
        Ok(Self::Postgres(Box::new(PostgresDatabase {
            url,
            migrations_url,
            max_connections: settings.number(&database::MAX_CONNECTIONS),
            statement_timeout,
            startup_timeout: settings.duration(&database::STARTUP_TIMEOUT),
        })))
    }
}
