//! Sessions in the store.

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    error::StoreError,
    guessing::Place,
    session::{
        AuthMethods, Device, HashedRefreshToken, HashedSessionToken, OpenSession, SessionId,
        StoredOpaqueSession, StoredRefreshToken,
    },
    user::{User, UserId},
};

/// What a user must be for their refresh token to be rotated. The domain decides it; a store only
/// compares columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefreshGate {
    /// The user must have nothing to verify: see [`User::has_nothing_to_verify`].
    pub verified_email: bool,
}

impl RefreshGate {
    /// Whether the refresh tokens of `user` are rotated. A store says the same in its own terms: its
    /// contract compares them.
    #[must_use]
    pub fn lets_pass(self, user: &User) -> bool {
        !user.disabled && (user.has_nothing_to_verify() || !self.verified_email)
    }
}

/// One rotation of a refresh token. A disabled user's token is never rotated.
#[derive(Debug, Clone, PartialEq)]
pub struct RefreshRotation {
    /// The hash of the token that the client presented.
    pub presented: HashedRefreshToken,
    /// The hash that takes its place.
    pub successor: HashedRefreshToken,
    /// When the token was presented: it must not have expired by then. The rotation itself may
    /// happen later, for instance when the database was stalled.
    pub now: DateTime<Utc>,
    /// The new moment from which the row is no longer accepted.
    pub expires_at: DateTime<Utc>,
    /// Predecessors of this row that were rotated longer ago than this, by the store's clock, may
    /// be deleted.
    pub remember_for: Duration,
    /// What the user has to be.
    pub gate: RefreshGate,
    /// The device that presented the token. What is not known of it stays as it was.
    pub device: Device,
}

/// The result of a rotation.
#[derive(Debug, Clone, PartialEq)]
pub struct RotatedSession {
    /// The row that was rotated.
    pub id: SessionId,
    /// Its user, as they were just before.
    pub user: User,
    /// The user's authentication methods when the session began.
    pub methods: AuthMethods,
}

/// What a store knows of a refresh token that was not rotated.
#[derive(Debug, Clone, PartialEq)]
pub enum RefreshTokenTrace {
    /// It is regular and not expired; so its user did not pass the gate, or the rotation that found
    /// nothing came before it was stored.
    Live {
        /// Its user.
        user: User,
    },
    /// It was rotated, and the row it belonged to has neither ended nor expired.
    Superseded {
        /// The row.
        id: SessionId,
        /// How long ago it was rotated, by the store's own clock at the rotation and now: servers'
        /// clocks differ, and a rotation may happen long after it was asked for.
        age: TimeDelta,
        /// The hash the row has now.
        current: HashedRefreshToken,
        /// The user of the row.
        user: User,
        /// The user's authentication methods when the session began.
        methods: AuthMethods,
    },
    /// Neither.
    Unknown,
}

/// Which sessions of a user end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndedSessions {
    /// Refresh tokens of every kind and opaque sessions.
    All,
    /// The same without personal access tokens.
    AllButPersonalAccessTokens,
    /// The same, and without this session.
    Others(SessionId),
}

/// Sessions of both generations, within a unit of work. Only hashes ever reach a store.
#[async_trait]
pub trait SessionRepository: Send {
    /// Stores a place that a user signed in from, which is known until `until`. One that is known
    /// for about as long stays as it is.
    async fn note_place(
        &mut self,
        user: UserId,
        place: &Place,
        until: DateTime<Utc>,
    ) -> Result<(), StoreError>;

    /// Deletes the places that a user signed in from.
    async fn forget_places_of(&mut self, user: UserId) -> Result<(), StoreError>;

    /// Stores a refresh token. Those of the user that have expired are left to
    /// [`Store::remove_expired`](super::Store::remove_expired).
    async fn insert_refresh_token(&mut self, token: &StoredRefreshToken) -> Result<(), StoreError>;

    /// Ends the session with this id, and deletes all that is remembered of its tokens. `false`:
    /// there was none.
    async fn end(&mut self, id: SessionId) -> Result<bool, StoreError>;

    /// Ends the session that a refresh token with this hash belongs to: as its current token, or as
    /// a predecessor that is still remembered. `false`: there was none.
    async fn end_by_refresh_token(&mut self, hash: &HashedRefreshToken)
    -> Result<bool, StoreError>;

    /// As [`Store::is_session_open`](super::Store::is_session_open), within the unit of work.
    async fn is_open(
        &mut self,
        user: UserId,
        id: SessionId,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError>;

    /// As [`Store::find_personal_access_token`](super::Store::find_personal_access_token), within
    /// the unit of work.
    async fn find_personal_access_token(
        &mut self,
        hash: &HashedRefreshToken,
        now: DateTime<Utc>,
    ) -> Result<Option<User>, StoreError>;

    /// Ends sessions of a user; returns how many there were.
    ///
    /// Takes the row lock of the user: it waits for units of work that have written to the user or
    /// read their second factor, and ends the sessions that those stored, too.
    async fn end_all_of(&mut self, user: UserId, which: EndedSessions) -> Result<u64, StoreError>;

    /// Ends a session of a user, of either generation; a personal access token is none. `false`: the
    /// user has no such session.
    async fn end_of(&mut self, user: UserId, id: SessionId) -> Result<bool, StoreError>;

    /// The sessions of a user that expire after `now`, personal access tokens not among them, the
    /// newest first.
    async fn list_of(
        &mut self,
        user: UserId,
        now: DateTime<Utc>,
    ) -> Result<Vec<OpenSession>, StoreError>;

    /// Stores an opaque session. Those of the user that have expired are left to
    /// [`Store::remove_expired`](super::Store::remove_expired).
    async fn insert_opaque_session(
        &mut self,
        session: &StoredOpaqueSession,
    ) -> Result<(), StoreError>;

    /// Ends the opaque session with this hash. `false`: there was none.
    async fn end_opaque_session(&mut self, hash: &HashedSessionToken) -> Result<bool, StoreError>;
}
