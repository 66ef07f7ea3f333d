//! A store that stops or fails before a chosen call of a use case (fault injection).

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicUsize, Ordering},
};

use async_trait::async_trait;
use auth_domain::{
    DateTime, Utc,
    error::StoreError,
    ports::{
        ExpiredRows, MessageQueue, NumberClaimant, RefreshRotation, RefreshTokenTrace, Removal,
        RotatedSession, Store, UnitOfWork, UserLookup,
    },
    queued_message::{FailedAttempt, MessageId, QueuedMessage},
    session::{HashedRefreshToken, HashedSessionToken, SessionId},
    user::{PhoneNumber, User, UserId},
};
use tokio::sync::oneshot;

/// Delegates to another store, and is interrupted before one of the calls. A unit of work counts as
/// one call.
pub(crate) struct InterruptedStore {
    store: Arc<dyn Store>,
    calls: AtomicUsize,
    before: usize,
    interruption: Mutex<Option<Interruption>>,
}

enum Interruption {
    Stop(oneshot::Sender<()>, oneshot::Receiver<()>),
    Failure,
}

/// The test's end of the stop.
pub(crate) struct Stop {
    /// Resolves when the store has stopped.
    pub(crate) reached: oneshot::Receiver<()>,
    /// Lets it go on.
    pub(crate) go_on: oneshot::Sender<()>,
}

impl InterruptedStore {
    /// Stops before the call of this number, counted from 0.
    pub(crate) fn stopping(store: Arc<dyn Store>, before: usize) -> (Self, Stop) {
        let (reach, reached) = oneshot::channel();
        let (go_on, continued) = oneshot::channel();
        let interruption = Interruption::Stop(reach, continued);
        let stopping = Self::new(store, before, interruption);
        (stopping, Stop { reached, go_on })
    }

    /// Fails in place of the call of this number, counted from 0, as if the database were away.
    pub(crate) fn failing(store: Arc<dyn Store>, before: usize) -> Self {
        Self::new(store, before, Interruption::Failure)
    }

    fn new(store: Arc<dyn Store>, before: usize, interruption: Interruption) -> Self {
        Self {
            store,
            calls: AtomicUsize::new(0),
            before,
            interruption: Mutex::new(Some(interruption)),
        }
    }

    async fn step(&self) -> Result<(), StoreError> {
        if self.calls.fetch_add(1, Ordering::Relaxed) != self.before {
            return Ok(());
        }
        let interruption = self
            .interruption
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        match interruption {
            Some(Interruption::Stop(reach, continued)) => {
                if reach.send(()).is_ok() {
                    let _ = continued.await;
                }
                Ok(())
            }
            Some(Interruption::Failure) => Err(StoreError::Unavailable("told to fail".into())),
            None => Ok(()),
        }
    }
}

#[async_trait]
impl Store for InterruptedStore {
    async fn begin(&self) -> Result<Box<dyn UnitOfWork>, StoreError> {
        self.step().await?;
        self.store.begin().await
    }

    async fn find_user(&self, lookup: UserLookup<'_>) -> Result<Option<User>, StoreError> {
        self.step().await?;
        self.store.find_user(lookup).await
    }

    async fn find_number_claimant(
        &self,
        number: &PhoneNumber,
        now: DateTime<Utc>,
    ) -> Result<Option<NumberClaimant>, StoreError> {
        self.step().await?;
        self.store.find_number_claimant(number, now).await
    }

    async fn rotate_refresh_token(
        &self,
        rotation: &RefreshRotation,
    ) -> Result<Option<RotatedSession>, StoreError> {
        self.step().await?;
        self.store.rotate_refresh_token(rotation).await
    }

    async fn trace_refresh_token(
        &self,
        hash: &HashedRefreshToken,
        now: DateTime<Utc>,
    ) -> Result<RefreshTokenTrace, StoreError> {
        self.step().await?;
        self.store.trace_refresh_token(hash, now).await
    }

    async fn find_opaque_session(
        &self,
        hash: &HashedSessionToken,
        now: DateTime<Utc>,
    ) -> Result<Option<User>, StoreError> {
        self.step().await?;
        self.store.find_opaque_session(hash, now).await
    }

    async fn find_personal_access_token(
        &self,
        hash: &HashedRefreshToken,
        now: DateTime<Utc>,
    ) -> Result<Option<User>, StoreError> {
        self.step().await?;
        self.store.find_personal_access_token(hash, now).await
    }

    async fn is_session_open(
        &self,
        user: UserId,
        id: SessionId,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        self.step().await?;
        self.store.is_session_open(user, id, now).await
    }

    async fn has_security_key(&self, user: UserId) -> Result<bool, StoreError> {
        self.step().await?;
        self.store.has_security_key(user).await
    }

    async fn remove_expired(
        &self,
        rows: ExpiredRows,
        before: DateTime<Utc>,
        limit: u32,
    ) -> Result<Removal, StoreError> {
        self.step().await?;
        self.store.remove_expired(rows, before, limit).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.store.ping().await
    }

    async fn is_migrated(&self) -> Result<bool, StoreError> {
        self.store.is_migrated().await
    }
}

#[async_trait]
impl MessageQueue for InterruptedStore {
    async fn lease_messages(
        &self,
        now: DateTime<Utc>,
        leased_until: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<QueuedMessage>, StoreError> {
        self.step().await?;
        self.store.lease_messages(now, leased_until, limit).await
    }

    async fn remove_message(&self, id: MessageId) -> Result<(), StoreError> {
        self.step().await?;
        self.store.remove_message(id).await
    }

    async fn postpone_message(&self, failed: &FailedAttempt) -> Result<(), StoreError> {
        self.step().await?;
        self.store.postpone_message(failed).await
    }

    async fn list_messages(
        &self,
        now: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<QueuedMessage>, StoreError> {
        self.step().await?;
        self.store.list_messages(now, limit).await
    }

    async fn expedite_message(
        &self,
        id: MessageId,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        self.step().await?;
        self.store.expedite_message(id, now).await
    }
}
