//! Making a database, and bringing it up to date.
//!
//! Everything happens in one transaction that begins by taking the write lock, so that processes
//! may start together and a migration that fails leaves the database as it was. What has been
//! applied is noted in the table `hasura_auth_migrations`.

use std::{io, path::Path};

use diesel::{
    ConnectionError, QueryResult, QueryableByName, RunQueryDsl, SqliteConnection,
    connection::SimpleConnection,
    result::Error,
    sql_types::{BigInt, Text},
};
use sql_store::{
    Applied, Migration, Note, PendingMigration, Step, names,
    sqlite::{Conn, HotPath},
};
use tokio::task;

use crate::file::{self, Synchronous};

macro_rules! embed {
    ($($($kind:ident)? $name:literal),* $(,)?) => {
        const MIGRATIONS: &[Migration] = &[$(Migration {
            name: $name,
            step: Step::Tables(include_str!(concat!(
                "../../../migrations/sqlite/", $name, "/up.sql"
            ))),
        }),*];
    };
}

sql_store::migrations!(embed);

/// Why a database was not brought up to date. It is as it was before.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// The file or its folder cannot be made.
    #[error("the file of the database cannot be made")]
    File(#[source] io::Error),
    /// The file cannot be opened as a database.
    #[error("the database cannot be opened")]
    Open(#[source] ConnectionError),
    /// A migration failed.
    #[error("the migration {name} failed")]
    Failed {
        /// Its name.
        name: &'static str,
        /// What SQLite said.
        #[source]
        source: Error,
    },
    /// A statement beside the migrations failed.
    #[error("the state of the database cannot be read or written")]
    Database(#[from] Error),
    /// The runtime is shutting down.
    #[error("the migration was given up")]
    GivenUp(#[from] task::JoinError),
}

/// Makes the database if there is none, applies what is missing, and returns the names in order.
///
/// # Errors
///
/// [`MigrateError`].
pub async fn migrate(path: &Path) -> Result<Vec<String>, MigrateError> {
    let path = path.to_owned();
    task::spawn_blocking(move || {
        file::create(&path).map_err(MigrateError::File)?;
        let mut conn = file::open(&path, Synchronous::Full).map_err(MigrateError::Open)?;
        // Servers may start together, and the first may have much to do.
        conn.batch_execute("PRAGMA busy_timeout = 60000")?;
        conn.immediate_transaction(apply_missing)
    })
    .await?
}

/// What [`migrate()`] would apply, in order. Changes nothing, and makes no file.
///
/// # Errors
///
/// [`MigrateError`].
pub async fn pending(path: &Path) -> Result<Vec<PendingMigration>, MigrateError> {
    let path = path.to_owned();
    task::spawn_blocking(move || {
        let as_embedded = |it: &Migration| it.pending(it.script());
        if !path.exists() {
            return Ok(MIGRATIONS.iter().map(as_embedded).collect());
        }
        let mut conn = file::open_as_is(&path).map_err(MigrateError::Open)?;
        Ok(missing(&mut conn)?.into_iter().map(as_embedded).collect())
    })
    .await?
}

fn apply_missing(conn: &mut SqliteConnection) -> Result<Vec<String>, MigrateError> {
    conn.batch_execute(
        "CREATE TABLE IF NOT EXISTS hasura_auth_migrations (\
             name TEXT NOT NULL PRIMARY KEY, \
             applied_at INTEGER NOT NULL DEFAULT (CAST(unixepoch('subsec') * 1000000 AS INTEGER))\
         )",
    )?;
    let missing = missing(conn)?;
    for migration in &missing {
        conn.batch_execute(migration.script())
            .map_err(|source| failed(migration, source))?;
        diesel::sql_query("INSERT INTO hasura_auth_migrations (name) VALUES (?)")
            .bind::<Text, _>(migration.name)
            .execute(conn)?;
    }
    Ok(names(missing))
}

fn missing(conn: &mut SqliteConnection) -> Result<Vec<&'static Migration>, Error> {
    Ok(applied(conn)?.missing(MIGRATIONS))
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

fn applied(conn: &mut SqliteConnection) -> Result<Applied, Error> {
    let tables: Count = diesel::sql_query(
        "SELECT count(*) AS count FROM sqlite_master \
         WHERE type = 'table' AND name = 'hasura_auth_migrations'",
    )
    .get_result(conn)?;
    if tables.count == 0 {
        return Ok(Applied::default());
    }
    let notes: Vec<Note> =
        diesel::sql_query("SELECT name FROM hasura_auth_migrations").load(conn)?;
    Ok(notes.into())
}

/// Finds out whether every migration has been applied.
#[derive(Debug, Clone, Copy)]
pub(crate) struct IsMigrated;

impl HotPath for IsMigrated {
    type Output = bool;

    async fn run(&self, conn: &mut Conn) -> QueryResult<bool> {
        conn.spawn_blocking(|conn| Ok(missing(conn)?.is_empty()))
            .await
    }
}

fn failed(migration: &Migration, source: Error) -> MigrateError {
    MigrateError::Failed {
        name: migration.name,
        source,
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::*;

    #[test]
    fn every_folder_is_embedded_in_order() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations/sqlite");
        let mut folders: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        folders.sort_unstable();

        assert_eq!(names(MIGRATIONS), folders);
    }

    #[test]
    fn both_databases_have_the_same_migrations() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations/postgres");

        for name in names(MIGRATIONS) {
            assert!(folder.join(&name).is_dir(), "{name}");
        }
        assert_eq!(fs::read_dir(folder).unwrap().count(), MIGRATIONS.len());
    }
}
