//! Storage as a whole: units of work, and the few hot paths that do without one.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::{
    ExpiredRows, LinkedIdentityRepository, MessageQueue, MessageRepository, NumberClaimant,
    RefreshRotation, RefreshTokenTrace, Removal, RoleRepository, RotatedSession,
    SecondFactorRepository, SecurityKeyRepository, SessionRepository, TicketRepository, UserLookup,
    UserRepository,
};
use crate::{
    error::StoreError,
    session::{HashedRefreshToken, HashedSessionToken, SessionId},
    user::{PhoneNumber, User, UserId},
};

/// The database. One store is shared by the whole process.
///
/// Implementations must pass the suite of the crate `store-testkit`. The methods beside
/// [`begin`](Self::begin) stand alone: each is one decision, and one round trip where the database
/// allows it. Every method is atomic: when its future is dropped early, it has been carried out as
/// a whole or not at all.
#[async_trait]
pub trait Store: MessageQueue + Send + Sync {
    /// Opens a unit of work.
    async fn begin(&self) -> Result<Box<dyn UnitOfWork>, StoreError>;

    /// The user `lookup` names, with their roles.
    async fn find_user(&self, lookup: UserLookup<'_>) -> Result<Option<User>, StoreError>;

    /// The user that a code sent to `number` may be for: the user who has the number or, if there
    /// is none, the anonymous user who noted it and has an unexpired code for that; of several the
    /// one whose code expires last.
    async fn find_number_claimant(
        &self,
        number: &PhoneNumber,
        now: DateTime<Utc>,
    ) -> Result<Option<NumberClaimant>, StoreError>;

    /// Puts the successor of a refresh token in its place, if the token is regular, not expired,
    /// and its user passes the gate.
    ///
    /// Also sets the user's `last_seen`, and remembers the old hash as a predecessor of the row
    /// for [`trace_refresh_token`](Self::trace_refresh_token). `None`: nothing was changed, for whichever
    /// reason. Of any number of concurrent calls with one token at most one gets `Some`.
    async fn rotate_refresh_token(
        &self,
        rotation: &RefreshRotation,
    ) -> Result<Option<RotatedSession>, StoreError>;

    /// What is known of the refresh token with this hash.
    async fn trace_refresh_token(
        &self,
        hash: &HashedRefreshToken,
        now: DateTime<Utc>,
    ) -> Result<RefreshTokenTrace, StoreError>;

    /// The user of the opaque session with this hash, unless it is unknown or
    /// `expires_at <= now`.
    async fn find_opaque_session(
        &self,
        hash: &HashedSessionToken,
        now: DateTime<Utc>,
    ) -> Result<Option<User>, StoreError>;

    /// The user of the personal access token with this hash, unless it is unknown, of another kind,
    /// or `expires_at <= now`.
    async fn find_personal_access_token(
        &self,
        hash: &HashedRefreshToken,
        now: DateTime<Utc>,
    ) -> Result<Option<User>, StoreError>;

    /// Whether a user has a session of the modern generation with this id that expires after `now`.
    async fn is_session_open(
        &self,
        user: UserId,
        id: SessionId,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError>;

    /// Whether a user has a security key.
    async fn has_security_key(&self, user: UserId) -> Result<bool, StoreError>;

    /// Removes rows that have been of no use since before a moment: `limit` at most, the oldest
    /// first.
    ///
    /// Never waits for a lock: rows that other transactions are about to change are skipped, and a
    /// row whose life is prolonged meanwhile stays. Of concurrent calls to one database one removes
    /// rows at a time; the others may answer [`Removal::DoneElsewhere`].
    async fn remove_expired(
        &self,
        rows: ExpiredRows,
        before: DateTime<Utc>,
        limit: u32,
    ) -> Result<Removal, StoreError>;

    /// Whether the database answers. Takes no lock and changes nothing.
    async fn ping(&self) -> Result<(), StoreError>;

    /// Whether every migration that this version needs has been applied; later ones do not matter.
    /// Takes no lock, changes nothing, and is cheap enough for a probe every second.
    async fn is_migrated(&self) -> Result<bool, StoreError>;
}

/// A transaction.
///
/// Its changes are invisible to others until [`commit`](Self::commit); dropping it rolls them back
/// and does not block the next writer. After a method of a repository returned an error, only
/// [`rollback`](Self::rollback) or dropping is allowed, except where the method says so.
#[async_trait]
pub trait UnitOfWork: Send {
    /// Users.
    fn users(&mut self) -> &mut dyn UserRepository;

    /// Roles that users may have.
    fn roles(&mut self) -> &mut dyn RoleRepository;

    /// Sessions of both generations.
    fn sessions(&mut self) -> &mut dyn SessionRepository;

    /// Tickets, one-time codes, exchange codes and ended flows.
    fn tickets(&mut self) -> &mut dyn TicketRepository;

    /// The message queue.
    fn messages(&mut self) -> &mut dyn MessageRepository;

    /// Second factors, and the wrong guesses at them.
    fn second_factors(&mut self) -> &mut dyn SecondFactorRepository;

    /// Security keys, and the challenges they sign.
    fn security_keys(&mut self) -> &mut dyn SecurityKeyRepository;

    /// Links with identities at providers.
    fn identities(&mut self) -> &mut dyn LinkedIdentityRepository;

    /// Makes the changes visible and durable.
    async fn commit(self: Box<Self>) -> Result<(), StoreError>;

    /// Rolls the changes back.
    async fn rollback(self: Box<Self>) -> Result<(), StoreError>;
}
