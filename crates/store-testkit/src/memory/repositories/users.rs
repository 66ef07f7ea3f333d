//! Users and roles.

use std::sync::atomic::Ordering;

use async_trait::async_trait;
use auth_domain::{
    DateTime, Utc,
    error::StoreError,
    ports::{Deanonymization, RoleRepository, StagedProfile, UserLookup, UserRepository},
    user::{EmailAddress, HashedPassword, HasuraId, NewUser, PhoneNumber, Role, User, UserId},
};

use super::super::unit_of_work::MemoryUnitOfWork;

#[async_trait]
impl UserRepository for MemoryUnitOfWork {
    async fn insert(&mut self, user: &NewUser) -> Result<HasuraId, StoreError> {
        let id = HasuraId(self.shared.next_hasura_id.fetch_add(1, Ordering::Relaxed));
        self.attempt(|state| state.insert_user(user.clone().stored(id)))?;
        Ok(id)
    }

    async fn find(&mut self, lookup: UserLookup<'_>) -> Result<Option<User>, StoreError> {
        self.attempt(|state| Ok(state.find_user(lookup).cloned()))
    }

    async fn lock(&mut self, user: UserId) -> Result<Option<User>, StoreError> {
        // There is one writer at a time.
        self.attempt(|state| Ok(state.find_user(UserLookup::Id(user)).cloned()))
    }

    async fn set_password(
        &mut self,
        user: UserId,
        hash: &HashedPassword,
    ) -> Result<bool, StoreError> {
        self.attempt(|state| Ok(state.set_password(user, hash.clone())))
    }

    async fn clear_password(&mut self, user: UserId) -> Result<bool, StoreError> {
        self.attempt(|state| Ok(state.clear_password(user)))
    }

    async fn set_email_verified(&mut self, user: UserId) -> Result<bool, StoreError> {
        self.attempt(|state| Ok(state.set_email_verified(user)))
    }

    async fn set_new_email(
        &mut self,
        user: UserId,
        email: &EmailAddress,
    ) -> Result<bool, StoreError> {
        self.attempt(|state| Ok(state.set_new_email(user, email.clone())))
    }

    async fn move_to_new_email(&mut self, user: UserId) -> Result<bool, StoreError> {
        self.attempt(|state| state.move_to_new_email(user))
    }

    async fn set_phone_number_verified(&mut self, user: UserId) -> Result<bool, StoreError> {
        self.attempt(|state| Ok(state.set_phone_number_verified(user)))
    }

    async fn clear_phone_number(&mut self, user: UserId) -> Result<bool, StoreError> {
        self.attempt(|state| Ok(state.clear_phone_number(user)))
    }

    async fn stage_phone_number(
        &mut self,
        user: UserId,
        number: &PhoneNumber,
        profile: Option<&StagedProfile>,
    ) -> Result<bool, StoreError> {
        self.attempt(|state| Ok(state.stage_phone_number(user, number.clone(), profile.cloned())))
    }

    async fn move_to_phone_number(
        &mut self,
        user: UserId,
        number: &PhoneNumber,
    ) -> Result<bool, StoreError> {
        self.attempt(|state| state.move_to_phone_number(user, number.clone()))
    }

    async fn deanonymize(
        &mut self,
        user: UserId,
        changes: &Deanonymization,
    ) -> Result<bool, StoreError> {
        self.attempt(|state| state.deanonymize(user, changes.clone()))
    }

    async fn touch(&mut self, user: UserId, now: DateTime<Utc>) -> Result<bool, StoreError> {
        self.attempt(|state| Ok(state.touch(user, now)))
    }
}

#[async_trait]
impl RoleRepository for MemoryUnitOfWork {
    async fn ensure(&mut self, roles: &[Role]) -> Result<(), StoreError> {
        self.attempt(|state| {
            state.ensure_roles(roles);
            Ok(())
        })
    }
}
