//! `hasura-auth migrate`: brings the tables of the database up to date.

use clap::Args;
use postgres_store::Pending;
use tokio::runtime::Handle;
use tracing::Level;

use super::output;
use crate::{
    config::{Config, Database},
    logging,
    start_error::StartError,
};

/// What to do about what is missing.
#[derive(Debug, Clone, Copy, Args)]
pub(super) struct Options {
    /// Only tell what would be done
    #[arg(long)]
    dry_run: bool,
    /// Only print the statements that would be run
    #[arg(long, conflicts_with = "dry_run")]
    sql: bool,
}

/// Brings the tables and their indexes up to date, or only tells what would be done. Standard error
/// tells how far an index is.
///
/// # Errors
///
/// [`StartError::Sqlite`] or [`StartError::Postgres`].
pub(super) async fn run(config: &Config, options: Options) -> Result<(), StartError> {
    logging::start_beside_output(Level::INFO)?;
    let database = &config.database;
    let lines = match options {
        Options { sql: true, .. } => statements(database).await?,
        Options { dry_run: true, .. } => outlook(database).await?,
        Options { .. } => told("applied", migrate(database).await?),
    };
    output::write(lines)
}

fn told(done: &str, names: Vec<String>) -> Vec<String> {
    if names.is_empty() {
        return vec!["the tables are up to date".to_owned()];
    }
    let lines = names.into_iter();
    lines.map(|name| format!("{done}: {name}")).collect()
}

/// Names the database, and what would be done to it.
///
/// # Errors
///
/// [`StartError::Sqlite`] or [`StartError::Postgres`].
pub(super) async fn outlook(database: &Database) -> Result<Vec<String>, StartError> {
    let pending = pending(database).await?;
    let mut lines = vec![format!("database: {}", shown(database))];
    if let Some(level) = pending.adopted_level {
        lines.push(format!(
            "adopting the schema of Hasura Auth at level {level}"
        ));
    }
    let names = pending.migrations.into_iter().map(|it| it.name);
    lines.extend(told("to apply", names.collect()));
    Ok(lines)
}

/// The scripts that would be run, for operators who read them first or run them by hand.
async fn statements(database: &Database) -> Result<Vec<String>, StartError> {
    let migrations = pending(database).await?.migrations.into_iter();
    let scripts = migrations.map(|it| format!("-- {}\n{}", it.name, it.sql));
    Ok(scripts.collect())
}

fn shown(database: &Database) -> String {
    match database {
        Database::Sqlite(sqlite) => sqlite.path.display().to_string(),
        Database::Postgres(database) => database.migrations_url.display(),
    }
}

/// Brings the tables up to date and returns the names of what was applied, in order. Indexes that
/// have to be built beside a running installation are left to [`crate::index_build`].
///
/// # Errors
///
/// [`StartError::Sqlite`] or [`StartError::Postgres`].
pub(super) async fn tables(database: &Database) -> Result<Vec<String>, StartError> {
    match database {
        Database::Sqlite(_) => migrate(database).await,
        Database::Postgres(database) => {
            postgres_store::migrate_tables(&database.migrations_url, &Handle::current())
                .await
                .map_err(|source| StartError::postgres(&database.migrations_url, source))
        }
    }
}

/// Checks that everything exists that earlier migrations made; a restore may have left parts out.
///
/// # Errors
///
/// [`StartError::Postgres`].
pub(super) async fn check(database: &Database) -> Result<(), StartError> {
    match database {
        // A copy of an SQLite file is the whole database.
        Database::Sqlite(_) => Ok(()),
        Database::Postgres(database) => {
            postgres_store::check(&database.store.url, &Handle::current())
                .await
                .map_err(|source| StartError::postgres(&database.store.url, source))
        }
    }
}

/// Brings everything up to date and returns the names of what was applied.
async fn migrate(database: &Database) -> Result<Vec<String>, StartError> {
    match database {
        Database::Sqlite(sqlite) => sqlite_store::migrate(&sqlite.path)
            .await
            .map_err(|source| StartError::sqlite(&sqlite.path, source)),
        Database::Postgres(database) => {
            postgres_store::migrate(&database.migrations_url, &Handle::current())
                .await
                .map_err(|source| StartError::postgres(&database.migrations_url, source))
        }
    }
}

/// What [`migrate`] would do.
async fn pending(database: &Database) -> Result<Pending, StartError> {
    match database {
        Database::Sqlite(sqlite) => {
            let path = &sqlite.path;
            let migrations = sqlite_store::pending(path).await;
            Ok(Pending {
                migrations: migrations.map_err(|source| StartError::sqlite(path, source))?,
                adopted_level: None,
            })
        }
        Database::Postgres(database) => {
            postgres_store::pending(&database.migrations_url, &Handle::current())
                .await
                .map_err(|source| StartError::postgres(&database.migrations_url, source))
        }
    }
}
