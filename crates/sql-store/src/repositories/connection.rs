//! Connections out of a pool.

use bb8::PooledConnection;
use diesel_async::{
    AsyncConnection, TransactionManager, pooled_connection::AsyncDieselConnectionManager,
};

use super::Conn;
use crate::connections::Rested;

/// What opens connections for a pool.
pub type Manager = AsyncDieselConnectionManager<Conn>;

/// A connection out of a pool.
pub type PooledConn = PooledConnection<'static, Rested<Manager>>;

/// How diesel begins and ends transactions, and remembers whether one is open.
pub(super) type Transactions = <Conn as AsyncConnection>::TransactionManager;

/// Gives back a connection that the pool is to close.
///
/// The driver notices a lost connection only some moments after the caller has. Until then the
/// pool would hand it out again.
pub fn discard(mut conn: PooledConn) {
    Transactions::transaction_manager_status_mut(&mut **conn).set_in_error();
}
