//! A store in memory.
//!
//! It is as strict as a database may be: after a repository returned an error, its unit of work
//! refuses everything but its end, as PostgreSQL does. Code that is tested with it therefore does
//! not rely on a more lenient database.

mod expiry;
mod factors;
mod guesses;
mod identities;
mod messages;
mod repositories;
mod secrets;
mod security_keys;
mod shared;
mod state;
mod unique;
mod unit_of_work;

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use auth_domain::{
    DateTime, Utc,
    error::StoreError,
    ports::{
        Clock, ExpiredRows, MessageQueue, NumberClaimant, RefreshRotation, RefreshTokenTrace,
        Removal, RotatedSession, Store, UnitOfWork, UserLookup,
    },
    queued_message::{FailedAttempt, MessageId, QueuedMessage},
    session::{HashedRefreshToken, HashedSessionToken, SessionId},
    system::SystemClock,
    ticket::NewTicket,
    user::{PhoneNumber, User, UserId},
};

use self::{shared::Shared, unit_of_work::MemoryUnitOfWork};

/// A store that keeps everything in memory, for tests and for trying things out.
///
/// Writers take turns; readers do not wait for them. Clones share one content, which is dropped
/// with the last of them.
#[derive(Clone)]
pub struct MemoryStore {
    shared: Arc<Shared>,
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore").finish_non_exhaustive()
    }
}

impl MemoryStore {
    /// An empty store that holds the roles `user`, `anonymous` and `me`.
    #[must_use]
    pub fn new() -> Self {
        Self::with_clock(Arc::new(SystemClock))
    }

    /// The same with another clock, for tests that advance the time.
    #[must_use]
    pub fn with_clock(clock: Arc<dyn Clock>) -> Self {
        Self {
            shared: Arc::new(Shared::new(clock)),
        }
    }

    /// The tickets of a user, oldest first. No port returns them, but a test may need them.
    #[must_use]
    pub fn tickets_of(&self, user: UserId) -> Vec<NewTicket> {
        self.shared.committed().tickets_of(user)
    }

    /// Disables the account of a user, as an administrator does.
    pub async fn disable(&self, user: UserId) {
        let turn = self.shared.turn().await;
        self.shared.committed_mut(&turn).disable(user);
    }

    /// Deletes a user with everything of theirs, as an administrator does.
    pub async fn delete(&self, user: UserId) {
        let turn = self.shared.turn().await;
        self.shared.committed_mut(&turn).delete(user);
    }

    /// When a user was last seen. No port returns it, but a test may need it.
    #[must_use]
    pub fn last_seen(&self, user: UserId) -> Option<DateTime<Utc>> {
        self.shared.committed().last_seen(user)
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn begin(&self) -> Result<Box<dyn UnitOfWork>, StoreError> {
        let work = MemoryUnitOfWork::begin(Arc::clone(&self.shared)).await;
        Ok(Box::new(work))
    }

    async fn find_user(&self, lookup: UserLookup<'_>) -> Result<Option<User>, StoreError> {
        Ok(self.shared.committed().find_user(lookup).cloned())
    }

    async fn find_number_claimant(
        &self,
        number: &PhoneNumber,
        now: DateTime<Utc>,
    ) -> Result<Option<NumberClaimant>, StoreError> {
        Ok(self.shared.committed().find_number_claimant(number, now))
    }

    async fn rotate_refresh_token(
        &self,
        rotation: &RefreshRotation,
    ) -> Result<Option<RotatedSession>, StoreError> {
        let turn = self.shared.turn().await;
        let clock = self.shared.clock.now();
        Ok(self.shared.committed_mut(&turn).rotate(rotation, clock))
    }

    async fn find_opaque_session(
        &self,
        hash: &HashedSessionToken,
        now: DateTime<Utc>,
    ) -> Result<Option<User>, StoreError> {
        Ok(self
            .shared
            .committed()
            .find_opaque_session(hash, now)
            .cloned())
    }

    async fn trace_refresh_token(
        &self,
        hash: &HashedRefreshToken,
        now: DateTime<Utc>,
    ) -> Result<RefreshTokenTrace, StoreError> {
        let clock = self.shared.clock.now();
        Ok(self.shared.committed().trace(hash, (now, clock)))
    }

    async fn find_personal_access_token(
        &self,
        hash: &HashedRefreshToken,
        now: DateTime<Utc>,
    ) -> Result<Option<User>, StoreError> {
        Ok(self
            .shared
            .committed()
            .find_personal_access_token(hash, now)
            .cloned())
    }

    async fn is_session_open(
        &self,
        user: UserId,
        id: SessionId,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        Ok(self.shared.committed().is_session_open(user, id, now))
    }

    async fn has_security_key(&self, user: UserId) -> Result<bool, StoreError> {
        Ok(self.shared.committed().security_keys.has_any(user))
    }

    async fn remove_expired(
        &self,
        rows: ExpiredRows,
        before: DateTime<Utc>,
        limit: u32,
    ) -> Result<Removal, StoreError> {
        let turn = self.shared.turn().await;
        let mut state = self.shared.committed_mut(&turn);
        let removed = state.remove_expired(rows, before, limit as usize);
        Ok(Removal::Removed(removed as u64))
    }

    async fn ping(&self) -> Result<(), StoreError> {
        Ok(())
    }

    async fn is_migrated(&self) -> Result<bool, StoreError> {
        Ok(true)
    }
}

#[async_trait]
impl MessageQueue for MemoryStore {
    async fn lease_messages(
        &self,
        now: DateTime<Utc>,
        leased_until: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<QueuedMessage>, StoreError> {
        let turn = self.shared.turn().await;
        let mut state = self.shared.committed_mut(&turn);
        Ok(state.messages().lease(now, leased_until, limit as usize))
    }

    async fn remove_message(&self, id: MessageId) -> Result<(), StoreError> {
        let turn = self.shared.turn().await;
        self.shared.committed_mut(&turn).messages().remove(id);
        Ok(())
    }

    async fn postpone_message(&self, failed: &FailedAttempt) -> Result<(), StoreError> {
        let turn = self.shared.turn().await;
        self.shared.committed_mut(&turn).messages().postpone(failed);
        Ok(())
    }

    async fn list_messages(
        &self,
        now: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<QueuedMessage>, StoreError> {
        let turn = self.shared.turn().await;
        let mut state = self.shared.committed_mut(&turn);
        Ok(state.messages().list(now, limit as usize))
    }

    async fn expedite_message(
        &self,
        id: MessageId,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let turn = self.shared.turn().await;
        let mut state = self.shared.committed_mut(&turn);
        Ok(state.messages().expedite(id, now))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use auth_domain::{ports::RefreshTokenTrace, testing::FixedClock, user::Role};
    use chrono::TimeDelta;

    use super::*;
    use crate::{
        samples::{
            LIFE, at, new_ticket, new_user, refresh_hash, refresh_token, rotation, rotation_at,
            ticket, user_id,
        },
        steps::{given_refresh_token, given_user, trace, try_to_insert},
    };

    #[tokio::test]
    async fn a_hasura_id_is_not_given_out_again_after_a_rollback() {
        let store = MemoryStore::new();

        let mut undone = store.begin().await.unwrap();
        let lost = undone.users().insert(&new_user("ada")).await.unwrap();
        undone.rollback().await.unwrap();

        assert_ne!(given_user(&store, new_user("eve")).await.hasura_id, lost);
    }

    #[tokio::test]
    async fn a_failed_unit_of_work_refuses_all_but_its_end() {
        let store = MemoryStore::new();
        given_user(&store, new_user("ada")).await;
        let mut work = store.begin().await.unwrap();

        assert!(work.users().insert(&new_user("ada")).await.is_err());
        assert!(work.roles().ensure(&[Role::user()]).await.is_err());
        assert!(work.commit().await.is_err());

        assert!(try_to_insert(&store, &new_user("eve")).await.is_ok());
    }

    #[tokio::test]
    async fn a_users_tickets_are_told_oldest_first() {
        let store = MemoryStore::new();
        given_user(&store, new_user("ada")).await;
        let tickets = [0, LIFE - 1, LIFE].map(|created| NewTicket {
            created_at: at(created),
            expires_at: at(created + LIFE),
            ..new_ticket(&ticket(&created.to_string()), user_id("ada"))
        });

        let mut work = store.begin().await.unwrap();
        for ticket in &tickets {
            work.tickets().insert(ticket).await.unwrap();
        }
        work.commit().await.unwrap();

        assert_eq!(store.tickets_of(user_id("ada")), tickets);
        assert_eq!(store.tickets_of(user_id("eve")), []);
    }

    #[tokio::test]
    async fn touching_and_rotating_note_when_the_user_was_here() {
        let store = MemoryStore::new();
        given_user(&store, new_user("ada")).await;
        given_refresh_token(&store, &refresh_token("first", user_id("ada"))).await;
        assert_eq!(store.last_seen(user_id("ada")), None);

        let mut work = store.begin().await.unwrap();
        work.users().touch(user_id("ada"), at(5)).await.unwrap();
        work.commit().await.unwrap();
        assert_eq!(store.last_seen(user_id("ada")), Some(at(5)));

        store
            .rotate_refresh_token(&rotation_at(90, "first", "second"))
            .await
            .unwrap();
        assert_eq!(store.last_seen(user_id("ada")), Some(at(90)));
    }

    #[tokio::test]
    async fn predecessors_from_before_the_limit_are_forgotten() {
        let clock = Arc::new(FixedClock::default());
        let store = MemoryStore::with_clock(Arc::clone(&clock) as _);
        given_user(&store, new_user("ada")).await;
        given_refresh_token(&store, &refresh_token("first", user_id("ada"))).await;

        for (from, to) in [("first", "second"), ("second", "third")] {
            let rotation = RefreshRotation {
                remember_for: Duration::from_secs(59),
                ..rotation(from, to)
            };
            let rotated = store.rotate_refresh_token(&rotation).await.unwrap();
            assert!(rotated.is_some());
            clock.advance(Duration::from_mins(1));
        }

        assert_eq!(trace(&store, "first").await, RefreshTokenTrace::Unknown);
        assert!(matches!(
            trace(&store, "second").await,
            RefreshTokenTrace::Superseded { current, age, .. }
                if current == refresh_hash("third") && age == TimeDelta::minutes(1)
        ));
    }
}
