//! Row locks.

use diesel::{OptionalExtension, QueryDsl, QueryResult, SelectableHelper};
use diesel_async::RunQueryDsl;

use super::{dialect::Conn, repositories::user_row::UserRow, schema::users};
use crate::types::Id;

/// Takes the row lock of a user: other transactions that want it wait until this one has ended, and
/// this one sees what those before it did. `false`: no such user.
///
/// Rows that only refer to the user can be inserted meanwhile.
pub(crate) async fn lock_user(conn: &mut Conn, user: Id) -> QueryResult<bool> {
    let locked: QueryResult<Id> = users::table
        .find(user)
        .select(users::id)
        .for_no_key_update()
        .get_result(conn)
        .await;
    Ok(locked.optional()?.is_some())
}

/// The same, and the user with their roles, in one statement: a row that had to be waited for is read
/// as the other transaction left it.
pub(crate) async fn find_and_lock_user(conn: &mut Conn, user: Id) -> QueryResult<Option<UserRow>> {
    users::table
        .find(user)
        .select(UserRow::as_select())
        .for_no_key_update()
        .get_result(conn)
        .await
        .optional()
}
