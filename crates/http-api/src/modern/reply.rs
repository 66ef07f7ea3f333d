//! Objects of modern answers.

use auth_domain::{
    services::SignedUp,
    session::Session,
    ticket::Ticket,
    user::{MfaMethod, Role, User},
};
use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

/// A session.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Session)]
pub(crate) struct SessionReply {
    access_token: String,
    access_token_expires_in: u64,
    refresh_token: String,
    refresh_token_id: Uuid,
    user: UserReply,
}

/// The answer of every way to sign in or up: at most one of the members, absent and not `null`
/// where it does not apply.
#[derive(Default, Serialize, ToSchema)]
#[schema(as = SessionPayload)]
pub(crate) struct SignInReply {
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    session: Option<SessionReply>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    mfa: Option<MfaReply>,
}

/// The request for a second factor.
#[derive(Serialize, ToSchema)]
#[schema(as = MFAChallengePayload)]
struct MfaReply {
    ticket: String,
}

/// A user.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = User)]
pub(crate) struct UserReply {
    id: Uuid,
    #[schema(format = DateTime)]
    created_at: String,
    display_name: String,
    avatar_url: String,
    locale: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    email: Option<String>,
    email_verified: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    phone_number: Option<String>,
    phone_number_verified: bool,
    default_role: String,
    roles: Vec<String>,
    is_anonymous: bool,
    metadata: Value,
    #[schema(required)]
    active_mfa_type: Option<&'static str>,
}

impl From<Session> for SessionReply {
    fn from(session: Session) -> Self {
        let roles = session.user.allowed_roles();
        let user = UserReply::new(session.user, &roles, Value::Null);
        Self {
            access_token: session.access_token.value,
            access_token_expires_in: session.access_token.ttl.as_secs(),
            refresh_token: session.refresh_token.text(),
            refresh_token_id: session.id.0,
            user,
        }
    }
}

impl From<Session> for SignInReply {
    fn from(session: Session) -> Self {
        Self {
            session: Some(session.into()),
            mfa: None,
        }
    }
}

impl From<SignedUp> for SignInReply {
    fn from(signed_up: SignedUp) -> Self {
        match signed_up {
            SignedUp::Session(session) => (*session).into(),
            SignedUp::VerificationPending => Self::default(),
        }
    }
}

impl From<Ticket> for SignInReply {
    fn from(ticket: Ticket) -> Self {
        Self {
            session: None,
            mfa: Some(MfaReply {
                ticket: ticket.expose().to_owned(),
            }),
        }
    }
}

impl From<User> for UserReply {
    /// The current user: only assigned roles, and `{}` for metadata never set (reference §3.2).
    fn from(user: User) -> Self {
        let roles = user.roles.clone();
        Self::new(user, &roles, Value::Object(Map::new()))
    }
}

impl UserReply {
    fn new(user: User, roles: &[Role], unset_metadata: Value) -> Self {
        Self {
            id: user.id.0,
            created_at: timestamp(user.created_at),
            display_name: user.display_name,
            avatar_url: user.avatar_url,
            locale: user.locale.to_string(),
            email: user.email.map(|it| it.as_str().to_owned()),
            email_verified: user.email_verified,
            phone_number: user.phone_number.map(|it| it.as_str().to_owned()),
            phone_number_verified: user.phone_number_verified,
            default_role: user.default_role.to_string(),
            roles: roles.iter().map(ToString::to_string).collect(),
            is_anonymous: user.is_anonymous,
            metadata: user.metadata.unwrap_or(unset_metadata),
            active_mfa_type: user.active_mfa.map(mfa_name),
        }
    }
}

fn mfa_name(method: MfaMethod) -> &'static str {
    match method {
        MfaMethod::Totp => "totp",
        MfaMethod::Sms => "sms",
    }
}

/// RFC 3339 with microseconds.
pub(super) fn timestamp(moment: DateTime<Utc>) -> String {
    moment.to_rfc3339_opts(SecondsFormat::Micros, true)
}
