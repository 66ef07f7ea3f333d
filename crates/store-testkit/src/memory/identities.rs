//! The linked identities that a [`MemoryStore`](super::MemoryStore) holds.

use std::collections::{BTreeMap, BTreeSet};

use auth_domain::{
    error::{StoreError, UniqueField},
    identity::{IdentityKey, NewLinkedIdentity, ProviderId},
    user::UserId,
};
use uuid::Uuid;

use super::unique::check_free;

/// Links, and the known providers.
#[derive(Debug, Clone, Default)]
pub(super) struct LinkedIdentities {
    pub(super) providers: BTreeSet<ProviderId>,
    links: BTreeMap<Uuid, NewLinkedIdentity>,
}

impl LinkedIdentities {
    pub(super) fn holder(&self, key: &IdentityKey) -> Option<UserId> {
        let mut links = self.links.values();
        links.find(|it| it.key == *key).map(|it| it.user_id)
    }

    pub(super) fn link(&mut self, identity: NewLinkedIdentity) -> Result<(), StoreError> {
        check_free(!self.links.contains_key(&identity.id))?;
        if self.holder(&identity.key).is_some() {
            let field = UniqueField::Identity;
            return Err(StoreError::Duplicate { field });
        }
        if !self.providers.contains(&identity.key.provider) {
            return Err(StoreError::Backend("the provider does not exist".into()));
        }
        self.links.insert(identity.id, identity);
        Ok(())
    }

    pub(super) fn forget_all_of(&mut self, user: UserId) {
        self.links.retain(|_, it| it.user_id != user);
    }
}
