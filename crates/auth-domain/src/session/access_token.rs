//! Access tokens: short-lived JWTs with Hasura's claims.

use std::{fmt, time::Duration};

use chrono::{DateTime, Utc};

use super::{AuthMethods, CustomClaims, SessionId};
use crate::user::{Role, UserId};

/// What an access token says. How it is written down is the signer's matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessClaims {
    /// Whom it is about.
    pub user_id: UserId,
    /// The session it belongs to.
    pub session: SessionId,
    /// How the user proved who they are.
    pub methods: AuthMethods,
    /// Whether nobody proved who they are.
    pub is_anonymous: bool,
    /// The role of a request that names none.
    pub default_role: Role,
    /// The roles a request may name.
    pub allowed_roles: Vec<Role>,
    /// Whether the user has just proven once more who they are. Lost with the next refresh.
    pub is_elevated: bool,
    /// What the installation's own data adds. Beside the standard claims, never instead of one.
    pub custom: CustomClaims,
    /// When it was issued; the signer writes whole seconds.
    pub issued_at: DateTime<Utc>,
    /// How long it is good for, in whole seconds.
    pub ttl: Duration,
}

/// What a good access token says about its bearer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccessIdentity {
    /// Who it is.
    pub user_id: UserId,
    /// The session the token belongs to; `None` for a token that another program issued.
    pub session: Option<SessionId>,
    /// How they proved who they are, as far as the token says.
    pub methods: AuthMethods,
    /// Whether they had just proven once more who they are when the token was issued.
    pub is_elevated: bool,
}

/// Somebody of whom nothing is known but who they are: no session of theirs can end.
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
