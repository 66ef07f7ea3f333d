//! What the repositories need to know of SQLite.

use auth_domain::{
    error::{StoreError, UniqueField},
    ports::{ExpiredRows, Removal},
};
use chrono::{DateTime, TimeDelta, Utc};
use diesel::{
    ExpressionMethods, QueryResult, SqliteConnection,
    connection::AnsiTransactionManager,
    expression::{AppearsOnTable, Expression, SelectableExpression, ValidGrouping},
    query_builder::{AstPass, QueryFragment, QueryId},
    result::{DatabaseErrorKind, Error},
    sql_types::{BigInt, Text},
    sqlite::Sqlite,
};
use diesel_async::{RunQueryDsl, sync_connection_wrapper::SyncConnectionWrapper};

use super::schema::{user_roles, users};
use crate::types::{Id, Moment};

/// A connection to SQLite, whose blocking work runs on threads meant for that.
///
/// A call that is dropped before it is done waits for its statement with `block_in_place`, which
/// only a multi-thread runtime allows (diesel-async 0.9.2).
pub type Conn = SyncConnectionWrapper<SqliteConnection>;

/// How the column `email` is selected.
pub(crate) type EmailColumn = users::email;
/// How the column `locale` is selected.
pub(crate) type LocaleColumn = users::locale;

/// The address.
pub(crate) fn email_column() -> EmailColumn {
    users::email
}

/// The language.
pub(crate) fn locale_column() -> LocaleColumn {
    users::locale
}

/// What differs between databases: nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Flavor;

/// Whether the address is `email`, without regard to case: the column's collation is `NOCASE`.
#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "as for the other database, where a flavor has content"
)]
pub(crate) fn email_is<'a>(email: &'a str, _: &Flavor) -> diesel::dsl::Eq<users::email, &'a str> {
    users::email.eq(email)
}

/// The names of the roles of the user in the surrounding query, in the order they were given.
#[derive(Debug, Clone, Copy, QueryId, ValidGrouping)]
pub(crate) struct RolesOfUser;

impl Expression for RolesOfUser {
    type SqlType = Text;
}

impl<Source> AppearsOnTable<Source> for RolesOfUser {}

impl<Source> SelectableExpression<Source> for RolesOfUser {}

impl QueryFragment<Sqlite> for RolesOfUser {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        out.push_sql(
            "(SELECT json_group_array(held.role ORDER BY held.created_at, held.role) \
             FROM user_roles AS held WHERE held.user_id = users.id)",
        );
        Ok(())
    }
}

/// The time of day by the clock of the database, as a [`Moment`] is stored.
#[derive(Debug, Clone, Copy, QueryId, ValidGrouping)]
pub(crate) struct Clock;

impl Expression for Clock {
    type SqlType = BigInt;
}

impl<Source> AppearsOnTable<Source> for Clock {}

impl<Source> SelectableExpression<Source> for Clock {}

impl QueryFragment<Sqlite> for Clock {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        out.push_sql("CAST(unixepoch('subsec') * 1000000 AS INTEGER)");
        Ok(())
    }
}

/// The time of day by the clock of the database.
pub(crate) fn clock() -> Clock {
    Clock
}

/// Writers queue for one connection, so that a read is worth its cost where it may spare a write.
pub(crate) const HAS_ONE_WRITER: bool = true;

/// Begins a transaction with the statement `beginning`.
pub(crate) async fn begin(conn: &mut Conn, beginning: &str) -> QueryResult<()> {
    let beginning = beginning.to_owned();
    conn.spawn_blocking(move |conn| AnsiTransactionManager::begin_transaction_sql(conn, &beginning))
        .await
}

/// Removes rows whose `column` is earlier than `before`, `limit` at most.
///
/// One statement, and so one transaction: writers wait for it no longer than for each other.
pub(crate) async fn remove_expired(
    conn: &mut Conn,
    rows: ExpiredRows,
    column: &str,
    before: Moment,
    limit: u32,
) -> QueryResult<Removal> {
    let (table, key) = (rows.table(), key_of(rows));
    let statement = format!(
        "DELETE FROM {table} WHERE ({key}) IN \
             (SELECT {key} FROM {table} WHERE {column} < ? ORDER BY {column} LIMIT ?)"
    );
    let removed = diesel::sql_query(statement)
        .bind::<BigInt, _>(before)
        .bind::<BigInt, _>(i64::from(limit))
        .execute(conn)
        .await?;
    Ok(Removal::Removed(removed as u64))
}

/// Leases messages that are due at ?1, ?3 at most, until ?2.
pub(crate) const LEASE_MESSAGES: &str = "UPDATE queued_messages SET attempts = attempts + 1, \
    is_claimed = TRUE, next_attempt_at = ?2 WHERE id IN (\
        SELECT id FROM queued_messages WHERE next_attempt_at <= ?1 AND expires_at > ?1 \
        ORDER BY next_attempt_at LIMIT ?3) \
    RETURNING id, user_id, template, payload, created_at, expires_at, attempts, is_claimed, \
        next_attempt_at, last_error";

/// What names a row: its number, in tables that have one.
fn key_of(rows: ExpiredRows) -> &'static str {
    match rows {
        ExpiredRows::OneTimeCodes => "user_id, purpose",
        ExpiredRows::KnownPlaces => "user_id, place",
        ExpiredRows::SecurityKeyChallenges => "challenge_hash",
        ExpiredRows::EndedProviderFlows => "mark_hash",
        ExpiredRows::RefreshTokens
        | ExpiredRows::RefreshTokenRotations
        | ExpiredRows::OpaqueSessions
        | ExpiredRows::Tickets
        | ExpiredRows::ExchangeCodes
        | ExpiredRows::QueuedMessages
        | ExpiredRows::WrongGuesses => "rowid",
    }
}

/// Gives a user roles, a microsecond apart so that their order is kept.
pub(crate) async fn insert_roles(
    conn: &mut Conn,
    user: Id,
    created_at: DateTime<Utc>,
    roles: &[&str],
) -> QueryResult<()> {
    let mut moment = created_at;
    for role in roles {
        diesel::insert_into(user_roles::table)
            .values((
                user_roles::user_id.eq(user),
                user_roles::role.eq(*role),
                user_roles::created_at.eq(Moment(moment)),
            ))
            .execute(conn)
            .await?;
        moment += TimeDelta::microseconds(1);
    }
    Ok(())
}

/// `SQLITE_FULL`, `SQLITE_READONLY`, `SQLITE_IOERR` and `SQLITE_CANTOPEN`: the file cannot be used at the
/// moment, whatever is asked of it.
const OUT_OF_ORDER: [&str; 4] = [
    "database or disk is full",
    "attempt to write a readonly database",
    "disk I/O error",
    "unable to open database file",
];

/// What a failure of the driver means to the domain.
#[must_use]
pub fn store_error(error: Error) -> StoreError {
    match &error {
        Error::DatabaseError(DatabaseErrorKind::UniqueViolation, info) => StoreError::Duplicate {
            field: unique_field(info.message()),
        },
        // SQLITE_BUSY and SQLITE_LOCKED have no kind of their own.
        Error::DatabaseError(DatabaseErrorKind::Unknown, info)
            if info.message().ends_with("is locked") =>
        {
            StoreError::Contended(error.into())
        }
        Error::DatabaseError(DatabaseErrorKind::UnableToSendCommand, _) => {
            StoreError::Unavailable(error.into())
        }
        Error::DatabaseError(
            DatabaseErrorKind::Unknown | DatabaseErrorKind::ReadOnlyTransaction,
            info,
        ) if OUT_OF_ORDER.iter().any(|it| info.message().contains(it)) => {
            StoreError::Unavailable(error.into())
        }
        _ => StoreError::Backend(error.into()),
    }
}

/// SQLite names the column at the end: `UNIQUE constraint failed: users.email`. Of several, the last.
fn unique_field(message: &str) -> UniqueField {
    match message.rsplit_once(' ') {
        Some((_, "users.email")) => UniqueField::Email,
        Some((_, "users.phone_number")) => UniqueField::PhoneNumber,
        Some((_, "users.username")) => UniqueField::Username,
        Some((_, "user_security_keys.credential_id")) => UniqueField::Credential,
        Some((_, "user_providers.provider_user_id")) => UniqueField::Identity,
        _ => UniqueField::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_held_by_another_process_is_contention() {
        for message in ["database is locked", "database table is locked"] {
            let message = Box::new(message.to_owned());
            let busy = Error::DatabaseError(DatabaseErrorKind::Unknown, message);
            let meaning = store_error(busy);
            assert!(matches!(meaning, StoreError::Contended(_)), "{meaning:?}");
        }
    }

    #[test]
    fn a_file_that_cannot_be_written_is_unavailable() {
        for message in OUT_OF_ORDER {
            let message = Box::new(message.to_owned());
            let meaning = store_error(Error::DatabaseError(DatabaseErrorKind::Unknown, message));
            assert!(matches!(meaning, StoreError::Unavailable(_)), "{meaning:?}");
        }
    }

    #[test]
    fn a_taken_value_is_known_by_its_column() {
        for (column, field) in [
            ("users.email", UniqueField::Email),
            ("users.phone_number", UniqueField::PhoneNumber),
            ("users.username", UniqueField::Username),
            ("user_security_keys.credential_id", UniqueField::Credential),
            (
                "user_providers.provider_id, user_providers.provider_user_id",
                UniqueField::Identity,
            ),
            ("users.id", UniqueField::Other),
        ] {
            let message = format!("UNIQUE constraint failed: {column}");
            assert_eq!(unique_field(&message), field);
        }
    }
}
