//! Exchange codes.

use auth_domain::{
    session::{AuthMethod, AuthMethods, CodeChallenge, HashedExchangeCode, StoredExchangeCode},
    user::UserId,
};
use diesel::{ExpressionMethods, OptionalExtension, QueryDsl, QueryResult};
use diesel_async::RunQueryDsl;

use super::{Conn, locks::lock_user, schema::exchange_codes};
use crate::types::{Id, Moment};

/// Stores an exchange code.
pub(super) async fn insert(conn: &mut Conn, code: &StoredExchangeCode) -> QueryResult<()> {
    diesel::insert_into(exchange_codes::table)
        .values((
            exchange_codes::code_hash.eq(code.hash.as_str()),
            exchange_codes::user_id.eq(Id(code.user_id.0)),
            exchange_codes::code_challenge.eq(code.challenge.as_str()),
            exchange_codes::expires_at.eq(Moment(code.expires_at)),
            // Of no way at all an empty text: NULL is a code of the previous release.
            exchange_codes::auth_methods.eq(code.methods.to_stored().unwrap_or_default()),
        ))
        .execute(conn)
        .await
        .map(drop)
}

/// Takes an exchange code out, so that it works once (replay).
pub(super) async fn take(
    conn: &mut Conn,
    hash: &HashedExchangeCode,
    now: Moment,
) -> QueryResult<Option<StoredExchangeCode>> {
    let Some(holder) = holder(conn, hash).await? else {
        return Ok(None);
    };
    lock_user(conn, holder).await?;
    take_of(conn, holder, hash, now).await
}

async fn holder(conn: &mut Conn, hash: &HashedExchangeCode) -> QueryResult<Option<Id>> {
    exchange_codes::table
        .find(hash.as_str())
        .select(exchange_codes::user_id)
        .get_result(conn)
        .await
        .optional()
}

async fn take_of(
    conn: &mut Conn,
    holder: Id,
    hash: &HashedExchangeCode,
    now: Moment,
) -> QueryResult<Option<StoredExchangeCode>> {
    let presented = exchange_codes::table
        .find(hash.as_str())
        .filter(exchange_codes::expires_at.gt(now));
    let taken: Option<(String, Option<String>, Moment)> = diesel::delete(presented)
        .returning((
            exchange_codes::code_challenge,
            exchange_codes::auth_methods,
            exchange_codes::expires_at,
        ))
        .get_result(conn)
        .await
        .optional()?;
    Ok(
        taken.map(|(challenge, methods, expires_at)| StoredExchangeCode {
            hash: hash.clone(),
            user_id: UserId(holder.0),
            challenge: CodeChallenge::from_stored(challenge),
            methods: methods_of(methods.as_deref()),
            expires_at: expires_at.0,
        }),
    )
}

/// A release that did not note them gave out codes for mailed links only.
fn methods_of(stored: Option<&str>) -> AuthMethods {
    match stored {
        None => AuthMethod::Email.into(),
        noted => AuthMethods::from_stored(noted),
    }
}

/// Forgets the codes of a user.
pub(super) async fn forget_all_of(conn: &mut Conn, user: Id) -> QueryResult<()> {
    diesel::delete(exchange_codes::table.filter(exchange_codes::user_id.eq(user)))
        .execute(conn)
        .await
        .map(drop)
}
