//! Security keys, and the challenges they sign.

use async_trait::async_trait;
use auth_domain::{
    DateTime, Utc,
    error::StoreError,
    ports::SecurityKeyRepository,
    security_key::{
        CredentialId, HashedChallenge, IssuedChallenge, SecurityKey, SecurityKeyId, SignCount,
    },
    user::UserId,
};

use super::super::unit_of_work::MemoryUnitOfWork;

#[async_trait]
impl SecurityKeyRepository for MemoryUnitOfWork {
    async fn insert(&mut self, key: &SecurityKey) -> Result<(), StoreError> {
        self.attempt(|state| {
            state.check_user_exists(key.user_id)?;
            state.security_keys.insert(key.clone())
        })
    }

    async fn find(&mut self, credential: &CredentialId) -> Result<Option<SecurityKey>, StoreError> {
        self.attempt(|state| Ok(state.security_keys.find(credential).cloned()))
    }

    async fn has_any(&mut self, user: UserId) -> Result<bool, StoreError> {
        self.attempt(|state| Ok(state.security_keys.has_any(user)))
    }

    async fn all_of(&mut self, user: UserId) -> Result<Vec<SecurityKey>, StoreError> {
        self.attempt(|state| Ok(state.security_keys.all_of(user)))
    }

    async fn advance(&mut self, key: SecurityKeyId, to: SignCount) -> Result<bool, StoreError> {
        self.attempt(|state| Ok(state.security_keys.advance(key, to)))
    }

    async fn forget_all_of(&mut self, user: UserId) -> Result<(), StoreError> {
        self.attempt(|state| {
            state.security_keys.forget_all_of(user);
            Ok(())
        })
    }

    async fn issue(&mut self, challenge: &IssuedChallenge) -> Result<(), StoreError> {
        self.attempt(|state| {
            state.security_keys.issue(challenge.clone());
            Ok(())
        })
    }

    async fn find_challenge(
        &mut self,
        challenge: &HashedChallenge,
        now: DateTime<Utc>,
    ) -> Result<Option<IssuedChallenge>, StoreError> {
        self.attempt(|state| Ok(state.security_keys.find_challenge(challenge, now)))
    }

    async fn take(
        &mut self,
        challenge: &HashedChallenge,
        now: DateTime<Utc>,
    ) -> Result<Option<IssuedChallenge>, StoreError> {
        self.attempt(|state| Ok(state.security_keys.take(challenge, now)))
    }
}
