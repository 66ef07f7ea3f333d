//! The SQL that the PostgreSQL and SQLite stores share. Private to those two crates.
//!
//! Repositories are written once, in diesel's query language, and compiled once per database:
//! [`postgres`] and [`sqlite`] each state a connection type, a schema and a dialect, and mount the
//! folder `repositories` beneath them. The compiler therefore checks every query against both.
//! `repositories/store.rs` makes the port `Store` of it, over the `Pools` that a store brings.
//!
//! Where the two really differ there is a function in both `dialect.rs`, or, for the paths that
//! have to be quick, in both `hot.rs`.
//!
//! # Rules for queries
//!
//! * On PostgreSQL no value of a type that an extension or a migration made (`citext`,
//!   `auth.email`) may cross the wire. The driver would look the type up by its number, with
//!   statements of its own that fail behind a transaction pooler.
//! * A query of a hot path must be safe to cache, which `diesel::sql_query` never is: otherwise
//!   each call pays a second round trip to prepare it.

#![cfg_attr(
    all(feature = "postgres", feature = "sqlite"),
    expect(
        clippy::duplicate_mod,
        reason = "the repositories are compiled once per database"
    )
)]

#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod connections;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod migrations;
#[cfg(feature = "postgres")]
pub mod postgres;
#[cfg(feature = "sqlite")]
pub mod sqlite;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod types;

#[cfg(any(feature = "postgres", feature = "sqlite"))]
pub use connections::{Connections, Rested, Resting};
#[cfg(any(feature = "postgres", feature = "sqlite"))]
pub use migrations::{Applied, Migration, Note, PendingMigration, Step, names};
