//! Sessions as their owner sees them.

use auth_domain::session::{AddressBlock, AuthMethods, Device, OpenSession, SessionId, UserAgent};
use diesel::{ExpressionMethods, NullableExpressionMethods, QueryDsl, QueryResult, Queryable};
use diesel_async::RunQueryDsl;

use super::{
    Conn,
    schema::{opaque_sessions, refresh_tokens},
    session_columns::REGULAR,
};
use crate::types::{Id, Moment};

/// A session of the modern generation.
#[derive(Queryable)]
struct TokenRow {
    id: Id,
    created_at: Moment,
    last_seen: Option<Moment>,
    methods: Option<String>,
    user_agent: Option<String>,
    client_network: Option<String>,
}

/// A session of the legacy generation.
#[derive(Queryable)]
struct OpaqueRow {
    id: Id,
    created_at: Moment,
    user_agent: Option<String>,
    client_network: Option<String>,
}

/// The sessions of a user that expire after `now`, the newest first.
pub(super) async fn list(conn: &mut Conn, user: Id, now: Moment) -> QueryResult<Vec<OpenSession>> {
    let tokens: Vec<TokenRow> = refresh_tokens::table
        .filter(refresh_tokens::user_id.eq(user))
        .filter(refresh_tokens::kind.eq(REGULAR))
        .filter(refresh_tokens::expires_at.gt(now))
        .select((
            refresh_tokens::id,
            refresh_tokens::created_at,
            refresh_tokens::last_seen_at,
            refresh_tokens::auth_methods,
            refresh_tokens::user_agent,
            refresh_tokens::client_network,
        ))
        .load(conn)
        .await?;
    let opaque: Vec<OpaqueRow> = opaque_sessions::table
        .filter(opaque_sessions::user_id.eq(user))
        .filter(opaque_sessions::expires_at.gt(now))
        .filter(opaque_sessions::id.is_not_null())
        .select((
            opaque_sessions::id.assume_not_null(),
            opaque_sessions::created_at,
            opaque_sessions::user_agent,
            opaque_sessions::client_network,
        ))
        .load(conn)
        .await?;
    let mut sessions: Vec<OpenSession> = tokens.into_iter().map(OpenSession::from).collect();
    sessions.extend(opaque.into_iter().map(OpenSession::from));
    sessions.sort_by(|a, b| b.created_at.cmp(&a.created_at).then(a.id.cmp(&b.id)));
    Ok(sessions)
}

impl From<TokenRow> for OpenSession {
    fn from(row: TokenRow) -> Self {
        Self {
            id: SessionId(row.id.0),
            created_at: row.created_at.0,
            last_seen: row.last_seen.unwrap_or(row.created_at).0,
            methods: AuthMethods::from_stored(row.methods.as_deref()),
            device: device(row.user_agent, row.client_network),
        }
    }
}

impl From<OpaqueRow> for OpenSession {
    fn from(row: OpaqueRow) -> Self {
        Self {
            id: SessionId(row.id.0),
            created_at: row.created_at.0,
            last_seen: row.created_at.0,
            methods: AuthMethods::NONE,
            device: device(row.user_agent, row.client_network),
        }
    }
}

fn device(user_agent: Option<String>, client_network: Option<String>) -> Device {
    Device {
        user_agent: user_agent.map(UserAgent::from_stored),
        network: client_network.map(AddressBlock::from_stored),
    }
}
