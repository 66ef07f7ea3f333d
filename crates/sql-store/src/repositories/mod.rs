//! The repositories, compiled once per database. `super` is the mount: it states the connection,
//! the schema and the dialect.

mod clean_up;
mod ended_flows;
mod exchange_codes;
mod hot_path;
mod identities;
mod known_places;
mod one_time_codes;
mod open_sessions;
mod queued_messages;
mod second_factors;
mod security_keys;
mod sessions;
mod staged_profile;
mod tickets;
mod unit_of_work;
mod user_row;
mod users;
mod wrong_codes;

use bb8::PooledConnection;
use diesel_async::pooled_connection::AsyncDieselConnectionManager;

pub use clean_up::RemoveExpired;
pub use hot_path::{
    FindNumberClaimant, FindOpaqueSession, FindPersonalAccessToken, FindUser, HasSecurityKey,
    HotPath, IsSessionOpen, Ping,
};
pub use queued_messages::{
    ClaimMessages, ExpediteMessage, IsMessageDue, ListMessages, PostponeMessage, RemoveMessage,
};
pub(crate) use sessions::{REGULAR, client_network, user_agent};
pub use unit_of_work::{SqlUnitOfWork, discard};
pub(crate) use user_row::UserRow;

use super::{
    dialect::{self, Conn, store_error},
    schema,
};
use crate::Rested;

/// What opens connections for a pool.
pub type Manager = AsyncDieselConnectionManager<Conn>;

/// A connection out of a pool.
pub type PooledConn = PooledConnection<'static, Rested<Manager>>;
