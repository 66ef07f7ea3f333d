//! Users and roles in the store.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::{
    error::StoreError,
    identity::IdentityKey,
    user::{
        EmailAddress, HashedPassword, HasuraId, Locale, Metadata, NewUser, PhoneNumber, Role, User,
        UserId, Username,
    },
};

/// By what a user is looked up.
#[derive(Debug, Clone, Copy)]
pub enum UserLookup<'a> {
    /// By id.
    Id(UserId),
    /// By address, without regard to ASCII case.
    Email(&'a EmailAddress),
    /// By user name, case-sensitive.
    Username(&'a Username),
    /// By phone number, in the same spelling.
    PhoneNumber(&'a PhoneNumber),
    /// By an identity that they are linked with.
    Identity(&'a IdentityKey),
}

/// The address or number that identifies a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Contact {
    /// An address, which is not verified yet.
    Email(EmailAddress),
    /// A number, which is verified.
    PhoneNumber(PhoneNumber),
}

/// What an anonymous user becomes.
#[derive(Debug, Clone, PartialEq)]
pub struct Deanonymization {
    /// The address or number they get.
    pub contact: Contact,
    /// The password, if one was chosen.
    pub password_hash: Option<HashedPassword>,
    /// The name to show.
    pub display_name: String,
    /// The picture; empty for none.
    pub avatar_url: String,
    /// The language.
    pub locale: Locale,
    /// The default role.
    pub default_role: Role,
    /// The roles, in the order they are to have; those of the anonymous user are gone.
    pub roles: Vec<Role>,
    /// What the client wants to remember; `None` for nothing.
    pub metadata: Option<Metadata>,
    /// The time of the change, for the order of roles.
    pub now: DateTime<Utc>,
}

/// What an anonymous user becomes once they prove that they read messages at a number. The fields
/// are those of [`Deanonymization`].
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "each field is that of `Deanonymization`")]
pub struct StagedProfile {
    pub display_name: String,
    pub locale: Locale,
    pub default_role: Role,
    pub roles: Vec<Role>,
    pub metadata: Option<Metadata>,
}

/// The user that a code sent to a number may be for.
#[derive(Debug, Clone, PartialEq)]
pub struct NumberClaimant {
    /// The user.
    pub user: User,
    /// Set when the number is not theirs yet: what they become once it is.
    pub staged: Option<StagedProfile>,
}

/// Users, within a unit of work.
///
/// Writing to a user takes their row lock: no other unit of work changes them until this one ends.
#[async_trait]
pub trait UserRepository: Send {
    /// Stores `user` with their roles and gives out the next [`HasuraId`], which was never used
    /// before.
    ///
    /// [`StoreError::Duplicate`] when address, phone number or user name is taken, also by a
    /// concurrent insert; [`StoreError::UnknownRole`] when a role is not in the store.
    async fn insert(&mut self, user: &NewUser) -> Result<HasuraId, StoreError>;

    /// The user `lookup` names, with their roles in the order they were given.
    async fn find(&mut self, lookup: UserLookup<'_>) -> Result<Option<User>, StoreError>;

    /// Takes the row lock of a user and reads them with their roles. `None`: no such user.
    ///
    /// Earlier changes of other units of work are seen; later ones that lock the user or write to
    /// them wait until this one ends, and so does
    /// [`SessionRepository::end_all_of`](super::SessionRepository::end_all_of).
    async fn lock(&mut self, user: UserId) -> Result<Option<User>, StoreError>;

    /// Replaces the password. `false`: no such user.
    async fn set_password(
        &mut self,
        user: UserId,
        hash: &HashedPassword,
    ) -> Result<bool, StoreError>;

    /// Removes the password, so that none matches. `false`: no such user.
    async fn clear_password(&mut self, user: UserId) -> Result<bool, StoreError>;

    /// Notes that the user proved that they read mail at their address. `false`: no such user.
    async fn set_email_verified(&mut self, user: UserId) -> Result<bool, StoreError>;

    /// Notes the address the account is to move to, in place of any earlier one. `false`: no such
    /// user.
    async fn set_new_email(
        &mut self,
        user: UserId,
        email: &EmailAddress,
    ) -> Result<bool, StoreError>;

    /// Moves the account to the noted address, which counts as verified from then on. `false`: no
    /// such user, or no address was noted.
    ///
    /// [`StoreError::Duplicate`] when another account has the address by now.
    async fn move_to_new_email(&mut self, user: UserId) -> Result<bool, StoreError>;

    /// Notes that the user proved that they read messages at their phone number. `false`: no such
    /// user.
    async fn set_phone_number_verified(&mut self, user: UserId) -> Result<bool, StoreError>;

    /// Removes the phone number, and one that was noted. `false`: no such user.
    async fn clear_phone_number(&mut self, user: UserId) -> Result<bool, StoreError>;

    /// Notes the phone number the account is to move to, in place of any earlier one, and what an
    /// anonymous user then becomes. `false`: no such user.
    async fn stage_phone_number(
        &mut self,
        user: UserId,
        number: &PhoneNumber,
        profile: Option<&StagedProfile>,
    ) -> Result<bool, StoreError>;

    /// Moves the account to `number`, which counts as verified from then on. `false`: no such user,
    /// or another number was noted, or none.
    ///
    /// [`StoreError::Duplicate`] when another account has the number by now.
    async fn move_to_phone_number(
        &mut self,
        user: UserId,
        number: &PhoneNumber,
    ) -> Result<bool, StoreError>;

    /// Turns an anonymous user into one with an address or a phone number, and replaces their
    /// roles. `false`: no such user, or not an anonymous one. A noted number is cleared.
    ///
    /// [`StoreError::Duplicate`] when the address or the number is taken,
    /// [`StoreError::UnknownRole`] as in [`insert`](Self::insert).
    async fn deanonymize(
        &mut self,
        user: UserId,
        changes: &Deanonymization,
    ) -> Result<bool, StoreError>;

    /// Updates the time the user was last seen. `false`: no such user.
    async fn touch(&mut self, user: UserId, now: DateTime<Utc>) -> Result<bool, StoreError>;
}

/// Roles, within a unit of work. A fresh store holds `user`, `anonymous` and `me`.
#[async_trait]
pub trait RoleRepository: Send {
    /// Adds those of `roles` that the store does not hold yet.
    async fn ensure(&mut self, roles: &[Role]) -> Result<(), StoreError>;
}
