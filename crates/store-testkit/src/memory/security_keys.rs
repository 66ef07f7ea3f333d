//! The security keys and challenges that a [`MemoryStore`](super::MemoryStore) holds.

use std::collections::{BTreeMap, HashMap};

use auth_domain::{
    DateTime, Utc,
    error::{StoreError, UniqueField},
    security_key::{
        CredentialId, HashedChallenge, IssuedChallenge, SecurityKey, SecurityKeyId, SignCount,
    },
    user::UserId,
};

use super::expiry::remove;

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

    pub(super) fn insert(&mut self, key: SecurityKey) -> Result<(), StoreError> {
        if self.find(&key.credential_id).is_some() {
            let field = UniqueField::Credential;
            return Err(StoreError::Duplicate { field });
        }
        self.keys.insert(key.id, key);
        Ok(())
    }

    pub(super) fn find(&self, credential: &CredentialId) -> Option<&SecurityKey> {
        let mut keys = self.keys.values();
        keys.find(|key| key.credential_id == *credential)
    }

    pub(super) fn all_of(&self, user: UserId) -> Vec<SecurityKey> {
        let keys = self.keys.values().filter(|key| key.user_id == user);
        keys.cloned().collect()
    }

    pub(super) fn advance(&mut self, key: SecurityKeyId, to: SignCount) -> bool {
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

    pub(super) fn issue(&mut self, challenge: IssuedChallenge) {
        self.challenges.insert(challenge.hash.clone(), challenge);
    }

    pub(super) fn find_challenge(
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

    pub(super) fn take(
        &mut self,
        hash: &HashedChallenge,
        now: DateTime<Utc>,
    ) -> Option<IssuedChallenge> {
        let taken = self.challenges.remove(hash)?;
        (now < taken.expires_at).then_some(taken)
    }
}
