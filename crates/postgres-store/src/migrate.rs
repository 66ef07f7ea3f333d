//! Bringing a database up to date.
//!
//! Tables are changed in one transaction that begins by waiting for a lock: servers may start
//! together, also through a transaction pooler, and a migration that fails leaves the database as
//! it was. What has been applied is noted in `auth.hasura_auth_migrations`, apart from Hasura
//! Auth's own `auth.schema_migrations`, which says whether its schema can be taken over.
//!
//! Indexes on tables that may be big are another kind of step, see [`indexes`]: they are built
//! afterwards, outside any transaction, while servers go on writing to the table.

mod embedded;
mod error;
mod foreign;
mod indexes;
mod notes;
mod plan;
mod restored;

use diesel_async::SimpleAsyncConnection;
use sql_store::{Migration, PendingMigration, Step, names, postgres::MIGRATION_LOCK};
use tokio::runtime::Handle;

pub use self::error::MigrateError;
pub(crate) use self::notes::IsMigrated;
use self::{
    embedded::FIRST,
    error::failed,
    notes::{Notes, create_notes, note, notes},
    plan::plan,
};
use crate::{citext, connect::connect, url::PostgresUrl};

/// Applies what is missing and returns the names: [tables](migrate_tables) first, then
/// [indexes](build_indexes).
///
/// # Errors
///
/// [`MigrateError`], which says what to do about a database that is not ours to change.
pub async fn migrate(url: &PostgresUrl, runtime: &Handle) -> Result<Vec<String>, MigrateError> {
    let mut applied = migrate_tables(url, runtime).await?;
    applied.extend(build_indexes(url, runtime).await?);
    Ok(applied)
}

/// Applies all that is missing but indexes that have to be built beside a running installation, and
/// returns the names, in order. Takes a moment, and the installation can be used afterwards.
///
/// A database that had no tables gets its indexes too: there is nothing to index yet.
///
/// # Errors
///
/// [`MigrateError`], which says what to do about a database that is not ours to change.
pub async fn migrate_tables(
    url: &PostgresUrl,
    runtime: &Handle,
) -> Result<Vec<String>, MigrateError> {
    let mut conn = connect(url, runtime).await.map_err(MigrateError::Connect)?;
    // An error drops the connection, and with it the transaction.
    conn.batch_execute("BEGIN ISOLATION LEVEL READ COMMITTED")
        .await?;
    // An advisory lock of the transaction: behind a pooler a session's lock would stay with others.
    conn.batch_execute(&format!("SELECT pg_advisory_xact_lock({MIGRATION_LOCK})"))
        .await?;
    let plan = plan(&mut conn).await?;
    if !plan.is_first {
        restored::restore_pgcrypto(&mut conn).await?;
    }
    let extensions = citext::find(&mut conn).await?;
    for migration in plan.to_run() {
        let applied = match migration.step {
            Step::Tables(up) if migration.name == FIRST.name => {
                conn.batch_execute(&extensions.place(up)).await
            }
            Step::Tables(up) => conn.batch_execute(up).await,
            Step::Indexes(list) => conn.batch_execute(&indexes::at_once(list)).await,
        };
        applied.map_err(|source| failed(migration, source))?;
    }
    if plan.is_first {
        create_notes(&mut conn).await?;
    }
    for migration in plan.at_once() {
        note(&mut conn, migration).await?;
    }
    conn.batch_execute("COMMIT").await?;
    Ok(names(plan.at_once()))
}

/// Builds the indexes that are missing while the installation is in use, and returns the names of
/// the migrations that asked for them, in order. Its [tables](migrate_tables) must be up to date.
///
/// One server builds at a time; another that is asked to waits for it, ten minutes at most. What a
/// build that was killed left behind is removed and built again. The log tells how far it is.
///
/// # Errors
///
/// [`MigrateError`]; the installation can be used all the same.
pub async fn build_indexes(
    url: &PostgresUrl,
    runtime: &Handle,
) -> Result<Vec<String>, MigrateError> {
    indexes::build(url, runtime).await
}

/// What [`migrate()`] would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// The level of Hasura Auth's schema that would be adopted.
    pub adopted_level: Option<i64>,
    /// What would be applied, in order. The first has no script where a schema is adopted.
    pub migrations: Vec<PendingMigration>,
}

/// What [`migrate()`] would do. Changes nothing.
///
/// # Errors
///
/// The same as of [`migrate()`], as far as they show without changing anything.
pub async fn pending(url: &PostgresUrl, runtime: &Handle) -> Result<Pending, MigrateError> {
    let mut conn = connect(url, runtime).await.map_err(MigrateError::Connect)?;
    conn.batch_execute("BEGIN READ ONLY").await?;
    let plan = plan(&mut conn).await?;
    let extensions = citext::find(&mut conn).await?;
    conn.batch_execute("ROLLBACK").await?;
    let script = |migration: &Migration| match migration.step {
        Step::Tables(_) if migration.name == FIRST.name && plan.adopted_level.is_some() => {
            String::new()
        }
        Step::Tables(up) if migration.name == FIRST.name => extensions.place(up),
        Step::Tables(_) | Step::Indexes(_) => migration.script().to_owned(),
    };
    let migrations = plan.missing.iter().map(|it| it.pending(script(it)));
    Ok(Pending {
        migrations: migrations.collect(),
        adopted_level: plan.adopted_level,
    })
}

/// Looks whether everything is there that was noted as applied. Changes nothing; of a database where
/// nothing is noted, or the notes are closed to this role, nothing is said.
///
/// # Errors
///
/// [`MigrateError::NoCitext`], [`MigrateError::Incomplete`], or a failure.
pub async fn check(url: &PostgresUrl, runtime: &Handle) -> Result<(), MigrateError> {
    let mut conn = connect(url, runtime).await.map_err(MigrateError::Connect)?;
    match notes(&mut conn).await? {
        Notes {
            exist: true,
            are_readable: true,
        } => plan(&mut conn).await.map(drop),
        Notes { .. } => Ok(()),
    }
}
