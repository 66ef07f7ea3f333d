//! A transaction on a connection of its own.

use async_trait::async_trait;
use auth_domain::{
    error::StoreError,
    ports::{
        LinkedIdentityRepository, MessageRepository, RoleRepository, SecondFactorRepository,
        SecurityKeyRepository, SessionRepository, TicketRepository, UnitOfWork, UserRepository,
    },
};
use diesel_async::TransactionManager;

use super::{
    Conn,
    connection::{PooledConn, Transactions, discard},
    dialect::{self, Flavor},
    store_error,
};

/// A unit of work, and every repository within it.
///
/// It owns its connection, and borrows none. Beginning and ending go through diesel's bookkeeping:
/// by it the pool can tell that a unit of work was dropped half-way, and closes the connection
/// instead of handing the open transaction to the next caller.
pub struct SqlUnitOfWork {
    conn: PooledConn,
    flavor: Flavor,
    is_lasting: Option<Box<LastingCheck>>,
}

/// Finds out whether what has just been committed lasts; an error says why not.
type LastingCheck = dyn Fn() -> Result<(), StoreError> + Send + Sync;

impl SqlUnitOfWork {
    /// Begins a transaction on `conn` with the statement `beginning`.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the database refuses; nothing has changed then, and the connection is
    /// not used again.
    pub async fn begin(
        mut conn: PooledConn,
        beginning: &str,
        flavor: Flavor,
    ) -> Result<Self, StoreError> {
        match dialect::begin(&mut conn, beginning).await {
            Ok(()) => Ok(Self {
                conn,
                flavor,
                is_lasting: None,
            }),
            Err(error) => {
                discard(conn);
                Err(store_error(error))
            }
        }
    }

    /// The same, acknowledged only if `check` finds after the commit that it lasts.
    #[must_use]
    pub fn checked_by(
        self,
        check: impl Fn() -> Result<(), StoreError> + Send + Sync + 'static,
    ) -> Self {
        Self {
            is_lasting: Some(Box::new(check)),
            ..self
        }
    }

    /// The connection, for the repositories.
    pub(crate) fn conn(&mut self) -> &mut Conn {
        &mut self.conn
    }

    /// The same with the flavor of the database.
    pub(crate) fn conn_and_flavor(&mut self) -> (&mut Conn, &Flavor) {
        (&mut self.conn, &self.flavor)
    }
}

#[async_trait]
impl UnitOfWork for SqlUnitOfWork {
    fn users(&mut self) -> &mut dyn UserRepository {
        self
    }

    fn roles(&mut self) -> &mut dyn RoleRepository {
        self
    }

    fn sessions(&mut self) -> &mut dyn SessionRepository {
        self
    }

    fn tickets(&mut self) -> &mut dyn TicketRepository {
        self
    }

    fn messages(&mut self) -> &mut dyn MessageRepository {
        self
    }

    fn second_factors(&mut self) -> &mut dyn SecondFactorRepository {
        self
    }

    fn security_keys(&mut self) -> &mut dyn SecurityKeyRepository {
        self
    }

    fn identities(&mut self) -> &mut dyn LinkedIdentityRepository {
        self
    }

    async fn commit(mut self: Box<Self>) -> Result<(), StoreError> {
        Transactions::commit_transaction(self.conn())
            .await
            .map_err(store_error)?;
        self.is_lasting.as_ref().map_or(Ok(()), |check| check())
    }

    async fn rollback(mut self: Box<Self>) -> Result<(), StoreError> {
        Transactions::rollback_transaction(self.conn())
            .await
            .map_err(store_error)
    }
}
