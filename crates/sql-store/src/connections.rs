//! A pool that can say why it gave no connection.

use std::{
    error::Error,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use auth_domain::error::StoreError;
use bb8::{Builder, ErrorSink, ManageConnection, Pool, PooledConnection, RunError};

/// Pooled connections.
///
/// bb8 opens connections in the background and, while that fails, only lets callers run into the
/// timeout. The last failure is kept here and becomes the source of their error.
pub struct Connections<M>
where
    M: ManageConnection,
{
    pool: Pool<M>,
    last_failure: LastFailure<M::Error>,
}

impl<M> Connections<M>
where
    M: ManageConnection,
    M::Error: Error + Sync,
{
    /// Builds a pool; fails when it is to hold idle connections and none can be opened.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`] with the driver's error.
    pub async fn open(builder: Builder<M>, manager: M) -> Result<Self, StoreError> {
        let last_failure = LastFailure::default();
        let pool = builder
            .error_sink(last_failure.boxed_clone())
            .build(manager)
            .await
            .map_err(|error| StoreError::Unavailable(Box::new(error)))?;
        Ok(Self { pool, last_failure })
    }

    /// A connection of one's own, until it is dropped.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`] when none was to be had in time.
    pub async fn get(&self) -> Result<PooledConnection<'static, M>, StoreError> {
        match self.pool.get_owned().await {
            Ok(connection) => {
                self.last_failure.forget();
                Ok(connection)
            }
            Err(RunError::User(error)) => Err(StoreError::Unavailable(Box::new(error))),
            Err(RunError::TimedOut) => Err(StoreError::Unavailable(Box::new(NoConnection {
                last_failure: self.last_failure.get(),
            }))),
        }
    }
}

impl<M: ManageConnection> fmt::Debug for Connections<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connections").finish_non_exhaustive()
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
