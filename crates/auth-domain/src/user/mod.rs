//! Users, shared by both generations of the API.

mod access_list;
mod anonymous_name;
mod avatar;
mod display_name;
mod email;
mod legible;
mod locale;
mod password;
mod phone_number;
mod roles;
mod username;

use std::fmt;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};
use uuid::Uuid;

pub use access_list::EmailAccessList;
pub use anonymous_name::{AnonymousName, InvalidAnonymousName};
pub use avatar::{Gravatar, GravatarDefault, GravatarRating};
pub use display_name::{DisplayName, InvalidDisplayName};
pub use email::{EmailAddress, InvalidEmailAddress};
pub use legible::{composed, disturbs_reading};
pub use locale::{InvalidLanguageTag, InvalidLocale, LanguageTag, Locale};
pub use password::{HashedPassword, PASSWORD_MAX_BYTES, PlainPassword};
pub use phone_number::{InvalidPhoneNumber, PhoneNumber};
pub use roles::{InvalidRole, Role};
pub use username::{InvalidUsername, Username};

/// The id of a user in the modern API and in access tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UserId(pub Uuid);

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

/// The id of the same user in the legacy API: a positive integer, given out by the store.
///
/// 1 is kept for the administrator, so the first person gets 2 (legacy reference, §8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HasuraId(pub i64);

/// The second factor a user has switched on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MfaMethod {
    /// A time-based one-time password.
    Totp,
    /// A code by SMS; older databases may hold it, and no server offers it.
    Sms,
}

/// What a client stores beside a user: any JSON object.
pub type Metadata = Map<String, Value>;

/// A user as stored, with their roles.
#[derive(Debug, Clone, PartialEq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "four independent facts, each a column"
)]
pub struct User {
    /// Id in the modern API.
    pub id: UserId,
    /// Id in the legacy API.
    pub hasura_id: HasuraId,
    /// When the account was made.
    pub created_at: DateTime<Utc>,
    /// Barred from signing in and from refreshing.
    pub disabled: bool,
    /// The name shown to others; never empty for accounts this crate made.
    pub display_name: String,
    /// Address of a picture; empty for none.
    pub avatar_url: String,
    /// Language of mails to this user.
    pub locale: Locale,
    /// Address, in the spelling it was given in; compared without regard to case.
    pub email: Option<EmailAddress>,
    /// Whether the user proved that they read mail at `email`.
    pub email_verified: bool,
    /// Phone number, in the spelling it was given in; compared to the letter.
    pub phone_number: Option<PhoneNumber>,
    /// Whether the user proved that they read messages at `phone_number`.
    pub phone_number_verified: bool,
    /// Name in the legacy provider `username`.
    pub username: Option<Username>,
    /// Hash of the password, if there is one.
    pub password_hash: Option<HashedPassword>,
    /// The role a token carries when the client asks for none.
    pub default_role: Role,
    /// Roles assigned to the user, in the order they were given.
    pub roles: Vec<Role>,
    /// Whether nothing identifies the user.
    pub is_anonymous: bool,
    /// The second factor that sign-in has to ask for.
    pub active_mfa: Option<MfaMethod>,
    /// `None`: never set. `Some(Value::Null)`: set to nothing by sign-up.
    pub metadata: Option<Value>,
}

impl User {
    /// The roles a token of this user may carry: the assigned ones and the default role.
    #[must_use]
    pub fn allowed_roles(&self) -> Vec<Role> {
        let mut roles = self.roles.clone();
        if !roles.contains(&self.default_role) {
            roles.push(self.default_role.clone());
        }
        roles
    }

    /// Whether the address is verified, or there is none because the user has another identity.
    #[must_use]
    pub fn has_nothing_to_verify(&self) -> bool {
        self.email_verified || (self.email.is_none() && !self.is_anonymous)
    }

    /// Whether the user proved that they read messages at a number of theirs.
    #[must_use]
    pub fn has_proven_phone(&self) -> bool {
        self.phone_number.is_some() && self.phone_number_verified
    }

    /// Whether `address` is the user's, however it is spelled.
    #[must_use]
    pub fn is_reached_at(&self, address: &EmailAddress) -> bool {
        let own = self.email.as_ref().map(EmailAddress::canonical);
        own == Some(address.canonical())
    }

    /// Whether `role` was assigned to the user.
    #[must_use]
    pub fn has_role(&self, role: &Role) -> bool {
        self.roles.contains(role)
    }
}

/// A user about to be stored; the store adds the [`HasuraId`].
#[derive(Debug, Clone, PartialEq)]
pub struct NewUser {
    /// See [`User::id`].
    pub id: UserId,
    /// See [`User::created_at`].
    pub created_at: DateTime<Utc>,
    /// See [`User::disabled`].
    pub disabled: bool,
    /// See [`User::display_name`].
    pub display_name: String,
    /// See [`User::avatar_url`].
    pub avatar_url: String,
    /// See [`User::locale`].
    pub locale: Locale,
    /// See [`User::email`].
    pub email: Option<EmailAddress>,
    /// See [`User::email_verified`].
    pub email_verified: bool,
    /// See [`User::phone_number`]; it is not verified.
    pub phone_number: Option<PhoneNumber>,
    /// See [`User::username`].
    pub username: Option<Username>,
    /// See [`User::password_hash`].
    pub password_hash: Option<HashedPassword>,
    /// See [`User::default_role`].
    pub default_role: Role,
    /// See [`User::roles`].
    pub roles: Vec<Role>,
    /// See [`User::is_anonymous`].
    pub is_anonymous: bool,
    /// See [`User::metadata`].
    pub metadata: Option<Value>,
}

impl NewUser {
    /// The user that exists once the store has given out `hasura_id`.
    #[must_use]
    pub fn stored(self, hasura_id: HasuraId) -> User {
        User {
            id: self.id,
            hasura_id,
            created_at: self.created_at,
            disabled: self.disabled,
            display_name: self.display_name,
            avatar_url: self.avatar_url,
            locale: self.locale,
            email: self.email,
            email_verified: self.email_verified,
            phone_number: self.phone_number,
            phone_number_verified: false,
            username: self.username,
            password_hash: self.password_hash,
            default_role: self.default_role,
            roles: self.roles,
            is_anonymous: self.is_anonymous,
            active_mfa: None,
            metadata: self.metadata,
        }
    }
}
