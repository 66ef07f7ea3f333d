//! The store: a pool, and what to do when one of its connections turns out to be lost.

use std::{fmt, time::Duration};

use async_trait::async_trait;
use auth_domain::{
    DateTime, Utc,
    error::StoreError,
    ports::{
        ExpiredRows, NumberClaimant, RefreshRotation, Removal, RotatedSession, Store, UnitOfWork,
        UserLookup,
    },
    session::{HashedRefreshToken, HashedSessionToken, SessionId},
    user::{PhoneNumber, User, UserId},
};
use bb8::Pool;
use diesel::result::{DatabaseErrorKind, Error};
use diesel_async::{
    AsyncPgConnection,
    pooled_connection::{ManagerConfig, PoolableConnection, RecyclingMethod},
};
use sql_store::{
    Connections,
    postgres::{
        FindNumberClaimant, FindOpaqueSession, FindPersonalAccessToken, FindUser, HasSecurityKey,
        HotPath, IsSessionOpen, Manager, Ping, RemoveExpired, RotateRefreshToken, SqlUnitOfWork,
        discard, store_error,
    },
};
use tokio::runtime::Handle;

use crate::{PostgresUrl, connect, migrate::IsMigrated};

/// How to reach the database.
#[derive(Debug, Clone)]
pub struct PostgresSettings {
    /// Where it is.
    pub url: PostgresUrl,
    /// The most connections that are open at once; at least one.
    pub max_connections: u32,
    /// How long to wait for a connection, new or in use by others, before giving up.
    pub connect_timeout: Duration,
}

/// A store on PostgreSQL.
///
/// Behind a transaction pooler (`pgbouncer=true` in the URL) nothing changes here: [`connect()`]
/// then sees to it that no prepared statement has a name, and everything else that outlives a
/// statement lives in a transaction.
pub struct PostgresStore {
    connections: Connections<Manager>,
    max_connections: u32,
}

impl PostgresStore {
    /// Opens a first connection and, from then on, more as they are needed.
    ///
    /// Connections live on `runtime`, whoever asks for them. The database must have been
    /// [migrated](crate::migrate()).
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`] when the database lets nobody in for as long as
    /// `connect_timeout`.
    pub async fn connect(settings: PostgresSettings, runtime: Handle) -> Result<Self, StoreError> {
        // bb8 panics at zeros.
        let max_connections = settings.max_connections.max(1);
        let connect_timeout = settings.connect_timeout.max(Duration::from_millis(1));
        let builder = Pool::builder()
            .max_size(max_connections)
            .min_idle(1)
            .connection_timeout(connect_timeout);
        let connections = Connections::open(builder, manager(settings.url, runtime)).await?;
        Ok(Self {
            connections,
            max_connections,
        })
    }

    /// Does what may be done twice. A connection that turns out to be lost is no reason to fail as
    /// long as the pool may hold more of its kind: after a restart of the database all are lost.
    async fn read<Path: HotPath>(&self, path: Path) -> Result<Path::Output, StoreError> {
        let mut lost = 0;
        loop {
            match self.once(&path).await? {
                Err(StoreError::Unavailable(_)) if lost < self.max_connections => lost += 1,
                outcome => return outcome,
            }
        }
    }

    /// The outer failure: there is no connection to be had. The inner one: this one failed.
    async fn once<Path: HotPath>(
        &self,
        path: &Path,
    ) -> Result<Result<Path::Output, StoreError>, StoreError> {
        let mut conn = self.connections.get().await?;
        let outcome = path.run(&mut conn).await.map_err(store_error);
        if let Err(StoreError::Unavailable(_)) = outcome {
            discard(conn);
        }
        Ok(outcome)
    }
}

#[async_trait]
impl Store for PostgresStore {
    async fn begin(&self) -> Result<Box<dyn UnitOfWork>, StoreError> {
        let mut lost = 0;
        loop {
            let conn = self.connections.get().await?;
            match SqlUnitOfWork::begin(conn).await {
                Ok(work) => return Ok(Box::new(work)),
                Err(StoreError::Unavailable(_)) if lost < self.max_connections => lost += 1,
                Err(error) => return Err(error),
            }
        }
    }

    async fn find_user(&self, lookup: UserLookup<'_>) -> Result<Option<User>, StoreError> {
        self.read(FindUser(lookup)).await
    }

    /// Is not tried a second time: when the connection is lost, the first time may have worked,
    /// and the second would find nothing to rotate.
    async fn rotate_refresh_token(
        &self,
        rotation: &RefreshRotation,
    ) -> Result<Option<RotatedSession>, StoreError> {
        self.once(&RotateRefreshToken(rotation)).await?
    }

    async fn find_opaque_session(
        &self,
        hash: &HashedSessionToken,
        now: DateTime<Utc>,
    ) -> Result<Option<User>, StoreError> {
        self.read(FindOpaqueSession { hash, now }).await
    }

    async fn find_number_claimant(
        &self,
        number: &PhoneNumber,
        now: DateTime<Utc>,
    ) -> Result<Option<NumberClaimant>, StoreError> {
        self.read(FindNumberClaimant { number, now }).await
    }

    async fn find_personal_access_token(
        &self,
        hash: &HashedRefreshToken,
        now: DateTime<Utc>,
    ) -> Result<Option<User>, StoreError> {
        self.read(FindPersonalAccessToken { hash, now }).await
    }

    async fn is_session_open(
        &self,
        user: UserId,
        id: SessionId,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let wanted = IsSessionOpen { user, id, now };
        self.read(wanted).await
    }

    async fn has_security_key(&self, user: UserId) -> Result<bool, StoreError> {
        self.read(HasSecurityKey(user)).await
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
        self.read(wanted).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.read(Ping).await
    }

    async fn is_migrated(&self) -> Result<bool, StoreError> {
        self.read(IsMigrated).await
    }
}

impl fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresStore").finish_non_exhaustive()
    }
}

fn manager(url: PostgresUrl, runtime: Handle) -> Manager {
    let mut config = ManagerConfig::default();
    config.recycling_method = RecyclingMethod::CustomFunction(Box::new(|conn| {
        let usable = usable(conn);
        Box::pin(async move { usable })
    }));
    config.custom_setup = Box::new(move |_| {
        let (url, runtime) = (url.clone(), runtime.clone());
        Box::pin(async move { connect(&url, &runtime).await })
    });
    // The setup has the URL; a text here could only end up in a log.
    Manager::new_with_config("", config)
}

/// Whether a connection that was idle can be handed out. It asks the driver, not the database:
/// that would be a second round trip for each first one.
fn usable(conn: &mut AsyncPgConnection) -> Result<(), Error> {
    if conn.is_broken() {
        let closed = "the connection was closed while idle".to_owned();
        return Err(Error::DatabaseError(
            DatabaseErrorKind::ClosedConnection,
            Box::new(closed),
        ));
    }
    Ok(())
}
