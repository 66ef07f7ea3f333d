//! The repositories and the store, compiled once per database. `super` is the mount: it states the
//! connection, the schema and the dialect.

mod clean_up;
pub(super) mod connection;
mod ended_flows;
mod exchange_codes;
pub(super) mod hot_path;
mod identities;
mod known_places;
mod one_time_codes;
mod open_sessions;
pub(super) mod pools;
mod queued_messages;
mod refresh_trace;
mod second_factors;
mod security_keys;
pub(super) mod session_columns;
mod sessions;
mod staged_profile;
pub(super) mod store;
mod ticket_removal;
mod tickets;
pub(super) mod unit_of_work;
pub(super) mod user_row;
mod users;
mod wrong_codes;

use super::{
    dialect::{self, Conn, store_error},
    locks, schema,
};
