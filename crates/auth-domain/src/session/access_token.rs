//! Access tokens: short-lived JWTs with Hasura's claims.

use std::{fmt, time::Duration};

use chrono::{DateTime, Utc};

use super::{AuthMethods, CustomClaims, SessionId};
use crate::user::{Role, UserId};

/// The claims of an access token. The signer decides their notation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessClaims {
    /// The user.
    pub user_id: UserId,
    /// The session it belongs to.
    pub session: SessionId,
    /// The user's authentication methods.
    pub methods: AuthMethods,
    /// Whether the user is anonymous.
    pub is_anonymous: bool,
    /// The role of a request that names none.
    pub default_role: Role,
    /// The roles a request may name.
    pub allowed_roles: Vec<Role>,
    /// Whether the user has just elevated. Lost with the next refresh.
    pub is_elevated: bool,
    /// Custom claims from the operator's data. Beside the standard claims, never instead of one.
    pub custom: CustomClaims,
    /// When it was issued; the signer writes whole seconds.
    pub issued_at: DateTime<Utc>,
    /// How long it is good for, in whole seconds.
    pub ttl: Duration,
}

/// The bearer, as a valid access token says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccessIdentity {
    /// The user.
    pub user_id: UserId,
    /// The session the token belongs to; `None` for a token that another program issued.
    pub session: Option<SessionId>,
    /// Their authentication methods, as far as the token says.
    pub methods: AuthMethods,
    /// Whether the token is elevated.
    pub is_elevated: bool,
}

/// The identity of a user alone, without a session that could end.
impl From<UserId> for AccessIdentity {
    fn from(user_id: UserId) -> Self {
        Self {
            user_id,
            session: None,
            methods: AuthMethods::NONE,
            is_elevated: false,
        }
    }
}

/// A signed access token in compact form. `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct AccessToken {
    /// The token for the `Authorization` header.
    pub value: String,
    /// How long it is good for, counted from its issue.
    pub ttl: Duration,
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AccessToken(***, {:?})", self.ttl)
    }
}
