//! The store: a pool, and what to do when one of its connections turns out to be lost.

use std::{
    fmt,
    time::{Duration, Instant},
};

use auth_domain::error::StoreError;
use bb8::Pool;
use diesel::{
    connection::TransactionManagerStatus,
    result::{DatabaseErrorKind, Error, QueryResult},
};
use diesel_async::{
    AsyncConnection, AsyncPgConnection, SimpleAsyncConnection, TransactionManager,
    pooled_connection::{ManagerConfig, PoolableConnection, RecyclingMethod},
};
use sql_store::{
    Connections, Rested,
    postgres::{Flavor, HotPath, Manager, Pools, SqlStore, SqlUnitOfWork, discard, store_error},
};
use tokio::runtime::Handle;

use crate::{citext, connect::connect_impatiently, migrate::IsMigrated, url::PostgresUrl};

/// How long a connection that rested may take to show that it is alive.
const CHECK: Duration = Duration::from_millis(500);

/// How to reach the database.
#[derive(Debug, Clone)]
pub struct PostgresSettings {
    /// Where it is.
    pub url: PostgresUrl,
    /// The most connections that are open at once; at least one.
    pub max_connections: u32,
    /// Timeout for a connection while no caller gets one.
    pub connect_timeout: Duration,
    /// How long a connection may rest before it is checked when it is to be used again.
    pub check_after: Duration,
    /// How long a statement may take, and a transaction rest between two. The server is told, and
    /// a server that keeps silent is given up: the connection is closed and not used again.
    pub statement_timeout: Duration,
}

/// A store on PostgreSQL.
///
/// The database must have been [migrated](crate::migrate()) when it is connected to, or must have the
/// extension `citext` where it will be then: outside `public` it is looked for once.
pub type PostgresStore = SqlStore<PostgresPools>;

/// One pool, whose connections read and write.
///
/// Behind a transaction pooler (`pgbouncer=true` in the URL) nothing changes here:
/// [`connect()`](crate::connect()) then sees to it that no prepared statement has a name, and
/// everything else that outlives a statement lives in a transaction.
pub struct PostgresPools {
    connections: Connections<Manager>,
    max_connections: u32,
    connect_timeout: Duration,
    /// The statement that begins a unit of work.
    beginning: String,
    flavor: Flavor,
}

impl PostgresPools {
    /// Does idempotent work, with retries after a lost connection as long as the pool may hold more
    /// of its kind: after a restart of the database all are lost. There is no retry once the first
    /// failure took long: then the client has waited enough.
    async fn with_retries<Work: HotPath>(&self, work: &Work) -> Result<Work::Output, StoreError> {
        let mut patience = self.patience();
        loop {
            match self.once(work).await? {
                Err(StoreError::Unavailable(_)) if patience.lasts() => {}
                outcome => return outcome,
            }
        }
    }

    /// How often and for how long to retry after a lost connection.
    fn patience(&self) -> Patience {
        Patience {
            until: Instant::now() + self.connect_timeout,
            attempts: self.max_connections,
        }
    }

    /// The outer failure: there is no connection to be had. The inner one: this one failed.
    async fn once<Work: HotPath>(
        &self,
        work: &Work,
    ) -> Result<Result<Work::Output, StoreError>, StoreError> {
        let mut conn = self.connections.get().await?;
        let outcome = work.run(&mut conn).await.map_err(store_error);
        if let Err(StoreError::Unavailable(_)) = outcome {
            discard(conn);
        }
        Ok(outcome)
    }
}

impl Pools for PostgresPools {
    type Settings = PostgresSettings;

    /// Opens a first connection and, from then on, more as they are needed.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`] when the database accepts no connection for as long as
    /// `connect_timeout`.
    async fn open(settings: PostgresSettings, runtime: Handle) -> Result<Self, StoreError> {
        // bb8 panics at zero.
        let max_connections = settings.max_connections.max(1);
        let builder = Pool::builder().max_size(max_connections).min_idle(1);
        let beginning = beginning(settings.statement_timeout);
        let connect_timeout = settings.connect_timeout;
        let rested = Rested::new(settings.check_after, manager(settings, runtime));
        let connections = Connections::open(builder, connect_timeout, rested).await?;
        let flavor = citext::find(&mut *connections.get().await?).await;
        Ok(Self {
            flavor: flavor.map_err(store_error)?.flavor(),
            connections,
            max_connections,
            connect_timeout,
            beginning,
        })
    }

    fn flavor(&self) -> &Flavor {
        &self.flavor
    }

    async fn begin(&self) -> Result<SqlUnitOfWork, StoreError> {
        let mut patience = self.patience();
        loop {
            let conn = self.connections.get().await?;
            match SqlUnitOfWork::begin(conn, &self.beginning, self.flavor.clone()).await {
                Err(StoreError::Unavailable(_)) if patience.lasts() => {}
                outcome => return outcome,
            }
        }
    }

    async fn read<Work: HotPath>(&self, work: Work) -> Result<Work::Output, StoreError> {
        self.with_retries(&work).await
    }

    async fn write<Work: HotPath>(&self, work: Work) -> Result<Work::Output, StoreError> {
        self.with_retries(&work).await
    }

    async fn write_once<Work: HotPath>(&self, work: Work) -> Result<Work::Output, StoreError> {
        self.once(&work).await?
    }

    async fn is_migrated(&self) -> Result<bool, StoreError> {
        self.read(IsMigrated).await
    }
}

impl fmt::Debug for PostgresPools {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresPools").finish_non_exhaustive()
    }
}

/// Attempts that are left, and until when.
struct Patience {
    until: Instant,
    attempts: u32,
}

impl Patience {
    /// Whether there may be one more.
    fn lasts(&mut self) -> bool {
        let left = self.attempts.checked_sub(1);
        self.attempts = left.unwrap_or_default();
        left.is_some() && Instant::now() < self.until
    }
}

/// Begins a transaction with a timeout on the server itself, a little before this side gives the
/// connection up: a client that has gone must not hold locks. `SET LOCAL` goes the way of the
/// transaction, so that it is right behind a pooler, too.
fn beginning(statement_timeout: Duration) -> String {
    let limit = statement_timeout.as_millis();
    let earlier = (limit * 9 / 10).max(1);
    format!(
        "BEGIN; SET LOCAL statement_timeout = {earlier}; \
         SET LOCAL idle_in_transaction_session_timeout = {limit}"
    )
}

fn manager(settings: PostgresSettings, runtime: Handle) -> Manager {
    let PostgresSettings {
        url,
        statement_timeout,
        ..
    } = settings;
    let mut config = ManagerConfig::default();
    config.recycling_method =
        RecyclingMethod::CustomFunction(Box::new(|conn| Box::pin(check(conn))));
    config.custom_setup = Box::new(move |_| {
        let (url, runtime) = (url.clone(), runtime.clone());
        Box::pin(async move { connect_impatiently(&url, &runtime, statement_timeout).await })
    });
    // The setup has the URL; a text here could only end up in a log.
    Manager::new_with_config("", config)
}

type Transactions = <AsyncPgConnection as AsyncConnection>::TransactionManager;

/// Whether a connection that has rested for a while is still alive. The pool asks only then,
/// because it is a round trip.
async fn check(conn: &mut AsyncPgConnection) -> QueryResult<()> {
    if conn.is_broken() {
        return Err(closed("the connection was closed while idle"));
    }
    // Until the check answers, and if its caller gives up meanwhile, the connection counts as lost.
    Transactions::transaction_manager_status_mut(conn).set_in_error();
    #[expect(
        clippy::disallowed_methods,
        reason = "there is no unit of work, and a connection that is late is closed"
    )]
    let checked = tokio::time::timeout(CHECK, conn.batch_execute("SELECT 1")).await;
    checked.map_err(|_elapsed| closed("the connection died while idle"))??;
    *Transactions::transaction_manager_status_mut(conn) = TransactionManagerStatus::default();
    Ok(())
}

fn closed(why: &str) -> Error {
    Error::DatabaseError(
        DatabaseErrorKind::ClosedConnection,
        Box::new(why.to_owned()),
    )
}
