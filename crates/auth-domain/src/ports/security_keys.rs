//! Security keys: judging what they sign, and keeping them.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::{
    error::{Cause, StoreError},
    security_key::{
        Assertion, Attestation, Challenge, CredentialId, HashedChallenge, IssuedChallenge,
        RegisteredCredential, RelyingParty, SecurityKey, SecurityKeyId, SignCount,
    },
    user::UserId,
};

/// Judges what authenticators sign, by the rules of Web Authentication.
///
/// Whether a challenge is one of ours, and whose a key is, is not for it to know. An implementation
/// must not verify signatures on the threads that serve requests, and no input may make it panic.
#[async_trait]
pub trait WebAuthn: Send + Sync {
    /// On whose behalf it judges.
    fn relying_party(&self) -> &RelyingParty;

    /// What an attestation says (Web Authentication §7.1), if it was made for this challenge, from
    /// an origin of the relying party, for its domain and in the presence of a person.
    ///
    /// Who made the authenticator is not asked. User verification is welcome and not required.
    async fn verify_attestation(
        &self,
        attestation: Attestation,
        challenge: &Challenge,
    ) -> Result<RegisteredCredential, CeremonyError>;

    /// How often `key` has signed by now, if it signed this assertion (Web Authentication §7.2):
    /// for this challenge, from an origin of the relying party, for its domain and in the presence
    /// of a person.
    ///
    /// [`CeremonyError::Cloned`] when it does not count on from the count that is known, unless it
    /// never counted. Keys that Hasura Auth stored are as good as any.
    async fn verify_assertion(
        &self,
        assertion: Assertion,
        challenge: &Challenge,
        key: &SecurityKey,
    ) -> Result<SignCount, CeremonyError>;
}

/// Why nothing is proven by what an authenticator signed.
#[derive(Debug, thiserror::Error)]
pub enum CeremonyError {
    /// It is not what had to be signed, or not signed by that key.
    #[error("what the authenticator signed proves nothing")]
    Refused(#[source] Cause),
    /// The signature is good, but has been counted already: there may be two of the key.
    #[error("the key may have been cloned")]
    Cloned,
}

/// Security keys and challenges, within a unit of work.
#[async_trait]
pub trait SecurityKeyRepository: Send {
    /// Stores a key. [`StoreError::Duplicate`] when its credential is registered, for whomever.
    async fn insert(&mut self, key: &SecurityKey) -> Result<(), StoreError>;

    /// The key with this credential.
    async fn find(&mut self, credential: &CredentialId) -> Result<Option<SecurityKey>, StoreError>;

    /// Whether a user has any, those among them that [`all_of`](Self::all_of) leaves out. It agrees with
    /// [`Store::has_security_key`](super::Store::has_security_key): both decide who has to elevate.
    async fn has_any(&mut self, user: UserId) -> Result<bool, StoreError>;

    /// The keys of a user, in the order of their ids, without those whose stored credential id cannot
    /// be read: no authenticator answers for it.
    async fn all_of(&mut self, user: UserId) -> Result<Vec<SecurityKey>, StoreError>;

    /// Notes that a key has signed. `false`, and nothing has changed: there is no such key any
    /// more, or it does not count on from the count that is known. One that never counted may stay
    /// at 0.
    ///
    /// Of any number of concurrent calls with one count beyond 0 at most one gets `true`.
    async fn advance(&mut self, key: SecurityKeyId, to: SignCount) -> Result<bool, StoreError>;

    /// Removes the keys and the challenges of a user.
    async fn forget_all_of(&mut self, user: UserId) -> Result<(), StoreError>;

    /// Stores a challenge. Those that have expired are left to
    /// [`Store::remove_expired`](super::Store::remove_expired).
    async fn issue(&mut self, challenge: &IssuedChallenge) -> Result<(), StoreError>;

    /// What [`take`](Self::take) would return. The challenge stays, for it to be taken in the unit of
    /// work that does what was signed.
    async fn find_challenge(
        &mut self,
        challenge: &HashedChallenge,
        now: DateTime<Utc>,
    ) -> Result<Option<IssuedChallenge>, StoreError>;

    /// Takes a challenge out. `None`: it is unknown, spent, or `expires_at <= now`. Of any number
    /// of concurrent calls with one challenge at most one gets `Some`.
    async fn take(
        &mut self,
        challenge: &HashedChallenge,
        now: DateTime<Utc>,
    ) -> Result<Option<IssuedChallenge>, StoreError>;
}
