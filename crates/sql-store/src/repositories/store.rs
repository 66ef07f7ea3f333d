//! The store: every method of the port is one piece of work for a connection.

use std::fmt;

use async_trait::async_trait;
use auth_domain::{
    error::StoreError,
    ports::{
        ExpiredRows, MessageQueue, NumberClaimant, RefreshRotation, RefreshTokenTrace, Removal,
        RotatedSession, Store, UnitOfWork, UserLookup,
    },
    queued_message::{FailedAttempt, MessageId, QueuedMessage},
    session::{HashedRefreshToken, HashedSessionToken, SessionId},
    user::{PhoneNumber, User, UserId},
};
use chrono::{DateTime, Utc};

use super::{
    super::hot::RotateRefreshToken,
    clean_up::RemoveExpired,
    dialect::HAS_ONE_WRITER,
    hot_path::{
        FindNumberClaimant, FindOpaqueSession, FindPersonalAccessToken, FindUser, HasSecurityKey,
        IsSessionOpen, Ping,
    },
    pools::Pools,
    queued_messages::{
        ExpediteMessage, IsMessageDue, LeaseMessages, ListMessages, PostponeMessage, RemoveMessage,
    },
    refresh_trace::TraceRefreshToken,
};

/// A store over the connections to one database.
pub struct SqlStore<P> {
    pools: P,
}

impl<P: Pools> SqlStore<P> {
    pub(crate) fn over(pools: P) -> Self {
        Self { pools }
    }
}

#[async_trait]
impl<P: Pools> Store for SqlStore<P> {
    async fn begin(&self) -> Result<Box<dyn UnitOfWork>, StoreError> {
        Ok(Box::new(self.pools.begin().await?))
    }

    async fn find_user(&self, lookup: UserLookup<'_>) -> Result<Option<User>, StoreError> {
        let flavor = self.pools.flavor();
        self.pools.read(FindUser(lookup, flavor)).await
    }

    /// Not idempotent: a retry would find nothing to rotate.
    async fn rotate_refresh_token(
        &self,
        rotation: &RefreshRotation,
    ) -> Result<Option<RotatedSession>, StoreError> {
        self.pools.write_once(RotateRefreshToken(rotation)).await
    }

    async fn trace_refresh_token(
        &self,
        hash: &HashedRefreshToken,
        now: DateTime<Utc>,
    ) -> Result<RefreshTokenTrace, StoreError> {
        self.pools.read(TraceRefreshToken { hash, now }).await
    }

    async fn find_opaque_session(
        &self,
        hash: &HashedSessionToken,
        now: DateTime<Utc>,
    ) -> Result<Option<User>, StoreError> {
        self.pools.read(FindOpaqueSession { hash, now }).await
    }

    async fn find_number_claimant(
        &self,
        number: &PhoneNumber,
        now: DateTime<Utc>,
    ) -> Result<Option<NumberClaimant>, StoreError> {
        self.pools.read(FindNumberClaimant { number, now }).await
    }

    async fn find_personal_access_token(
        &self,
        hash: &HashedRefreshToken,
        now: DateTime<Utc>,
    ) -> Result<Option<User>, StoreError> {
        self.pools.read(FindPersonalAccessToken { hash, now }).await
    }

    async fn is_session_open(
        &self,
        user: UserId,
        id: SessionId,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        self.pools.read(IsSessionOpen { user, id, now }).await
    }

    async fn has_security_key(&self, user: UserId) -> Result<bool, StoreError> {
        self.pools.read(HasSecurityKey(user)).await
    }

    async fn remove_expired(
        &self,
        rows: ExpiredRows,
        before: DateTime<Utc>,
        limit: u32,
    ) -> Result<Removal, StoreError> {
        let expired = RemoveExpired {
            rows,
            before,
            limit,
        };
        self.pools.write(expired).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.pools.read(Ping).await
    }

    async fn is_migrated(&self) -> Result<bool, StoreError> {
        self.pools.is_migrated().await
    }
}

#[async_trait]
impl<P: Pools> MessageQueue for SqlStore<P> {
    /// Not idempotent: the first attempt may have leased some, and that lease has to run out.
    async fn lease_messages(
        &self,
        now: DateTime<Utc>,
        leased_until: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<QueuedMessage>, StoreError> {
        if HAS_ONE_WRITER && !self.pools.read(IsMessageDue(now)).await? {
            return Ok(Vec::new());
        }
        let due = LeaseMessages {
            now,
            leased_until,
            limit,
        };
        self.pools.write_once(due).await
    }

    async fn remove_message(&self, id: MessageId) -> Result<(), StoreError> {
        self.pools.write(RemoveMessage(id)).await
    }

    async fn postpone_message(&self, failed: &FailedAttempt) -> Result<(), StoreError> {
        self.pools.write(PostponeMessage(failed)).await
    }

    async fn list_messages(
        &self,
        now: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<QueuedMessage>, StoreError> {
        self.pools.read(ListMessages { now, limit }).await
    }

    async fn expedite_message(
        &self,
        id: MessageId,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        self.pools.write(ExpediteMessage { id, now }).await
    }
}

impl<P> fmt::Debug for SqlStore<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqlStore").finish_non_exhaustive()
    }
}
