//! A store in memory.
//!
//! It is strict where a database may be: after a repository returned an error, its unit of work
//! refuses everything but its end, as PostgreSQL does. Code that is tested with it therefore does
//! not lean on the patience of one database.

mod factors;
mod guesses;
mod identities;
mod messages;
mod secrets;
mod security_keys;
mod state;

use std::{
    fmt,
    sync::{
        Arc, RwLock, RwLockReadGuard, RwLockWriteGuard,
        atomic::{AtomicI64, Ordering},
    },
};

use async_trait::async_trait;
use auth_domain::{
    DateTime, Utc,
    error::StoreError,
    flow_binding::EndedFlow,
    guessing::Place,
    one_time_code::{CodeGuess, CodePurpose, CodeVerdict, NewCode},
    ports::{
        Clock, Deanonymization, EndedSessions, ExpiredRows, LinkedIdentityRepository, MessageQueue,
        MessageRepository, NumberClaimant, RefreshRotation, RefreshTokenTrace, Removal,
        RoleRepository, RotatedSession, SecondFactorRepository, SecurityKeyRepository,
        SessionRepository, StagedProfile, Store, TicketRepository, UnitOfWork, UserLookup,
        UserRepository,
    },
    queued_message::{FailedAttempt, MessageId, NewQueuedMessage, QueuedMessage},
    session::{
        HashedExchangeCode, HashedRefreshToken, HashedSessionToken, OpenSession, SessionId,
        StoredExchangeCode, StoredOpaqueSession, StoredRefreshToken,
    },
    system::SystemClock,
    ticket::{NewTicket, RedeemedTicket, Ticket},
    user::{EmailAddress, HashedPassword, HasuraId, NewUser, PhoneNumber, Role, User, UserId},
};
use tokio::sync::{Mutex, OwnedMutexGuard};

use self::state::State;

/// The id of the first person; 1 is kept for the administrator.
const FIRST_HASURA_ID: i64 = 2;

/// A store that keeps everything in memory, for tests and for trying things out.
///
/// Writers take turns; readers do not wait for them. Clones share one content, which is gone with
/// the last of them.
#[derive(Clone)]
pub struct MemoryStore {
    shared: Arc<Shared>,
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore").finish_non_exhaustive()
    }
}

struct Shared {
    committed: RwLock<State>,
    /// Held by the one writer there may be.
    turn: Arc<Mutex<()>>,
    /// Beside the state, so that an id is not given out again after a rollback.
    next_hasura_id: AtomicI64,
    /// When rotations happen, and how long ago they were.
    clock: Arc<dyn Clock>,
}

impl MemoryStore {
    /// An empty store that holds the roles `user`, `anonymous` and `me`.
    #[must_use]
    pub fn new() -> Self {
        Self::with_clock(Arc::new(SystemClock))
    }

    /// The same with another clock, for tests in which time passes at once.
    #[must_use]
    pub fn with_clock(clock: Arc<dyn Clock>) -> Self {
        let shared = Shared {
            committed: RwLock::new(State::new()),
            turn: Arc::default(),
            next_hasura_id: AtomicI64::new(FIRST_HASURA_ID),
            clock,
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// The tickets of a user, oldest first. No port tells, but a test may want to know.
    #[must_use]
    pub fn tickets_of(&self, user: UserId) -> Vec<NewTicket> {
        self.shared.committed().tickets_of(user)
    }

    /// Disables the account of a user, as an administrator does.
    pub async fn disable(&self, user: UserId) {
        let turn = self.shared.turn().await;
        self.shared.committed_mut(&turn).disable(user);
    }

    /// Deletes a user with all that is theirs, as an administrator does.
    pub async fn delete(&self, user: UserId) {
        let turn = self.shared.turn().await;
        self.shared.committed_mut(&turn).delete(user);
    }

    /// When a user was here last. No port tells, but a test may want to know.
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

impl Shared {
    /// What is visible to everybody. The lock is never held across a change that could panic half
    /// way, so a poisoned one still guards a sound state.
    fn committed(&self) -> RwLockReadGuard<'_, State> {
        match self.committed.read() {
            Ok(state) => state,
            Err(poisoned) => poisoned.into_inner(),
        }
    }

    /// See [`committed`](Self::committed). Only who holds the turn may change it.
    fn committed_mut(&self, _turn: &OwnedMutexGuard<()>) -> RwLockWriteGuard<'_, State> {
        match self.committed.write() {
            Ok(state) => state,
            Err(poisoned) => poisoned.into_inner(),
        }
    }

    async fn turn(&self) -> OwnedMutexGuard<()> {
        Arc::clone(&self.turn).lock_owned().await
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn begin(&self) -> Result<Box<dyn UnitOfWork>, StoreError> {
        let turn = self.shared.turn().await;
        let draft = self.shared.committed().clone();
        Ok(Box::new(MemoryUnitOfWork {
            shared: Arc::clone(&self.shared),
            turn,
            draft,
            failed: false,
        }))
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

/// Changes a copy of the state; nobody else can begin one until it ends.
struct MemoryUnitOfWork {
    shared: Arc<Shared>,
    turn: OwnedMutexGuard<()>,
    draft: State,
    failed: bool,
}

impl MemoryUnitOfWork {
    fn attempt<T>(
        &mut self,
        step: impl FnOnce(&mut State) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.check_not_failed()?;
        let outcome = step(&mut self.draft);
        self.failed = outcome.is_err();
        outcome
    }

    fn check_not_failed(&self) -> Result<(), StoreError> {
        if self.failed {
            let cause = "an earlier step of the unit of work failed; only its end is allowed";
            return Err(StoreError::Backend(cause.into()));
        }
        Ok(())
    }
}

#[async_trait]
impl UnitOfWork for MemoryUnitOfWork {
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

    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        self.check_not_failed()?;
        let Self {
            shared,
            turn,
            draft,
            ..
        } = *self;
        *shared.committed_mut(&turn) = draft;
        Ok(())
    }

    async fn rollback(self: Box<Self>) -> Result<(), StoreError> {
        Ok(())
    }
}

#[async_trait]
impl UserRepository for MemoryUnitOfWork {
    async fn insert(&mut self, user: &NewUser) -> Result<HasuraId, StoreError> {
        let id = HasuraId(self.shared.next_hasura_id.fetch_add(1, Ordering::Relaxed));
        self.attempt(|state| state.insert_user(user.clone().stored(id)))?;
        Ok(id)
    }

    async fn find(&mut self, lookup: UserLookup<'_>) -> Result<Option<User>, StoreError> {
        self.attempt(|state| Ok(state.find_user(lookup).cloned()))
    }

    async fn lock(&mut self, user: UserId) -> Result<Option<User>, StoreError> {
        // There is one writer at a time.
        self.attempt(|state| Ok(state.find_user(UserLookup::Id(user)).cloned()))
    }

    async fn set_password(
        &mut self,
        user: UserId,
        hash: &HashedPassword,
    ) -> Result<bool, StoreError> {
        self.attempt(|state| Ok(state.set_password(user, hash.clone())))
    }

    async fn clear_password(&mut self, user: UserId) -> Result<bool, StoreError> {
        self.attempt(|state| Ok(state.clear_password(user)))
    }

    async fn set_email_verified(&mut self, user: UserId) -> Result<bool, StoreError> {
        self.attempt(|state| Ok(state.set_email_verified(user)))
    }

    async fn set_new_email(
        &mut self,
        user: UserId,
        email: &EmailAddress,
    ) -> Result<bool, StoreError> {
        self.attempt(|state| Ok(state.set_new_email(user, email.clone())))
    }

    async fn move_to_new_email(&mut self, user: UserId) -> Result<bool, StoreError> {
        self.attempt(|state| state.move_to_new_email(user))
    }

    async fn set_phone_number_verified(&mut self, user: UserId) -> Result<bool, StoreError> {
        self.attempt(|state| Ok(state.set_phone_number_verified(user)))
    }

    async fn clear_phone_number(&mut self, user: UserId) -> Result<bool, StoreError> {
        self.attempt(|state| Ok(state.clear_phone_number(user)))
    }

    async fn stage_phone_number(
        &mut self,
        user: UserId,
        number: &PhoneNumber,
        profile: Option<&StagedProfile>,
    ) -> Result<bool, StoreError> {
        self.attempt(|state| Ok(state.stage_phone_number(user, number.clone(), profile.cloned())))
    }

    async fn move_to_phone_number(
        &mut self,
        user: UserId,
        number: &PhoneNumber,
    ) -> Result<bool, StoreError> {
        self.attempt(|state| state.move_to_phone_number(user, number.clone()))
    }

    async fn deanonymize(
        &mut self,
        user: UserId,
        changes: &Deanonymization,
    ) -> Result<bool, StoreError> {
        self.attempt(|state| state.deanonymize(user, changes.clone()))
    }

    async fn touch(&mut self, user: UserId, now: DateTime<Utc>) -> Result<bool, StoreError> {
        self.attempt(|state| Ok(state.touch(user, now)))
    }
}

#[async_trait]
impl RoleRepository for MemoryUnitOfWork {
    async fn ensure(&mut self, roles: &[Role]) -> Result<(), StoreError> {
        self.attempt(|state| {
            state.ensure_roles(roles);
            Ok(())
        })
    }
}

#[async_trait]
impl SessionRepository for MemoryUnitOfWork {
    async fn note_place(
        &mut self,
        user: UserId,
        place: &Place,
        until: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        self.attempt(|state| state.note_place(user, place.clone(), until))
    }

    async fn forget_places_of(&mut self, user: UserId) -> Result<(), StoreError> {
        self.attempt(|state| {
            state.places.forget_all_of(user);
            Ok(())
        })
    }

    async fn insert_refresh_token(&mut self, token: &StoredRefreshToken) -> Result<(), StoreError> {
        self.attempt(|state| state.insert_refresh_token(token.clone()))
    }

    async fn trace_refresh_token(
        &mut self,
        hash: &HashedRefreshToken,
        now: DateTime<Utc>,
    ) -> Result<RefreshTokenTrace, StoreError> {
        let clock = self.shared.clock.now();
        self.attempt(|state| Ok(state.trace(hash, (now, clock))))
    }

    async fn end(&mut self, id: SessionId) -> Result<bool, StoreError> {
        self.attempt(|state| Ok(state.end(id)))
    }

    async fn end_by_refresh_token(
        &mut self,
        hash: &HashedRefreshToken,
    ) -> Result<bool, StoreError> {
        self.attempt(|state| Ok(state.end_by_refresh_token(hash)))
    }

    async fn is_open(
        &mut self,
        user: UserId,
        id: SessionId,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        self.attempt(|state| Ok(state.is_session_open(user, id, now)))
    }

    async fn find_personal_access_token(
        &mut self,
        hash: &HashedRefreshToken,
        now: DateTime<Utc>,
    ) -> Result<Option<User>, StoreError> {
        self.attempt(|state| Ok(state.find_personal_access_token(hash, now).cloned()))
    }

    async fn end_all_of(&mut self, user: UserId, which: EndedSessions) -> Result<u64, StoreError> {
        self.attempt(|state| Ok(state.end_all_of(user, which)))
    }

    async fn end_of(&mut self, user: UserId, id: SessionId) -> Result<bool, StoreError> {
        self.attempt(|state| Ok(state.end_of(user, id)))
    }

    async fn list_of(
        &mut self,
        user: UserId,
        now: DateTime<Utc>,
    ) -> Result<Vec<OpenSession>, StoreError> {
        self.attempt(|state| Ok(state.open_sessions(user, now)))
    }

    async fn insert_opaque_session(
        &mut self,
        session: &StoredOpaqueSession,
    ) -> Result<(), StoreError> {
        self.attempt(|state| state.insert_opaque_session(session.clone()))
    }

    async fn end_opaque_session(&mut self, hash: &HashedSessionToken) -> Result<bool, StoreError> {
        self.attempt(|state| Ok(state.end_opaque_session(hash)))
    }
}

#[async_trait]
impl TicketRepository for MemoryUnitOfWork {
    async fn insert(&mut self, ticket: &NewTicket) -> Result<(), StoreError> {
        self.attempt(|state| state.insert_ticket(ticket.clone()))
    }

    async fn find(
        &mut self,
        ticket: &Ticket,
        now: DateTime<Utc>,
    ) -> Result<Option<RedeemedTicket>, StoreError> {
        self.attempt(|state| Ok(state.find_ticket(ticket, now)))
    }

    async fn take(
        &mut self,
        ticket: &Ticket,
        now: DateTime<Utc>,
    ) -> Result<Option<RedeemedTicket>, StoreError> {
        self.attempt(|state| Ok(state.take_ticket(ticket, now)))
    }

    async fn forget_all_of(&mut self, user: UserId) -> Result<(), StoreError> {
        self.attempt(|state| {
            state.forget_tickets_of(user);
            Ok(())
        })
    }

    async fn forget_changes_of(
        &mut self,
        user: UserId,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        // Nothing expires here, so the time does not matter.
        let _ = now;
        self.attempt(|state| {
            state.forget_changes_of(user);
            Ok(())
        })
    }

    async fn put_code(&mut self, code: &NewCode) -> Result<(), StoreError> {
        self.attempt(|state| state.put_code(code.clone()))
    }

    async fn judge_code(&mut self, guess: &CodeGuess) -> Result<CodeVerdict, StoreError> {
        self.attempt(|state| Ok(state.judge_code(guess)))
    }

    async fn awaits_guess(&mut self, guess: &CodeGuess) -> Result<bool, StoreError> {
        self.attempt(|state| Ok(state.awaits_guess(guess)))
    }

    async fn insert_exchange_code(&mut self, code: &StoredExchangeCode) -> Result<(), StoreError> {
        self.attempt(|state| state.insert_exchange_code(code.clone()))
    }

    async fn take_exchange_code(
        &mut self,
        hash: &HashedExchangeCode,
        now: DateTime<Utc>,
    ) -> Result<Option<StoredExchangeCode>, StoreError> {
        self.attempt(|state| Ok(state.take_exchange_code(hash, now)))
    }

    async fn end_flow(&mut self, flow: &EndedFlow) -> Result<bool, StoreError> {
        self.attempt(|state| Ok(state.end_flow(flow)))
    }
}

#[async_trait]
impl MessageRepository for MemoryUnitOfWork {
    async fn enqueue(&mut self, message: &NewQueuedMessage) -> Result<(), StoreError> {
        self.attempt(|state| state.enqueue(message.clone()))
    }

    async fn withdraw(&mut self, user: UserId, purpose: CodePurpose) -> Result<(), StoreError> {
        self.attempt(|state| {
            state.messages().withdraw(user, purpose);
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use auth_domain::testing::FixedClock;
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
