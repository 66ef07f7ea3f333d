//! Where PostgreSQL takes row locks, which SQLite does not have.

use diesel::{OptionalExtension, QueryDsl, QueryResult, SelectableHelper};
use diesel_async::RunQueryDsl;

use super::{dialect::Conn, repositories::user_row::UserRow, schema::users};
use crate::types::Id;

/// `false`: no such user. There is nothing to lock: a transaction keeps every other writer out from
/// its first statement on.
pub(crate) async fn lock_user(conn: &mut Conn, user: Id) -> QueryResult<bool> {
    let found: QueryResult<Id> = users::table
        .find(user)
        .select(users::id)
        .get_result(conn)
        .await;
    Ok(found.optional()?.is_some())
}

/// The user with their roles. There is nothing to lock, as in [`lock_user`].
pub(crate) async fn find_and_lock_user(conn: &mut Conn, user: Id) -> QueryResult<Option<UserRow>> {
    users::table
        .find(user)
        .select(UserRow::as_select())
        .get_result(conn)
        .await
        .optional()
}
