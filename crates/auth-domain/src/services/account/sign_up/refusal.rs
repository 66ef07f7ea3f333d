//! Why an account could not be created.

use crate::{
    error::UniqueField,
    services::{
        error::{Error, Refusal},
        steps::password_rule::PasswordRefusal,
    },
};

/// Why an account could not be created.
#[derive(Debug, thiserror::Error)]
pub enum SignUpRefusal {
    /// Sign-up is switched off.
    #[error("sign-up is disabled")]
    Disabled,
    /// This way to sign up is switched off.
    #[error("the provider is disabled")]
    ProviderDisabled,
    /// The access lists refuse the address.
    #[error("the e-mail address is not allowed here")]
    EmailNotAllowed,
    /// The password cannot be chosen.
    #[error(transparent)]
    Password(#[from] PasswordRefusal),
    /// The redirect is not in the allow-list.
    #[error("the redirect is not allowed")]
    RedirectNotAllowed,
    /// A requested role is not among the allowed ones.
    #[error("the role is not allowed")]
    RoleNotAllowed,
    /// The requested default role is not among the requested roles.
    #[error("the default role is not among the allowed roles")]
    DefaultRoleNotInAllowedRoles,
    /// The address has an account.
    #[error("the e-mail address already has an account")]
    EmailTaken,
    /// The phone number has an account.
    #[error("the phone number already has an account")]
    PhoneNumberTaken,
    /// The user name has an account.
    #[error("the user name already has an account")]
    UsernameTaken,
    /// The security key is registered already, perhaps for another user.
    #[error("the security key is registered already")]
    SecurityKeyTaken,
    /// The identity at a provider is linked with another account.
    #[error("the identity is linked already")]
    IdentityTaken,
    /// The account was created, and an administrator has to enable it.
    #[error("the account was created disabled")]
    CreatedDisabled,
}

impl Refusal for SignUpRefusal {
    fn of_duplicate(field: UniqueField) -> Option<Self> {
        match field {
            UniqueField::Email => Some(Self::EmailTaken),
            UniqueField::PhoneNumber => Some(Self::PhoneNumberTaken),
            UniqueField::Username => Some(Self::UsernameTaken),
            UniqueField::Credential => Some(Self::SecurityKeyTaken),
            UniqueField::Identity => Some(Self::IdentityTaken),
            _ => None,
        }
    }
}

/// A refusal, or a failure.
pub type SignUpError = Error<SignUpRefusal>;
