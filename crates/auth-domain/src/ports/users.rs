//! Users and roles in the store.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::{
    error::StoreError,
    ticket::Ticket,
    user::{EmailAddress, HashedPassword, HasuraId, NewUser, Role, User, UserId, Username},
};

/// By what a user is looked up.
#[derive(Debug, Clone, Copy)]
pub enum UserLookup<'a> {
    /// By id.
    Id(UserId),
    /// By address, without regard to ASCII case.
    Email(&'a EmailAddress),
    /// By user name, to the letter.
    Username(&'a Username),
}

/// Users, within a unit of work.
///
/// A user that was written to in a unit of work is changed by nobody else until it ends.
#[async_trait]
pub trait UserRepository: Send {
    /// Stores `user` with their roles and gives out the next [`HasuraId`], which nobody had before.
    ///
    /// [`StoreError::Duplicate`] when address or user name is taken, also by a concurrent insert;
    /// [`StoreError::UnknownRole`] when a role is not in the store.
    async fn insert(&mut self, user: &NewUser) -> Result<HasuraId, StoreError>;

    /// The user `lookup` names, with their roles in the order they were given.
    async fn find(&mut self, lookup: UserLookup<'_>) -> Result<Option<User>, StoreError>;

    /// Replaces the password. `false`: no such user.
    async fn set_password(
        &mut self,
        user: UserId,
        hash: &HashedPassword,
    ) -> Result<bool, StoreError>;

    /// Gives the user a ticket, in place of any earlier one. `false`: no such user.
    async fn set_ticket(
        &mut self,
        user: UserId,
        ticket: &Ticket,
        expires_at: DateTime<Utc>,
    ) -> Result<bool, StoreError>;

    /// Notes that the user was here. `false`: no such user.
    async fn touch(&mut self, user: UserId, now: DateTime<Utc>) -> Result<bool, StoreError>;
}

/// Roles, within a unit of work. A fresh store holds `user`, `anonymous` and `me`.
#[async_trait]
pub trait RoleRepository: Send {
    /// Adds those of `roles` that the store does not hold yet.
    async fn ensure(&mut self, roles: &[Role]) -> Result<(), StoreError>;
}
