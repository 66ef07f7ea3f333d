//! Rotating a refresh token in one immediate transaction.

use auth_domain::{
    ports::{RefreshRotation, RotatedSession},
    session::{AuthMethods, SessionId},
};
use chrono::{DateTime, TimeDelta};
use diesel::{
    BoolExpressionMethods, ExpressionMethods, OptionalExtension, QueryDsl, QueryResult,
    RunQueryDsl, SelectableHelper, SqliteConnection, sql_types::Bool,
};

use super::{
    dialect::{Conn, clock},
    repositories::{
        hot_path::HotPath,
        session_columns::{REGULAR, client_network, user_agent},
        user_row::UserRow,
    },
    schema::{refresh_token_rotations, refresh_tokens, users},
};
use crate::types::{Id, Moment};

/// Puts the successor of a refresh token in its place.
///
/// All of it is one piece of blocking work: it either happens or does not, even when the caller no
/// longer waits for it.
#[derive(Debug, Clone, Copy)]
pub(super) struct RotateRefreshToken<'a>(pub(super) &'a RefreshRotation);

impl HotPath for RotateRefreshToken<'_> {
    type Output = Option<RotatedSession>;

    async fn run(&self, conn: &mut Conn) -> QueryResult<Self::Output> {
        let rotation = self.0.clone();
        conn.spawn_blocking(move |conn| conn.immediate_transaction(|conn| rotate(conn, &rotation)))
            .await
    }
}

fn rotate(
    conn: &mut SqliteConnection,
    rotation: &RefreshRotation,
) -> QueryResult<Option<RotatedSession>> {
    let Some((id, methods, user)) = find(conn, rotation)? else {
        return Ok(None);
    };
    replace_hash(conn, id, rotation)?;
    remember(conn, id, rotation)?;
    diesel::update(users::table.find(user.id))
        .set(users::last_seen.eq(Moment(rotation.now)))
        .execute(conn)?;
    Ok(Some(RotatedSession {
        id: SessionId(id.0),
        user: user.into(),
        methods: AuthMethods::from_stored(methods.as_deref()),
    }))
}

fn find(
    conn: &mut SqliteConnection,
    rotation: &RefreshRotation,
) -> QueryResult<Option<(Id, Option<String>, UserRow)>> {
    refresh_tokens::table
        .inner_join(users::table)
        .filter(refresh_tokens::refresh_token_hash.eq(rotation.presented.as_str()))
        .filter(refresh_tokens::kind.eq(REGULAR))
        .filter(refresh_tokens::expires_at.gt(Moment(rotation.now)))
        .filter(users::disabled.eq(false))
        .filter(
            users::email_verified
                .or(users::email.is_null().and(users::is_anonymous.eq(false)))
                .or::<_, Bool>(!rotation.gate.verified_email),
        )
        .select((
            refresh_tokens::id,
            refresh_tokens::auth_methods,
            UserRow::as_select(),
        ))
        .first(conn)
        .optional()
}

fn replace_hash(
    conn: &mut SqliteConnection,
    id: Id,
    rotation: &RefreshRotation,
) -> QueryResult<()> {
    diesel::update(refresh_tokens::table.find(id))
        .set((
            refresh_tokens::refresh_token_hash.eq(rotation.successor.as_str()),
            refresh_tokens::expires_at.eq(Moment(rotation.expires_at)),
            refresh_tokens::last_seen_at.eq(Moment(rotation.now)),
            // What is not known stays as it was.
            user_agent(&rotation.device).map(|it| refresh_tokens::user_agent.eq(it)),
            client_network(&rotation.device).map(|it| refresh_tokens::client_network.eq(it)),
        ))
        .execute(conn)
        .map(drop)
}

/// By the clock of the rotation itself, which may come long after it was requested.
fn remember(conn: &mut SqliteConnection, id: Id, rotation: &RefreshRotation) -> QueryResult<()> {
    let Moment(rotated_at) = diesel::select(clock()).get_result(conn)?;
    let remembered = TimeDelta::from_std(rotation.remember_for).ok();
    let forget_before = remembered.and_then(|time| rotated_at.checked_sub_signed(time));
    let forget_before = forget_before.unwrap_or(DateTime::UNIX_EPOCH);
    let forgotten = refresh_token_rotations::table
        .filter(refresh_token_rotations::refresh_token_id.eq(id))
        .filter(refresh_token_rotations::rotated_at.lt(Moment(forget_before)));
    diesel::delete(forgotten).execute(conn)?;
    diesel::replace_into(refresh_token_rotations::table)
        .values((
            refresh_token_rotations::token_hash.eq(rotation.presented.as_str()),
            refresh_token_rotations::refresh_token_id.eq(id),
            refresh_token_rotations::rotated_at.eq(Moment(rotated_at)),
        ))
        .execute(conn)
        .map(drop)
}
