//! The store: one connection that writes, some that read.

use std::{error::Error, fmt, path::PathBuf, sync::Arc, time::Duration};

use async_trait::async_trait;
use auth_domain::{
    DateTime, Utc,
    error::StoreError,
    ports::{
        ExpiredRows, MessageQueue, NumberClaimant, RefreshRotation, Removal, RotatedSession, Store,
        UnitOfWork, UserLookup,
    },
    queued_message::{FailedAttempt, MessageId, QueuedMessage},
    session::{HashedRefreshToken, HashedSessionToken, SessionId},
    user::{PhoneNumber, User, UserId},
};
use bb8::Pool;
use diesel::{ConnectionError, ConnectionResult, SqliteConnection};
use diesel_async::pooled_connection::{ManagerConfig, RecyclingMethod};
use sql_store::{
    Connections, Rested,
    sqlite::{
        ClaimMessages, Conn, ExpediteMessage, FindNumberClaimant, FindOpaqueSession,
        FindPersonalAccessToken, FindUser, Flavor, HasSecurityKey, HotPath, IsMessageDue,
        IsSessionOpen, ListMessages, Manager, Ping, PostponeMessage, RemoveExpired, RemoveMessage,
        RotateRefreshToken, SqlUnitOfWork, store_error,
    },
};
use tokio::runtime::Handle;

use crate::{
    file::{self, Synchronous},
    file_identity::OpenFiles,
    migrate::IsMigrated,
};

/// Connections that read. Reading takes some ten microseconds, so a few go a long way.
const READERS: u32 = 4;

/// How long to wait for a connection while nobody is given one: for the writer, that is how long a
/// single unit of work may take before others are told that the database is busy.
const WAIT: Duration = Duration::from_millis(1500);

/// Begins a transaction with the write lock in hand.
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
/// SQLite has one writer at a time. Here it is one connection, so that writers queue for it in the
/// order they came instead of polling for SQLite's lock.
pub struct SqliteStore {
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

impl SqliteStore {
    /// Opens the database. It must have been [migrated](crate::migrate()).
    ///
    /// All work is done on the blocking threads of `runtime`, which has to be a multi-thread one.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`] when the file cannot be made or opened. Later on all methods
    /// answer it once a file of the database was not the one that was opened here.
    pub async fn open(settings: SqliteSettings, runtime: Handle) -> Result<Self, StoreError> {
        file::create(&settings.path).map_err(unavailable)?;
        let connections = |size, purpose| {
            let builder = Pool::builder()
                .max_size(size)
                .min_idle(1)
                .max_lifetime(None)
                .idle_timeout(None)
                .retry_connection(false);
            // A file does not hang up while nobody uses it.
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
}

impl SqliteStore {
    async fn run<Path: HotPath>(
        &self,
        connections: &Connections<Manager>,
        path: Path,
    ) -> Result<Path::Output, StoreError> {
        let mut conn = connections.get().await?;
        self.files.check()?;
        let output = path.run(&mut conn).await.map_err(store_error)?;
        // The files may have gone meanwhile, and what was written with them.
        self.files.check()?;
        Ok(output)
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn begin(&self) -> Result<Box<dyn UnitOfWork>, StoreError> {
        let conn = self.writer.get().await?;
        self.files.check()?;
        match SqlUnitOfWork::begin(conn, BEGIN, Flavor).await {
            Ok(work) => {
                let files = Arc::clone(&self.files);
                Ok(Box::new(work.checked_by(move || files.check())))
            }
            // Another program writes, and has been waited for. To try again at once, as with work
            // that met a conflict, would let the client wait as long again.
            Err(StoreError::Contended(cause)) => Err(StoreError::Unavailable(cause)),
            Err(error) => Err(error),
        }
    }

    async fn find_user(&self, lookup: UserLookup<'_>) -> Result<Option<User>, StoreError> {
        self.run(&self.readers, FindUser(lookup, &Flavor)).await
    }

    async fn rotate_refresh_token(
        &self,
        rotation: &RefreshRotation,
    ) -> Result<Option<RotatedSession>, StoreError> {
        self.run(&self.writer, RotateRefreshToken(rotation)).await
    }

    async fn find_opaque_session(
        &self,
        hash: &HashedSessionToken,
        now: DateTime<Utc>,
    ) -> Result<Option<User>, StoreError> {
        self.run(&self.readers, FindOpaqueSession { hash, now })
            .await
    }

    async fn find_number_claimant(
        &self,
        number: &PhoneNumber,
        now: DateTime<Utc>,
    ) -> Result<Option<NumberClaimant>, StoreError> {
        self.run(&self.readers, FindNumberClaimant { number, now })
            .await
    }

    async fn find_personal_access_token(
        &self,
        hash: &HashedRefreshToken,
        now: DateTime<Utc>,
    ) -> Result<Option<User>, StoreError> {
        self.run(&self.readers, FindPersonalAccessToken { hash, now })
            .await
    }

    async fn is_session_open(
        &self,
        user: UserId,
        id: SessionId,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let wanted = IsSessionOpen { user, id, now };
        self.run(&self.readers, wanted).await
    }

    async fn has_security_key(&self, user: UserId) -> Result<bool, StoreError> {
        self.run(&self.readers, HasSecurityKey(user)).await
    }

    async fn remove_expired(
        &self,
        rows: ExpiredRows,
        before: DateTime<Utc>,
        limit: u32,
    ) -> Result<Removal, StoreError> {
        let wanted = RemoveExpired {
            rows,
            before,
            limit,
        };
        self.run(&self.writer, wanted).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.run(&self.readers, Ping).await
    }

    async fn is_migrated(&self) -> Result<bool, StoreError> {
        self.run(&self.readers, IsMigrated).await
    }
}

#[async_trait]
impl MessageQueue for SqliteStore {
    async fn lease_messages(
        &self,
        now: DateTime<Utc>,
        leased_until: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<QueuedMessage>, StoreError> {
        if !self.run(&self.readers, IsMessageDue(now)).await? {
            return Ok(Vec::new());
        }
        let wanted = ClaimMessages {
            now,
            leased_until,
            limit,
        };
        self.run(&self.writer, wanted).await
    }

    async fn remove_message(&self, id: MessageId) -> Result<(), StoreError> {
        self.run(&self.writer, RemoveMessage(id)).await
    }

    async fn postpone_message(&self, failed: &FailedAttempt) -> Result<(), StoreError> {
        self.run(&self.writer, PostponeMessage(failed)).await
    }

    async fn list_messages(
        &self,
        now: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<QueuedMessage>, StoreError> {
        self.run(&self.readers, ListMessages { now, limit }).await
    }

    async fn expedite_message(
        &self,
        id: MessageId,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        self.run(&self.writer, ExpediteMessage { id, now }).await
    }
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStore").finish_non_exhaustive()
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
    // A file does not hang up: whether a transaction was left open is all there is to ask.
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
