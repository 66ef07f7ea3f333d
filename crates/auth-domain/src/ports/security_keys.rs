//! Security keys: verifying what they sign, and storing them.

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

/// Verifies what authenticators sign, by the rules of Web Authentication.
///
/// It does not know whether a challenge is one of ours, or whose a key is. An implementation must
/// not verify signatures on the threads that serve requests, and no input may make it panic.
#[async_trait]
pub trait WebAuthn: Send + Sync {
    /// The relying party it verifies for.
    fn relying_party(&self) -> &RelyingParty;

    /// The credential in an attestation (Web Authentication §7.1), if it was made for this
    /// challenge, from an origin of the relying party, for its domain and with user presence.
    ///
    /// The authenticator's maker is not verified. User verification is preferred and not required.
    async fn verify_attestation(
        &self,
        attestation: Attestation,
        challenge: &Challenge,
    ) -> Result<RegisteredCredential, CeremonyError>;

    /// The new signature counter of `key`, if it signed this assertion (Web Authentication §7.2):
    /// for this challenge, from an origin of the relying party, for its domain and with user
    /// presence.
    ///
    /// [`CeremonyError::Cloned`] when the counter did not increase, unless it has always been 0.
    /// Keys that Hasura Auth stored are as good as any.
    async fn verify_assertion(
        &self,
        assertion: Assertion,
        challenge: &Challenge,
        key: &SecurityKey,
    ) -> Result<SignCount, CeremonyError>;
}

/// Why an attestation or assertion was not accepted.
#[derive(Debug, thiserror::Error)]
pub enum CeremonyError {
    /// It is not what had to be signed, or another key signed it.
    #[error("the signature of the authenticator is not accepted")]
    Refused(#[source] Cause),
    /// The signature is good, but its counter did not increase: the key may have been cloned.
    #[error("the key may have been cloned")]
    Cloned,
}

/// Security keys and challenges, within a unit of work.
#[async_trait]
pub trait SecurityKeyRepository: Send {
    /// Stores a key. [`StoreError::Duplicate`] when its credential is registered, for any user.
    async fn insert(&mut self, key: &SecurityKey) -> Result<(), StoreError>;

    /// The key with this credential.
    async fn find(&mut self, credential: &CredentialId) -> Result<Option<SecurityKey>, StoreError>;

    /// Whether a user has a key, counting those that [`all_of`](Self::all_of) leaves out. It agrees
    /// with [`Store::has_security_key`](super::Store::has_security_key): both decide whether the
    /// user has to elevate.
    async fn has_any(&mut self, user: UserId) -> Result<bool, StoreError>;

    /// The keys of a user, in the order of their ids, without those whose stored credential id
    /// cannot be read: no authenticator answers for it.
    async fn all_of(&mut self, user: UserId) -> Result<Vec<SecurityKey>, StoreError>;

    /// Stores a key's new signature counter. `false`, and nothing has changed: the key is gone, or
    /// the counter did not increase. One that has always been 0 may stay 0.
    ///
    /// Of any number of concurrent calls with one count beyond 0 at most one gets `true`.
    async fn advance(&mut self, key: SecurityKeyId, to: SignCount) -> Result<bool, StoreError>;

    /// Removes the keys and the challenges of a user.
    async fn forget_all_of(&mut self, user: UserId) -> Result<(), StoreError>;

    /// Stores a challenge. Those that have expired are left to
    /// [`Store::remove_expired`](super::Store::remove_expired).
    async fn issue(&mut self, challenge: &IssuedChallenge) -> Result<(), StoreError>;

    /// What [`take`](Self::take) would return. The challenge stays, to be taken in the unit of work
    /// that does what was signed.
    async fn find_challenge(
        &mut self,
        challenge: &HashedChallenge,
        now: DateTime<Utc>,
    ) -> Result<Option<IssuedChallenge>, StoreError>;

    /// Takes a challenge out (replay). `None`: it is unknown, spent, or `expires_at <= now`. Of any
    /// number of concurrent calls with one challenge at most one gets `Some`.
    async fn take(
        &mut self,
        challenge: &HashedChallenge,
        now: DateTime<Utc>,
    ) -> Result<Option<IssuedChallenge>, StoreError>;
}
