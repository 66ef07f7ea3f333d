//! The store on an embedded SQLite database: the default, since it needs no setting up.
//!
//! [`migrate()`] makes the database or brings it up to date; [`SqliteStore`] keeps users and
//! sessions in it. One file serves one server: several processes may use it, but they wait for
//! each other whenever they write.
//!
//! The store needs a multi-thread runtime, because a call that is dropped half-way waits for its
//! statement to end (see [`sql_store::sqlite::Conn`]).

mod file;
mod file_identity;
mod migrate;
mod store;

pub use file::Synchronous;
pub use migrate::{MigrateError, migrate, pending};
pub use sql_store::PendingMigration;
pub use store::{SqlitePools, SqliteSettings, SqliteStore};
