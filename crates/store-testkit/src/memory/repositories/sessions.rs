//! Sessions of both generations.

use async_trait::async_trait;
use auth_domain::{
    DateTime, Utc,
    error::StoreError,
    guessing::Place,
    ports::{EndedSessions, SessionRepository},
    session::{
        HashedRefreshToken, HashedSessionToken, OpenSession, SessionId, StoredOpaqueSession,
        StoredRefreshToken,
    },
    user::{User, UserId},
};

use super::super::unit_of_work::MemoryUnitOfWork;

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
