//! What is known of a refresh token that was not rotated.

use auth_domain::{
    ports::RefreshTokenTrace,
    session::{AuthMethods, HashedRefreshToken, SessionId},
};
use chrono::{DateTime, Utc};
use diesel::{
    ExpressionMethods, NullableExpressionMethods, OptionalExtension, QueryDsl, QueryResult,
    SelectableHelper,
};
use diesel_async::RunQueryDsl;

use super::{
    Conn,
    dialect::clock,
    hot_path::HotPath,
    schema::{refresh_token_rotations, refresh_tokens, users},
    session_columns::REGULAR,
    user_row::UserRow,
};
use crate::types::{Id, Moment};

/// Traces a refresh token: to a session that it is the current token of, or else to one that it was
/// rotated in. A rotation between the two statements is found by the second.
#[derive(Debug, Clone, Copy)]
pub(super) struct TraceRefreshToken<'a> {
    pub(super) hash: &'a HashedRefreshToken,
    /// Tokens that expired by then are unknown.
    pub(super) now: DateTime<Utc>,
}

impl HotPath for TraceRefreshToken<'_> {
    type Output = RefreshTokenTrace;

    async fn run(&self, conn: &mut Conn) -> QueryResult<RefreshTokenTrace> {
        let now = Moment(self.now);
        if let Some(live) = find_live(conn, self.hash, now).await? {
            return Ok(live);
        }
        let superseded = find_superseded(conn, self.hash, now).await?;
        Ok(superseded.unwrap_or(RefreshTokenTrace::Unknown))
    }
}

async fn find_live(
    conn: &mut Conn,
    hash: &HashedRefreshToken,
    now: Moment,
) -> QueryResult<Option<RefreshTokenTrace>> {
    let found: Option<UserRow> = refresh_tokens::table
        .inner_join(users::table)
        .filter(refresh_tokens::refresh_token_hash.eq(hash.as_str()))
        .filter(refresh_tokens::kind.eq(REGULAR))
        .filter(refresh_tokens::expires_at.gt(now))
        .select(UserRow::as_select())
        .first(conn)
        .await
        .optional()?;
    Ok(found.map(|user| RefreshTokenTrace::Live { user: user.into() }))
}

/// The session; the time of the rotation and the present, by the same clock; the current hash; the
/// authentication methods; the user.
type SupersededRow = (Id, (Moment, Moment), String, Option<String>, UserRow);

async fn find_superseded(
    conn: &mut Conn,
    hash: &HashedRefreshToken,
    now: Moment,
) -> QueryResult<Option<RefreshTokenTrace>> {
    let found: Option<SupersededRow> = refresh_token_rotations::table
        .inner_join(refresh_tokens::table.inner_join(users::table))
        .filter(refresh_token_rotations::token_hash.eq(hash.as_str()))
        .filter(refresh_tokens::refresh_token_hash.is_not_null())
        .filter(refresh_tokens::expires_at.gt(now))
        .select((
            refresh_tokens::id,
            (refresh_token_rotations::rotated_at, clock()),
            refresh_tokens::refresh_token_hash.assume_not_null(),
            refresh_tokens::auth_methods,
            UserRow::as_select(),
        ))
        .first(conn)
        .await
        .optional()?;
    Ok(found.map(
        |(id, (rotated_at, now), current, methods, user)| RefreshTokenTrace::Superseded {
            id: SessionId(id.0),
            age: now.0 - rotated_at.0,
            current: HashedRefreshToken::from_stored(current),
            user: user.into(),
            methods: AuthMethods::from_stored(methods.as_deref()),
        },
    ))
}
