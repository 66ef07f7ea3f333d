//! `hasura-auth migrate`: brings the tables of the database up to date.

use tokio::runtime::Handle;
use tracing::Level;

use super::output;
use crate::{
    config::{Config, Database},
    logging,
    start_error::StartError,
};

/// Brings the tables and their indexes up to date, or only tells what would be done. Standard error
/// tells how far an index is.
///
/// # Errors
///
/// [`StartError::Sqlite`] or [`StartError::Postgres`].
pub(super) async fn run(config: &Config, dry_run: bool) -> Result<(), StartError> {
    logging::start_beside_output(Level::INFO)?;
    let (names, done) = if dry_run {
        (pending(&config.database).await?, "to apply")
    } else {
        (migrate(&config.database).await?, "applied")
    };
    if names.is_empty() {
        return output::write(["the tables are up to date".to_owned()]);
    }
    output::write(names.iter().map(|name| format!("{done}: {name}")))
}

/// Brings the tables up to date and returns the names of what was applied, in order. Indexes that
/// have to be built beside a running installation are left to [`crate::index_build`].
///
/// # Errors
///
/// [`StartError::Sqlite`] or [`StartError::Postgres`].
pub(super) async fn tables(database: &Database) -> Result<Vec<String>, StartError> {
    match database {
        Database::Sqlite { .. } => migrate(database).await,
        Database::Postgres(database) => {
            postgres_store::migrate_tables(&database.migrations_url, &Handle::current())
                .await
                .map_err(|source| StartError::postgres(&database.migrations_url, source))
        }
    }
}

/// Looks whether everything is there that earlier migrations made; a restore may have left parts out.
///
/// # Errors
///
/// [`StartError::Postgres`].
pub(super) async fn check(database: &Database) -> Result<(), StartError> {
    match database {
        // A copy of its file is all of it.
        Database::Sqlite { .. } => Ok(()),
        Database::Postgres(database) => postgres_store::check(&database.url, &Handle::current())
            .await
            .map_err(|source| StartError::postgres(&database.url, source)),
    }
}

/// Brings everything up to date and returns the names of what was applied.
async fn migrate(database: &Database) -> Result<Vec<String>, StartError> {
    match database {
        Database::Sqlite { path, .. } => sqlite_store::migrate(path)
            .await
            .map_err(|source| StartError::sqlite(path, source)),
        Database::Postgres(database) => {
            postgres_store::migrate(&database.migrations_url, &Handle::current())
                .await
                .map_err(|source| StartError::postgres(&database.migrations_url, source))
        }
    }
}

/// The names of what [`migrate`] would apply, in order.
async fn pending(database: &Database) -> Result<Vec<String>, StartError> {
    match database {
        Database::Sqlite { path, .. } => sqlite_store::pending(path)
            .await
            .map_err(|source| StartError::sqlite(path, source)),
        Database::Postgres(database) => {
            postgres_store::pending(&database.migrations_url, &Handle::current())
                .await
                .map_err(|source| StartError::postgres(&database.migrations_url, source))
        }
    }
}
