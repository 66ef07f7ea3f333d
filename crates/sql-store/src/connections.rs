//! A pool that reports why it gave no connection, and gives none that may have died unnoticed.

use std::{
    error::Error,
    fmt,
    ops::{Deref, DerefMut},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use auth_domain::error::StoreError;
use bb8::{Builder, ErrorSink, ManageConnection, Pool, PooledConnection, RunError};

/// Timeout in the queue while other callers are given connections: there is much to do, but the
/// database answers.
const QUEUE: Duration = Duration::from_secs(10);

/// Pooled connections.
///
/// bb8 opens connections in the background and, while that fails, only lets callers run into the
/// timeout. The last failure is kept here and becomes the source of their error.
pub struct Connections<M>
where
    M: ManageConnection,
{
    pool: Pool<Rested<M>>,
    /// Timeout while no caller is given a connection.
    wait: Duration,
    last_failure: LastFailure<M::Error>,
    last_given: Mutex<Option<Instant>>,
}

impl<M> Connections<M>
where
    M: ManageConnection,
    M::Error: Error + Sync,
{
    /// Builds a pool that gives up after `wait` when no connection can be had. Fails when it is to
    /// hold idle connections and none can be opened.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`] with the driver's error.
    pub async fn open(
        builder: Builder<Rested<M>>,
        wait: Duration,
        manager: Rested<M>,
    ) -> Result<Self, StoreError> {
        let last_failure = LastFailure::default();
        // bb8 panics at zero.
        let wait = wait.max(Duration::from_millis(1));
        let pool = builder
            .connection_timeout(wait)
            .error_sink(last_failure.boxed_clone())
            .build(manager)
            .await
            .map_err(|error| StoreError::Unavailable(Box::new(error)))?;
        Ok(Self {
            pool,
            wait,
            last_failure,
            last_given: Mutex::default(),
        })
    }

    /// A connection for one caller, until it is dropped.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`] when none was to be had: after the pool's wait when no caller
    /// was given one lately, and otherwise after ten seconds in the queue.
    pub async fn get(&self) -> Result<PooledConnection<'static, Rested<M>>, StoreError> {
        let asked = Instant::now();
        loop {
            match self.pool.get_owned().await {
                Ok(connection) => {
                    self.note_given();
                    return Ok(connection);
                }
                Err(RunError::TimedOut) if self.moves() && asked.elapsed() < QUEUE => {}
                Err(RunError::TimedOut) => return Err(self.no_connection()),
                Err(RunError::User(error)) => {
                    return Err(StoreError::Unavailable(Box::new(error)));
                }
            }
        }
    }

    fn no_connection(&self) -> StoreError {
        StoreError::Unavailable(Box::new(NoConnection {
            last_failure: self.last_failure.get(),
        }))
    }

    fn note_given(&self) {
        self.last_failure.forget();
        *self.given() = Some(Instant::now());
    }

    /// Whether the queue gets shorter: a caller was given a connection a moment ago.
    fn moves(&self) -> bool {
        self.given()
            .is_some_and(|given| given.elapsed() < self.wait / 3)
    }

    fn given(&self) -> std::sync::MutexGuard<'_, Option<Instant>> {
        self.last_given
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl<M: ManageConnection> fmt::Debug for Connections<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connections").finish_non_exhaustive()
    }
}

/// Opens connections as `M` does, and checks only those that have rested for a while.
#[derive(Debug)]
pub struct Rested<M> {
    manager: M,
    check_after: Duration,
}

impl<M> Rested<M> {
    /// Has `manager` check a connection before it is used again after `check_after`.
    #[must_use]
    pub fn new(check_after: Duration, manager: M) -> Self {
        Self {
            manager,
            check_after,
        }
    }
}

/// A connection, and since when it rests.
pub struct Resting<C> {
    connection: C,
    since: Instant,
}

impl<C> Deref for Resting<C> {
    type Target = C;

    fn deref(&self) -> &C {
        &self.connection
    }
}

impl<C> DerefMut for Resting<C> {
    fn deref_mut(&mut self) -> &mut C {
        &mut self.connection
    }
}

impl<C> fmt::Debug for Resting<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resting").finish_non_exhaustive()
    }
}

impl<M: ManageConnection> ManageConnection for Rested<M> {
    type Connection = Resting<M::Connection>;
    type Error = M::Error;

    async fn connect(&self) -> Result<Self::Connection, Self::Error> {
        Ok(Resting {
            connection: self.manager.connect().await?,
            since: Instant::now(),
        })
    }

    async fn is_valid(&self, resting: &mut Self::Connection) -> Result<(), Self::Error> {
        let fresh = resting.since.elapsed() < self.check_after;
        if fresh && !self.manager.has_broken(&mut resting.connection) {
            return Ok(());
        }
        self.manager.is_valid(&mut resting.connection).await
    }

    /// bb8 asks this when a connection is given back.
    fn has_broken(&self, resting: &mut Self::Connection) -> bool {
        resting.since = Instant::now();
        self.manager.has_broken(&mut resting.connection)
    }
}

/// All connections stayed busy, or none could be opened.
#[derive(Debug, thiserror::Error)]
#[error("no connection became available in time")]
struct NoConnection<E: Error + 'static> {
    #[source]
    last_failure: Option<Arc<E>>,
}

/// Why the pool last failed to open a connection, until it next had one to give.
#[derive(Debug)]
struct LastFailure<E>(Arc<Mutex<Option<Arc<E>>>>);

impl<E> LastFailure<E> {
    fn get(&self) -> Option<Arc<E>> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn replace(&self, failure: Option<E>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = failure.map(Arc::new);
    }

    fn forget(&self) {
        self.replace(None);
    }
}

impl<E> Default for LastFailure<E> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<E: fmt::Debug + Send + Sync + 'static> ErrorSink<E> for LastFailure<E> {
    fn sink(&self, error: E) {
        self.replace(Some(error));
    }

    fn boxed_clone(&self) -> Box<dyn ErrorSink<E>> {
        Box::new(Self(Arc::clone(&self.0)))
    }
}
