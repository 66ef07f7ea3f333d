//! The security keys and challenges that a [`MemoryStore`](super::MemoryStore) holds.

use std::collections::{BTreeMap, HashMap};

use async_trait::async_trait;
use auth_domain::{
    DateTime, Utc,
    error::{StoreError, UniqueField},
    ports::SecurityKeyRepository,
    security_key::{
        CredentialId, HashedChallenge, IssuedChallenge, SecurityKey, SecurityKeyId, SignCount,
    },
    user::UserId,
};

use super::{MemoryUnitOfWork, secrets::remove};

/// Keys, and the challenges they may sign.
#[derive(Debug, Clone, Default)]
pub(super) struct SecurityKeys {
    keys: BTreeMap<SecurityKeyId, SecurityKey>,
    challenges: HashMap<HashedChallenge, IssuedChallenge>,
}

impl SecurityKeys {
    pub(super) fn has_any(&self, user: UserId) -> bool {
        self.keys.values().any(|key| key.user_id == user)
    }

    fn insert(&mut self, key: SecurityKey) -> Result<(), StoreError> {
        if self.find(&key.credential_id).is_some() {
            let field = UniqueField::Credential;
            return Err(StoreError::Duplicate { field });
        }
        self.keys.insert(key.id, key);
        Ok(())
    }

    fn find(&self, credential: &CredentialId) -> Option<&SecurityKey> {
        let mut keys = self.keys.values();
        keys.find(|key| key.credential_id == *credential)
    }

    fn all_of(&self, user: UserId) -> Vec<SecurityKey> {
        let keys = self.keys.values().filter(|key| key.user_id == user);
        keys.cloned().collect()
    }

    fn advance(&mut self, key: SecurityKeyId, to: SignCount) -> bool {
        let Some(key) = self.keys.get_mut(&key) else {
            return false;
        };
        let never_counted = key.sign_count == SignCount(0) && to == SignCount(0);
        let counts_on = to > key.sign_count || never_counted;
        if counts_on {
            key.sign_count = to;
        }
        counts_on
    }

    pub(super) fn forget_all_of(&mut self, user: UserId) {
        self.keys.retain(|_, key| key.user_id != user);
        self.challenges.retain(|_, it| it.user_id != Some(user));
    }

    fn issue(&mut self, challenge: IssuedChallenge) {
        self.challenges.insert(challenge.hash.clone(), challenge);
    }

    fn find_challenge(
        &self,
        hash: &HashedChallenge,
        now: DateTime<Utc>,
    ) -> Option<IssuedChallenge> {
        let found = self.challenges.get(hash)?;
        (now < found.expires_at).then(|| found.clone())
    }

    /// Removes challenges, the oldest first; returns how many.
    pub(super) fn remove_expired(&mut self, before: DateTime<Utc>, limit: usize) -> usize {
        remove(&mut self.challenges, |it| it.expires_at, before, limit)
    }

    fn take(&mut self, hash: &HashedChallenge, now: DateTime<Utc>) -> Option<IssuedChallenge> {
        let taken = self.challenges.remove(hash)?;
        (now < taken.expires_at).then_some(taken)
    }
}

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
