//! The store: one connection that writes, some that read.

use std::{error::Error, fmt, path::PathBuf, sync::Arc, time::Duration};

use auth_domain::error::StoreError;
use bb8::Pool;
use diesel::{ConnectionError, ConnectionResult, SqliteConnection};
use diesel_async::pooled_connection::{ManagerConfig, RecyclingMethod};
use sql_store::{
    Connections, Rested,
    sqlite::{Conn, Flavor, HotPath, Manager, Pools, SqlStore, SqlUnitOfWork, store_error},
};
use tokio::runtime::Handle;

use crate::{
    file::{self, Synchronous},
    file_identity::OpenFiles,
    migrate::IsMigrated,
};

/// Connections that read. Reading takes some ten microseconds, so a few go a long way.
const READERS: u32 = 4;

/// Timeout for a connection while no caller is given one: for the writer, that is how long a single
/// unit of work may take before other callers are told that the database is busy.
const WAIT: Duration = Duration::from_millis(1500);

/// Begins a transaction with the write lock.
///
/// A transaction that reads first and writes later would be refused the lock whenever another
/// writer came between, and no waiting helps then.
const BEGIN: &str = "BEGIN IMMEDIATE";

/// Where the database is.
#[derive(Debug, Clone)]
pub struct SqliteSettings {
    /// The file; it and its folder are made when they are missing.
    pub path: PathBuf,
    /// What a commit waits for.
    pub synchronous: Synchronous,
}

/// A store on SQLite.
///
/// The database must have been [migrated](crate::migrate()) when it is opened. All work is done on the
/// blocking threads of the runtime, which has to be a multi-thread one. Once a file of the database is
/// not the one that was opened, all methods answer [`StoreError::Unavailable`].
pub type SqliteStore = SqlStore<SqlitePools>;

/// One connection that writes, and a few that read.
///
/// SQLite has one writer at a time. Here it is one connection, so that writers queue for it in the
/// order they came instead of polling for SQLite's lock.
pub struct SqlitePools {
    writer: Connections<Manager>,
    readers: Connections<Manager>,
    files: Arc<OpenFiles>,
}

/// What a connection is for.
#[derive(Clone, Copy)]
enum Use {
    Reading,
    Writing,
}

impl SqlitePools {
    async fn run<Work: HotPath>(
        &self,
        connections: &Connections<Manager>,
        work: Work,
    ) -> Result<Work::Output, StoreError> {
        let mut conn = connections.get().await?;
        self.files.check()?;
        let output = work.run(&mut conn).await.map_err(store_error)?;
        // The files may have gone meanwhile, and what was written with them.
        self.files.check()?;
        Ok(output)
    }
}

impl Pools for SqlitePools {
    type Settings = SqliteSettings;

    /// Opens the file, which is made when it is missing.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`] when the file cannot be made or opened.
    async fn open(settings: SqliteSettings, runtime: Handle) -> Result<Self, StoreError> {
        file::create(&settings.path).map_err(unavailable)?;
        let connections = |size, purpose| {
            let builder = Pool::builder()
                .max_size(size)
                .min_idle(1)
                .max_lifetime(None)
                .idle_timeout(None)
                .retry_connection(false);
            // A connection to a file is not lost while it is idle.
            let rested = Rested::new(Duration::MAX, manager(&settings, &runtime, purpose));
            Connections::open(builder, WAIT, rested)
        };
        let path = settings.path.clone();
        let opening = runtime.spawn_blocking(move || OpenFiles::open(&path));
        let opened = opening.await.map_err(unavailable)?;
        Ok(Self {
            files: Arc::new(opened.map_err(unavailable)?),
            writer: connections(1, Use::Writing).await?,
            readers: connections(READERS, Use::Reading).await?,
        })
    }

    fn flavor(&self) -> &Flavor {
        &Flavor
    }

    async fn begin(&self) -> Result<SqlUnitOfWork, StoreError> {
        let conn = self.writer.get().await?;
        self.files.check()?;
        match SqlUnitOfWork::begin(conn, BEGIN, Flavor).await {
            Ok(work) => {
                let files = Arc::clone(&self.files);
                Ok(work.checked_by(move || files.check()))
            }
            // Contention: another program writes, and has been waited for. To retry at once, as
            // after a conflict, would let the client wait as long again.
            Err(StoreError::Contended(cause)) => Err(StoreError::Unavailable(cause)),
            Err(error) => Err(error),
        }
    }

    async fn read<Work: HotPath>(&self, work: Work) -> Result<Work::Output, StoreError> {
        self.run(&self.readers, work).await
    }

    async fn write<Work: HotPath>(&self, work: Work) -> Result<Work::Output, StoreError> {
        self.run(&self.writer, work).await
    }

    /// No work is retried: a connection to a file is not lost.
    async fn write_once<Work: HotPath>(&self, work: Work) -> Result<Work::Output, StoreError> {
        self.run(&self.writer, work).await
    }

    async fn is_migrated(&self) -> Result<bool, StoreError> {
        self.read(IsMigrated).await
    }
}

impl fmt::Debug for SqlitePools {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqlitePools").finish_non_exhaustive()
    }
}

fn open(settings: &SqliteSettings, purpose: Use) -> ConnectionResult<SqliteConnection> {
    match purpose {
        Use::Reading => file::open_to_read(&settings.path),
        Use::Writing => file::open(&settings.path, settings.synchronous),
    }
}

fn unavailable(error: impl Error + Send + Sync + 'static) -> StoreError {
    StoreError::Unavailable(Box::new(error))
}

fn manager(settings: &SqliteSettings, runtime: &Handle, purpose: Use) -> Manager {
    let (settings, runtime) = (settings.clone(), runtime.clone());
    let mut config = ManagerConfig::default();
    // A connection to a file is not lost: only whether a transaction was left open has to be checked.
    config.recycling_method = RecyclingMethod::Fast;
    config.custom_setup = Box::new(move |_| {
        let (settings, runtime) = (settings.clone(), runtime.clone());
        Box::pin(async move {
            let opening = runtime.spawn_blocking(move || open(&settings, purpose).map(Conn::new));
            opening
                .await
                .map_err(|error| ConnectionError::BadConnection(error.to_string()))?
        })
    });
    Manager::new_with_config("", config)
}
