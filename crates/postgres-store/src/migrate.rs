//! Bringing a database up to date.
//!
//! Tables are changed in one transaction that begins by waiting for a lock: servers may start
//! together, also through a transaction pooler, and a migration that fails leaves the database as
//! it was. What has been applied is noted in `auth.hasura_auth_migrations`, apart from Hasura
//! Auth's own `auth.schema_migrations`, which says whether its schema can be taken over.
//!
//! Indexes on tables that may be big are another kind of step, see [`indexes`]: they are built
//! afterwards, outside any transaction, while servers go on writing to the table.

mod foreign;
mod indexes;
mod restored;

use std::time::Duration;

use diesel::{
    ConnectionError, OptionalExtension, QueryResult, QueryableByName,
    result::Error,
    sql_types::{BigInt, Bool, Text},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use sql_store::{
    PendingMigration,
    postgres::{Conn, HotPath},
};
use tokio::runtime::Handle;

use crate::{PostgresUrl, citext, connect};

/// The level of Hasura Auth's own migrations that the first of ours amounts to.
const ADOPTED_LEVEL: i64 = 18;

/// Any number, as long as all servers use the same and nobody else in the database does.
const LOCK: i64 = 0x6861_7375_7261;

/// One folder of `migrations/postgres`.
struct Migration {
    name: &'static str,
    step: Step,
}

/// What a migration does.
enum Step {
    /// `up.sql`: applied in one transaction with all others of its kind.
    Tables(&'static str),
    /// `concurrently.sql`: indexes that are built one by one, beside a running installation.
    Indexes(&'static str),
}

macro_rules! migrations {
    ($first:literal, $($($kind:ident)? $name:literal),* $(,)?) => {
        /// Hasura Auth's schema, which an existing installation already has.
        const FIRST: Migration = migration!($first);
        /// All others, in order.
        const OTHERS: &[Migration] = &[$(migration!($($kind)? $name)),*];
    };
}

macro_rules! migration {
    ($name:literal) => {
        Migration {
            name: $name,
            step: Step::Tables(script!($name, "/up.sql")),
        }
    };
    (indexes $name:literal) => {
        Migration {
            name: $name,
            step: Step::Indexes(script!($name, "/concurrently.sql")),
        }
    };
}

macro_rules! script {
    ($name:literal, $file:literal) => {
        include_str!(concat!("../../../migrations/postgres/", $name, $file))
    };
}

migrations![
    "2026-11-21-200000_create_hasura_auth_schema",
    "2026-11-21-200100_add_hasura_id",
    "2026-11-21-200200_add_username",
    "2026-11-21-200300_create_opaque_sessions",
    "2026-11-21-200400_create_refresh_token_rotations",
    "2026-11-21-200500_create_tickets",
    "2026-11-21-200600_create_one_time_codes",
    "2026-11-21-200700_create_exchange_codes",
    "2026-11-21-233000_create_second_factors",
    "2026-11-22-020000_describe_sessions",
    "2026-11-22-030000_stage_phone_numbers",
    "2026-11-22-040000_create_security_key_challenges",
    "2026-11-22-050000_note_methods_of_exchange_codes",
    indexes "2026-11-28-003000_index_what_grows",
    "2026-11-28-003600_create_ended_provider_flows",
    "2026-11-28-003605_know_places",
    "2026-11-28-040000_create_queued_messages",
];

/// Why a database was not brought up to date. Its tables are as they were before; of indexes, those
/// that were built stay.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// The database could not be reached.
    #[error("the database cannot be reached")]
    Connect(#[source] ConnectionError),
    /// Hasura Auth broke off one of its own migrations.
    #[error(
        "Hasura Auth broke off its own migration {level} (auth.schema_migrations says dirty); \
         let Hasura Auth finish it, or restore a backup, then migrate again"
    )]
    Dirty {
        /// Which one.
        level: i64,
    },
    /// The schema is that of an earlier Hasura Auth.
    #[error(
        "the schema of Hasura Auth is at level {level}, and level {ADOPTED_LEVEL} is needed; \
         start Hasura Auth 0.42 once on this database, which brings it there, then migrate again"
    )]
    TooOld {
        /// Its level.
        level: i64,
    },
    /// The schema is that of the earlier Hasura Auth, which was written for Node.js.
    #[error(
        "the schema `auth` was last migrated by a Hasura Auth for Node.js (there is \
         auth.migrations but no auth.schema_migrations); start Hasura Auth 0.42 once on this \
         database, which takes it over, then migrate again"
    )]
    MadeForNode,
    /// The schema is that of Hasura Backend Plus.
    #[error(
        "the schema `auth` is that of Hasura Backend Plus (there is auth.account_roles), whose \
         accounts cannot be taken over; run `ALTER SCHEMA auth RENAME TO backend_plus`, or use \
         another database, then migrate again"
    )]
    BackendPlus,
    /// The schema is that of Supabase.
    #[error(
        "the schema `auth` is that of Supabase (there is auth.audit_log_entries), which goes on \
         using it; make a database of its own for this server (`CREATE DATABASE hasura_auth`), name \
         that in the URL, then migrate again"
    )]
    Supabase,
    /// What is to be made is there already, and it was not Hasura Auth that made it.
    #[error(
        "the schema `auth` has {objects}, which this server has to make itself, and no tables of \
         Hasura Auth; run `{remedy}`, which leaves them to those that use them, then migrate again"
    )]
    Occupied {
        /// What is in the way.
        objects: String,
        /// The statements that make way.
        remedy: String,
    },
    /// There are tables, but nothing that says whose they are.
    #[error(
        "there is a table auth.users that no known version of Hasura Auth made (neither \
         auth.schema_migrations nor auth.migrations says which); use another database"
    )]
    Unknown,
    /// The extension for addresses was left out by a restore, and with it every table that has one.
    #[error(
        "the database has no extension citext, so a restore left out auth.users; make the extension \
         first (CREATE EXTENSION citext WITH SCHEMA public), then restore the schema auth again"
    )]
    NoCitext,
    /// Migrations are noted whose tables are not there.
    #[error(
        "the database says that it is up to date, but lacks {missing}; a restore was not complete, \
         restore the whole schema auth again"
    )]
    Incomplete {
        /// What is missing.
        missing: String,
    },
    /// A migration failed.
    #[error("the migration {name} failed")]
    Failed {
        /// Its name.
        name: &'static str,
        /// What the database said.
        #[source]
        source: Error,
    },
    /// This role may not build an index.
    #[error(
        "the role {role} may not build indexes on auth.{table}: it has to own the table and may \
         have to be granted CREATE on the schema auth; run `hasura-auth migrate` with \
         POSTGRES_MIGRATIONS_CONNECTION set to the role that owns the table"
    )]
    NotOwner {
        /// The role that is connected.
        role: String,
        /// A table it does not own, or in whose schema it may create nothing.
        table: String,
    },
    /// An index was not built. What is left of it is removed the next time.
    #[error("the index auth.{name} was not built; run `hasura-auth migrate` again to go on")]
    Index {
        /// Its name.
        name: &'static str,
        /// What the database said.
        #[source]
        source: Error,
    },
    /// Another server has been building indexes all the time.
    #[error(
        "another server has been building indexes for {} s; \
         run `hasura-auth migrate` again when it is done", waited.as_secs()
    )]
    BuiltElsewhere {
        /// For how long this one waited.
        waited: Duration,
    },
    /// A statement beside the migrations failed.
    #[error("the state of the database cannot be read or written")]
    Database(#[from] Error),
}

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
    // The lock of a transaction: behind a pooler a session's lock would be left to a stranger.
    conn.batch_execute(&format!("SELECT pg_advisory_xact_lock({LOCK})"))
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
        Step::Tables(up) => up.to_owned(),
        Step::Indexes(list) => list.to_owned(),
    };
    let migrations = plan.missing.iter().map(|migration| PendingMigration {
        name: migration.name.to_owned(),
        sql: script(migration),
    });
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

/// What is to be done to a database.
struct Plan {
    missing: Vec<&'static Migration>,
    /// The level of the schema of [`FIRST`], where that is there already.
    adopted_level: Option<i64>,
    /// There is no note of any migration yet.
    is_first: bool,
}

impl Plan {
    /// What is done in one transaction: on a database that had no tables everything.
    fn at_once(&self) -> impl Iterator<Item = &'static Migration> {
        let makes_tables = self.is_first && self.adopted_level.is_none();
        let migrations = self.missing.iter().copied();
        migrations.filter(move |it| makes_tables || matches!(it.step, Step::Tables(_)))
    }

    /// The same without the schema that is there already.
    fn to_run(&self) -> impl Iterator<Item = &'static Migration> {
        self.at_once()
            .skip(usize::from(self.adopted_level.is_some()))
    }

    /// What is left for afterwards, each with its list of indexes.
    fn afterwards(&self) -> impl Iterator<Item = (&'static Migration, &'static str)> {
        let migrations = self.missing.iter().copied();
        migrations.filter_map(|migration| match migration.step {
            Step::Indexes(list) => Some((migration, list)),
            Step::Tables(_) => None,
        })
    }
}

fn names(migrations: impl IntoIterator<Item = &'static Migration>) -> Vec<String> {
    let names = migrations.into_iter();
    names.map(|migration| migration.name.to_owned()).collect()
}

async fn plan(conn: &mut AsyncPgConnection) -> Result<Plan, MigrateError> {
    let tables = Tables::find(conn).await?;
    let applied = if tables.hasura_auth_migrations {
        applied(conn).await?
    } else {
        Vec::new()
    };
    let all = || std::iter::once(&FIRST).chain(OTHERS);
    if tables.hasura_auth_migrations {
        let is_noted = |it: &&Migration| applied.iter().any(|name| name == it.name);
        restored::check(conn, all().filter(is_noted)).await?;
    }
    let missing: Vec<_> = all()
        .filter(|migration| !applied.iter().any(|name| name == migration.name))
        .collect();
    let first_is_missing = !applied.iter().any(|name| name == FIRST.name);
    let adopted_level = if first_is_missing {
        level_to_adopt(conn, &tables).await?
    } else {
        None
    };
    Ok(Plan {
        missing,
        adopted_level,
        is_first: !tables.hasura_auth_migrations,
    })
}

/// The tables by which it shows who has been here.
#[derive(QueryableByName)]
#[expect(clippy::struct_excessive_bools, reason = "each stands for one table")]
struct Tables {
    #[diesel(sql_type = Bool)]
    hasura_auth_migrations: bool,
    #[diesel(sql_type = Bool)]
    schema_migrations: bool,
    #[diesel(sql_type = Bool)]
    migrations: bool,
    #[diesel(sql_type = Bool)]
    users: bool,
}

impl Tables {
    async fn find(conn: &mut AsyncPgConnection) -> Result<Self, Error> {
        diesel::sql_query(
            "SELECT to_regclass('auth.hasura_auth_migrations') IS NOT NULL \
                 AS hasura_auth_migrations, \
             to_regclass('auth.schema_migrations') IS NOT NULL AS schema_migrations, \
             to_regclass('auth.migrations') IS NOT NULL AS migrations, \
             to_regclass('auth.users') IS NOT NULL AS users",
        )
        .get_result(conn)
        .await
    }
}

/// Whether Hasura Auth's schema is there and complete; `false` when there is nothing at all.
async fn level_to_adopt(
    conn: &mut AsyncPgConnection,
    tables: &Tables,
) -> Result<Option<i64>, MigrateError> {
    // First: Supabase has a table auth.schema_migrations, too, of another form.
    if let Some(owner) = foreign::owner(conn).await? {
        return Err(owner);
    }
    if tables.schema_migrations {
        return match level(conn).await? {
            Level {
                version,
                dirty: true,
            } => Err(MigrateError::Dirty { level: version }),
            Level { version, .. } if version < ADOPTED_LEVEL => {
                Err(MigrateError::TooOld { level: version })
            }
            Level { version, .. } => Ok(Some(version)),
        };
    }
    match tables {
        Tables {
            migrations: true, ..
        } => Err(MigrateError::MadeForNode),
        Tables { users: true, .. } => Err(MigrateError::Unknown),
        Tables { .. } => match foreign::in_the_way(conn).await? {
            Some(occupied) => Err(occupied),
            None => Ok(None),
        },
    }
}

#[derive(QueryableByName)]
struct Level {
    #[diesel(sql_type = BigInt)]
    version: i64,
    #[diesel(sql_type = Bool)]
    dirty: bool,
}

/// Without a row Hasura Auth has made the table and nothing else.
async fn level(conn: &mut AsyncPgConnection) -> Result<Level, Error> {
    let nothing = Level {
        version: 0,
        dirty: false,
    };
    let level = diesel::sql_query("SELECT version, dirty FROM auth.schema_migrations LIMIT 1")
        .get_result(conn)
        .await
        .optional()?;
    Ok(level.unwrap_or(nothing))
}

#[derive(QueryableByName)]
struct Applied {
    #[diesel(sql_type = Text)]
    name: String,
}

async fn applied(conn: &mut AsyncPgConnection) -> Result<Vec<String>, Error> {
    let applied: Vec<Applied> = diesel::sql_query("SELECT name FROM auth.hasura_auth_migrations")
        .load(conn)
        .await?;
    Ok(applied.into_iter().map(|row| row.name).collect())
}

/// Finds out whether every migration of tables has been applied. Indexes may still be being built: the
/// installation can be used meanwhile.
///
/// Where migrations are run by another user of the database, the table of their names may be closed
/// to this one. Then they are taken for applied: nothing better can be known.
#[derive(Debug, Clone, Copy)]
pub(crate) struct IsMigrated;

impl HotPath for IsMigrated {
    type Output = bool;

    async fn run(&self, conn: &mut Conn) -> QueryResult<bool> {
        match notes(conn).await? {
            Notes { exist: false, .. } => Ok(false),
            Notes {
                are_readable: false,
                ..
            } => Ok(true),
            Notes { .. } => {
                let applied = applied(conn).await?;
                let is_applied = |it: &Migration| applied.iter().any(|name| name == it.name);
                let mut tables = std::iter::once(&FIRST)
                    .chain(OTHERS)
                    .filter(|it| matches!(it.step, Step::Tables(_)));
                Ok(tables.all(is_applied))
            }
        }
    }
}

#[derive(QueryableByName)]
struct Notes {
    #[diesel(sql_type = Bool)]
    exist: bool,
    #[diesel(sql_type = Bool)]
    are_readable: bool,
}

async fn notes(conn: &mut AsyncPgConnection) -> QueryResult<Notes> {
    diesel::sql_query(
        "SELECT noted IS NOT NULL AS exist, \
         coalesce(has_table_privilege(noted, 'SELECT'), false) AS are_readable \
         FROM (SELECT to_regclass('auth.hasura_auth_migrations')::oid AS noted) AS notes",
    )
    .get_result(conn)
    .await
}

async fn create_notes(conn: &mut AsyncPgConnection) -> Result<(), Error> {
    conn.batch_execute(
        "CREATE TABLE auth.hasura_auth_migrations (\
             name text NOT NULL CONSTRAINT hasura_auth_migrations_pkey PRIMARY KEY, \
             applied_at timestamptz NOT NULL DEFAULT now()\
         ); \
         COMMENT ON TABLE auth.hasura_auth_migrations \
             IS 'Migrations that were applied beyond those of Hasura Auth itself'",
    )
    .await
}

async fn note(conn: &mut AsyncPgConnection, migration: &Migration) -> Result<(), Error> {
    diesel::sql_query("INSERT INTO auth.hasura_auth_migrations (name) VALUES ($1)")
        .bind::<Text, _>(migration.name)
        .execute(conn)
        .await
        .map(drop)
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
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations/postgres");
        let mut folders: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        folders.sort_unstable();

        let embedded = std::iter::once(&FIRST).chain(OTHERS);
        assert_eq!(embedded.map(|it| it.name).collect::<Vec<_>>(), folders);
    }
}
