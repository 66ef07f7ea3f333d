//! Bringing a database up to date.
//!
//! Everything happens in one transaction that begins by waiting for a lock: servers may start
//! together, also through a transaction pooler, and a migration that fails leaves the database as
//! it was. What has been applied is noted in `auth.hasura_auth_migrations`, apart from Hasura
//! Auth's own `auth.schema_migrations`, which says whether its schema can be taken over.

use diesel::{
    ConnectionError, OptionalExtension, QueryResult, QueryableByName,
    result::Error,
    sql_types::{BigInt, Bool, Text},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use sql_store::postgres::{Conn, HotPath};
use tokio::runtime::Handle;

use crate::{PostgresUrl, connect};

/// The level of Hasura Auth's own migrations that the first of ours amounts to.
const ADOPTED_LEVEL: i64 = 18;

/// Any number, as long as all servers use the same and nobody else in the database does.
const LOCK: i64 = 0x6861_7375_7261;

/// One folder of `migrations/postgres`.
struct Migration {
    name: &'static str,
    up: &'static str,
}

macro_rules! migrations {
    ($first:literal, $($name:literal),* $(,)?) => {
        /// Hasura Auth's schema, which an existing installation already has.
        const FIRST: Migration = migration!($first);
        /// All others, in order.
        const OTHERS: &[Migration] = &[$(migration!($name)),*];
    };
}

macro_rules! migration {
    ($name:literal) => {
        Migration {
            name: $name,
            up: include_str!(concat!("../../../migrations/postgres/", $name, "/up.sql")),
        }
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
];

/// Why a database was not brought up to date. It is as it was before.
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
    /// There are tables, but nothing that says whose they are.
    #[error(
        "there is a table auth.users that no known version of Hasura Auth made (neither \
         auth.schema_migrations nor auth.migrations says which); use another database"
    )]
    Unknown,
    /// A migration failed.
    #[error("the migration {name} failed")]
    Failed {
        /// Its name.
        name: &'static str,
        /// What the database said.
        #[source]
        source: Error,
    },
    /// A statement beside the migrations failed.
    #[error("the state of the database cannot be read or written")]
    Database(#[from] Error),
}

/// Applies what is missing and returns the names, in order.
///
/// # Errors
///
/// [`MigrateError`], which says what to do about a database that is not ours to change.
pub async fn migrate(url: &PostgresUrl, runtime: &Handle) -> Result<Vec<String>, MigrateError> {
    let mut conn = connect(url, runtime).await.map_err(MigrateError::Connect)?;
    // An error drops the connection, and with it the transaction.
    conn.batch_execute("BEGIN ISOLATION LEVEL READ COMMITTED")
        .await?;
    // The lock of a transaction: behind a pooler a session's lock would be left to a stranger.
    conn.batch_execute(&format!("SELECT pg_advisory_xact_lock({LOCK})"))
        .await?;
    let plan = plan(&mut conn).await?;
    for migration in plan.to_run() {
        conn.batch_execute(migration.up)
            .await
            .map_err(|source| failed(migration, source))?;
    }
    note(&mut conn, &plan).await?;
    conn.batch_execute("COMMIT").await?;
    Ok(plan.names())
}

/// The names of what [`migrate()`] would apply, in order. Changes nothing.
///
/// # Errors
///
/// The same as of [`migrate()`], as far as they show without changing anything.
pub async fn pending(url: &PostgresUrl, runtime: &Handle) -> Result<Vec<String>, MigrateError> {
    let mut conn = connect(url, runtime).await.map_err(MigrateError::Connect)?;
    conn.batch_execute("BEGIN READ ONLY").await?;
    let plan = plan(&mut conn).await?;
    conn.batch_execute("ROLLBACK").await?;
    Ok(plan.names())
}

/// What is to be done to a database.
struct Plan {
    missing: Vec<&'static Migration>,
    /// The schema of [`FIRST`] is there already.
    adopts: bool,
    /// There is no note of any migration yet.
    is_first: bool,
}

impl Plan {
    fn to_run(&self) -> impl Iterator<Item = &'static Migration> {
        let done = usize::from(self.adopts);
        self.missing.iter().copied().skip(done)
    }

    fn names(&self) -> Vec<String> {
        let names = self.missing.iter();
        names.map(|migration| migration.name.to_owned()).collect()
    }
}

async fn plan(conn: &mut AsyncPgConnection) -> Result<Plan, MigrateError> {
    let tables = Tables::find(conn).await?;
    let applied = if tables.hasura_auth_migrations {
        applied(conn).await?
    } else {
        Vec::new()
    };
    let all = std::iter::once(&FIRST).chain(OTHERS);
    let missing: Vec<_> = all
        .filter(|migration| !applied.iter().any(|name| name == migration.name))
        .collect();
    let first_is_missing = !applied.iter().any(|name| name == FIRST.name);
    Ok(Plan {
        missing,
        adopts: first_is_missing && can_be_adopted(conn, &tables).await?,
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
async fn can_be_adopted(
    conn: &mut AsyncPgConnection,
    tables: &Tables,
) -> Result<bool, MigrateError> {
    if tables.schema_migrations {
        return match level(conn).await? {
            Level {
                version,
                dirty: true,
            } => Err(MigrateError::Dirty { level: version }),
            Level { version, .. } if version < ADOPTED_LEVEL => {
                Err(MigrateError::TooOld { level: version })
            }
            Level { .. } => Ok(true),
        };
    }
    match tables {
        Tables {
            migrations: true, ..
        } => Err(MigrateError::MadeForNode),
        Tables { users: true, .. } => Err(MigrateError::Unknown),
        Tables { .. } => Ok(false),
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

/// Finds out whether every migration has been applied.
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
                Ok(std::iter::once(&FIRST).chain(OTHERS).all(is_applied))
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

async fn note(conn: &mut AsyncPgConnection, plan: &Plan) -> Result<(), Error> {
    if plan.is_first {
        conn.batch_execute(
            "CREATE TABLE auth.hasura_auth_migrations (\
                 name text NOT NULL CONSTRAINT hasura_auth_migrations_pkey PRIMARY KEY, \
                 applied_at timestamptz NOT NULL DEFAULT now()\
             ); \
             COMMENT ON TABLE auth.hasura_auth_migrations \
                 IS 'Migrations that were applied beyond those of Hasura Auth itself'",
        )
        .await?;
    }
    for migration in &plan.missing {
        diesel::sql_query("INSERT INTO auth.hasura_auth_migrations (name) VALUES ($1)")
            .bind::<Text, _>(migration.name)
            .execute(conn)
            .await?;
    }
    Ok(())
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
