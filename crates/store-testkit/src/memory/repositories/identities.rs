//! Links with identities at providers.

use async_trait::async_trait;
use auth_domain::{
    error::StoreError,
    identity::{NewLinkedIdentity, ProviderId},
    ports::LinkedIdentityRepository,
    user::UserId,
};

use super::super::unit_of_work::MemoryUnitOfWork;

#[async_trait]
impl LinkedIdentityRepository for MemoryUnitOfWork {
    async fn link(&mut self, identity: &NewLinkedIdentity) -> Result<(), StoreError> {
        self.attempt(|state| {
            state.check_user_exists(identity.user_id)?;
            state.identities.link(identity.clone())
        })
    }

    async fn forget_all_of(&mut self, user: UserId) -> Result<(), StoreError> {
        self.attempt(|state| {
            state.identities.forget_all_of(user);
            Ok(())
        })
    }

    async fn ensure_providers(&mut self, providers: &[ProviderId]) -> Result<(), StoreError> {
        self.attempt(|state| {
            state.identities.providers.extend(providers.iter().cloned());
            Ok(())
        })
    }
}
