//! Sessions: what a user holds after signing in.
//!
//! The modern generation gives out a short-lived access token and a refresh token; the legacy
//! generation one opaque session token. Both open for the same [`crate::user::User`] through the
//! same steps (see `services::steps::session_opening`).

mod access_token;
mod auth_methods;
mod custom_claims;
mod device;
mod exchange_code;
mod id;
mod opaque_token;
mod refresh_token;

use chrono::{DateTime, Utc};

pub use access_token::{AccessClaims, AccessIdentity, AccessToken};
pub use auth_methods::{AuthMethod, AuthMethods};
pub use custom_claims::{CustomClaimName, CustomClaims, InvalidCustomClaimName};
pub use device::{AddressBlock, Device, UserAgent};
pub use exchange_code::{
    CodeChallenge, CodeVerifier, ExchangeCode, HashedExchangeCode, InvalidCodeChallenge,
    InvalidCodeVerifier, StoredExchangeCode,
};
pub use id::SessionId;
pub use opaque_token::{HashedSessionToken, InvalidSessionToken, PlainSessionToken};
pub use refresh_token::{
    HashedRefreshToken, InvalidRefreshTokenText, PlainRefreshToken, SuccessorKey,
};

use crate::user::{Metadata, User, UserId};

/// What a refresh token row is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefreshTokenKind {
    /// Kept by a client and rotated.
    Regular,
    /// A personal access token: long-lived and never rotated.
    PersonalAccess,
}

/// A refresh token about to be stored.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredRefreshToken {
    /// The id of the row.
    pub id: SessionId,
    /// Whose it is.
    pub user_id: UserId,
    /// What it is for.
    pub kind: RefreshTokenKind,
    /// The only form of the token that is stored.
    pub hash: HashedRefreshToken,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// The moment from which it is no longer accepted.
    pub expires_at: DateTime<Utc>,
    /// The client's own data about a personal access token.
    pub metadata: Option<Metadata>,
    /// The user's authentication methods.
    pub methods: AuthMethods,
    /// The device it was made on.
    pub device: Device,
}

/// A personal access token, as its owner gets it once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonalAccessToken {
    /// The id of its row.
    pub id: SessionId,
    /// The token. It signs in until it expires, and is never rotated.
    pub token: PlainRefreshToken,
}

/// An opaque session of the legacy generation about to be stored.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredOpaqueSession {
    /// Names the session to its owner.
    pub id: SessionId,
    /// The only form of the token that is stored.
    pub hash: HashedSessionToken,
    /// Whose it is.
    pub user_id: UserId,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// The moment from which it is no longer accepted; it does not slide.
    pub expires_at: DateTime<Utc>,
    /// The device it was made on.
    pub device: Device,
}

/// An open session of either generation, as its owner is shown it.
#[derive(Debug, Clone, PartialEq)]
pub struct OpenSession {
    /// Names it.
    pub id: SessionId,
    /// When it began.
    pub created_at: DateTime<Utc>,
    /// When its token was last rotated; for an opaque session, which is not rotated, and for one of
    /// Hasura Auth, when it began.
    pub last_seen: DateTime<Utc>,
    /// The user's authentication methods; none where they are not known.
    pub methods: AuthMethods,
    /// The device it was last used on.
    pub device: Device,
}

/// An open session of the modern generation, as the client gets it once.
#[derive(Debug, Clone, PartialEq)]
pub struct Session {
    /// Identifies the user to Hasura and to this server.
    pub access_token: AccessToken,
    /// Fetches the next access token.
    pub refresh_token: PlainRefreshToken,
    /// Names the session.
    pub id: SessionId,
    /// Whose it is.
    pub user: User,
}

/// An open session of the legacy generation, as the client gets it once.
#[derive(Debug, Clone, PartialEq)]
pub struct OpaqueSession {
    /// The bearer token.
    pub token: PlainSessionToken,
    /// The moment from which it is no longer accepted.
    pub expires_at: DateTime<Utc>,
    /// Whose it is.
    pub user: User,
}
