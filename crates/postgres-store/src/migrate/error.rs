//! Why a database was not brought up to date.

use std::time::Duration;

use diesel::{ConnectionError, result::Error};
use sql_store::Migration;

/// The level of Hasura Auth's own migrations that the first of ours amounts to.
pub(super) const ADOPTED_LEVEL: i64 = 18;

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

pub(super) fn failed(migration: &Migration, source: Error) -> MigrateError {
    MigrateError::Failed {
        name: migration.name,
        source,
    }
}
