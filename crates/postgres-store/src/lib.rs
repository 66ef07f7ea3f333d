//! The store on PostgreSQL 13 and later.
//!
//! [`migrate()`] brings a database up to date, whether it is empty or has been used by Hasura Auth;
//! [`PostgresStore`] keeps users and sessions in it, beside Hasura Auth if need be.
//!
//! Connecting follows libpq: see [`PostgresUrl`].

mod announced;
mod citext;
mod connect;
mod migrate;
mod pooler;
mod silence;
mod store;
mod tcp;
mod tls;
mod url;

pub use self::connect::{Unreachable, connect, reach};
pub use self::migrate::{
    MigrateError, Pending, build_indexes, check, migrate, migrate_tables, pending,
};
pub use self::store::{PostgresPools, PostgresSettings, PostgresStore};
pub use self::tls::InvalidTls;
pub use self::url::{InvalidPostgresUrl, PostgresUrl};
pub use sql_store::PendingMigration;
