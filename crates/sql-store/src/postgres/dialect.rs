//! What the repositories need to know of PostgreSQL.

use auth_domain::{
    error::{StoreError, UniqueField},
    ports::{ExpiredRows, Removal},
};
use chrono::{DateTime, Utc};
use diesel::{
    QueryResult, QueryableByName,
    expression::{AppearsOnTable, Expression, SelectableExpression, ValidGrouping},
    pg::Pg,
    query_builder::{AstPass, QueryFragment, QueryId},
    result::{DatabaseErrorInformation, DatabaseErrorKind, Error},
    sql_types::{Array, BigInt, Bool, Nullable, Text, Timestamptz, Uuid},
};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};

use super::{advisory::CLEAN_UP_LOCK, schema::users};
use crate::types::{Id, Moment};

/// A connection to PostgreSQL.
pub type Conn = AsyncPgConnection;

diesel::postfix_operator!(NullableAsText, "::text", Nullable<Text>, backend: Pg);
diesel::postfix_operator!(AsText, "::text", Text, backend: Pg);

/// How the column `email` is selected.
pub(crate) type EmailColumn = NullableAsText<users::email>;
/// How the column `locale` is selected.
pub(crate) type LocaleColumn = AsText<users::locale>;

/// The address as text.
pub(crate) fn email_column() -> EmailColumn {
    NullableAsText::new(users::email)
}

/// The language as text, whatever its length: later versions of Hasura Auth widen the column,
/// and a cached statement fails once the type of a column it returns has changed.
pub(crate) fn locale_column() -> LocaleColumn {
    AsText::new(users::locale)
}

/// What differs between databases: in which schema the extension `citext` is, mostly `public`.
#[derive(Debug, Clone)]
pub struct Flavor {
    citext_schema: String,
}

impl Flavor {
    /// Of a database where `citext` is in the schema `citext_schema`.
    #[must_use]
    pub fn new(citext_schema: String) -> Self {
        Self { citext_schema }
    }
}

/// Whether the address is `email`, without regard to case. Uses the index of the column.
pub(crate) fn email_is<'a>(email: &'a str, flavor: &'a Flavor) -> EmailIs<'a> {
    EmailIs { email, flavor }
}

/// `email = $1`, with its operator named in full: it is otherwise searched for along the
/// `search_path`, and without the schema of `citext` in it, PostgreSQL would find the comparison of
/// texts, which regards case.
#[derive(Debug, Clone, Copy, ValidGrouping)]
pub(crate) struct EmailIs<'a> {
    email: &'a str,
    flavor: &'a Flavor,
}

/// The schema is part of the text, so that statements are told apart by it.
impl QueryId for EmailIs<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Expression for EmailIs<'_> {
    type SqlType = Nullable<Bool>;
}

impl AppearsOnTable<users::table> for EmailIs<'_> {}

impl QueryFragment<Pg> for EmailIs<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let schema = &self.flavor.citext_schema;
        users::email.walk_ast(out.reborrow())?;
        out.push_sql(" OPERATOR(");
        out.push_identifier(schema)?;
        out.push_sql(".=) ");
        out.push_bind_param::<Text, _>(self.email)?;
        out.push_sql("::text::");
        out.push_identifier(schema)?;
        out.push_sql(".citext");
        Ok(())
    }
}

/// The names of the roles of the user in the surrounding query, in the order they were given.
#[derive(Debug, Clone, Copy, QueryId, ValidGrouping)]
pub(crate) struct RolesOfUser;

impl Expression for RolesOfUser {
    type SqlType = Array<Text>;
}

impl<Source> AppearsOnTable<Source> for RolesOfUser {}

impl<Source> SelectableExpression<Source> for RolesOfUser {}

impl QueryFragment<Pg> for RolesOfUser {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(
            "ARRAY(SELECT held.role FROM auth.user_roles AS held \
             WHERE held.user_id = auth.users.id ORDER BY held.created_at, held.role)",
        );
        Ok(())
    }
}

diesel::define_sql_function! {
    /// The time of day by the database's clock, which goes on within a transaction.
    fn clock_timestamp() -> Timestamptz;
}

/// The time of day by the clock of the database.
pub(crate) fn clock() -> clock_timestamp {
    clock_timestamp()
}

/// Several connections may write at once.
pub(crate) const HAS_ONE_WRITER: bool = false;

/// Begins a transaction with the statement `beginning`.
pub(crate) async fn begin(conn: &mut Conn, beginning: &str) -> QueryResult<()> {
    <Conn as AsyncConnection>::TransactionManager::begin_transaction_sql(conn, beginning).await
}

/// Removes rows whose `column` is earlier than `before`, `limit` at most.
///
/// All of it is one statement. `SKIP LOCKED` passes over rows with a row lock, and a row that was
/// prolonged since the statement began is looked at again before it is locked. The advisory lock
/// ends with the statement, so it works behind a transaction pooler; a server that does not get it
/// finds no row.
pub(crate) async fn remove_expired(
    conn: &mut Conn,
    rows: ExpiredRows,
    column: &str,
    before: Moment,
    limit: u32,
) -> QueryResult<Removal> {
    let table = rows.table();
    let statement = format!(
        "WITH lock AS MATERIALIZED (SELECT pg_try_advisory_xact_lock({CLEAN_UP_LOCK}) AS is_ours), \
         removed AS (DELETE FROM auth.{table} WHERE ctid = ANY (ARRAY(\
             SELECT ctid FROM auth.{table} WHERE (SELECT is_ours FROM lock) AND {column} < $1 \
             ORDER BY {column} LIMIT $2 FOR UPDATE SKIP LOCKED)) RETURNING 1) \
         SELECT is_ours, (SELECT count(*) FROM removed) AS count FROM lock"
    );
    let outcome: RemovedRows = diesel::sql_query(statement)
        .bind::<Timestamptz, _>(before)
        .bind::<BigInt, _>(i64::from(limit))
        .get_result(conn)
        .await?;
    Ok(if outcome.is_ours {
        Removal::Removed(outcome.count.unsigned_abs())
    } else {
        Removal::DoneElsewhere
    })
}

/// Leases messages that are due at $1, $3 at most, until $2. Rows that another lease has locked are
/// passed over (`SKIP LOCKED`), and the array sees to it that they are chosen once.
pub(crate) const LEASE_MESSAGES: &str = "UPDATE auth.queued_messages SET attempts = attempts + 1, \
    is_claimed = true, next_attempt_at = $2 WHERE id = ANY (ARRAY(\
        SELECT id FROM auth.queued_messages WHERE next_attempt_at <= $1 AND expires_at > $1 \
        ORDER BY next_attempt_at LIMIT $3 FOR UPDATE SKIP LOCKED)) \
    RETURNING id, user_id, template, payload, created_at, expires_at, attempts, is_claimed, \
        next_attempt_at, last_error";

#[derive(QueryableByName)]
struct RemovedRows {
    #[diesel(sql_type = Bool)]
    is_ours: bool,
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// Gives a user roles, a microsecond apart so that their order is kept.
pub(crate) async fn insert_roles(
    conn: &mut Conn,
    user: Id,
    created_at: DateTime<Utc>,
    roles: &[&str],
) -> QueryResult<()> {
    let statement = InsertRoles {
        user,
        created_at: Moment(created_at),
        roles,
    };
    statement.execute(conn).await.map(drop)
}

/// A single statement for any number of roles: with a list of rows its text would depend on how
/// many there are, and could not be cached.
struct InsertRoles<'a> {
    user: Id,
    created_at: Moment,
    roles: &'a [&'a str],
}

impl QueryId for InsertRoles<'_> {
    type QueryId = InsertRoles<'static>;
}

impl QueryFragment<Pg> for InsertRoles<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("INSERT INTO auth.user_roles (user_id, role, created_at) SELECT ");
        out.push_bind_param::<Uuid, _>(&self.user)?;
        out.push_sql(", given.role, ");
        out.push_bind_param::<Timestamptz, _>(&self.created_at)?;
        out.push_sql(" + (given.position - 1) * interval '1 microsecond' FROM unnest(");
        out.push_bind_param::<Array<Text>, _>(&self.roles)?;
        out.push_sql(") WITH ORDINALITY AS given (role, position)");
        Ok(())
    }
}

/// What a failure of the driver means to the domain.
#[must_use]
pub fn store_error(error: Error) -> StoreError {
    match &error {
        Error::DatabaseError(DatabaseErrorKind::UniqueViolation, info) => StoreError::Duplicate {
            field: unique_field(info.constraint_name()),
        },
        Error::DatabaseError(DatabaseErrorKind::SerializationFailure, _) => {
            StoreError::Contended(error.into())
        }
        Error::DatabaseError(DatabaseErrorKind::Unknown, info) if is_deadlock(&**info) => {
            StoreError::Contended(error.into())
        }
        _ if is_lost_connection(&error) || is_out_of_order(&error) => {
            StoreError::Unavailable(error.into())
        }
        _ => StoreError::Backend(error.into()),
    }
}

fn unique_field(constraint: Option<&str>) -> UniqueField {
    match constraint {
        Some("users_email_key") => UniqueField::Email,
        Some("users_phone_number_key") => UniqueField::PhoneNumber,
        Some("users_username_key") => UniqueField::Username,
        Some("user_security_key_credential_id_key") => UniqueField::Credential,
        Some("user_providers_provider_id_provider_user_id_key") => UniqueField::Identity,
        _ => UniqueField::Other,
    }
}

/// 40P01. diesel hands on a text but no code, so this is only recognised of a server that speaks
/// English; on another one a deadlock counts as an ordinary failure.
fn is_deadlock(info: &(dyn DatabaseErrorInformation + Send + Sync)) -> bool {
    info.message() == "deadlock detected"
}

/// Whether the connection went away, or the server did (57P01 to 57P03, by their English texts).
fn is_lost_connection(error: &Error) -> bool {
    match error {
        Error::DatabaseError(
            DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::UnableToSendCommand,
            _,
        ) => true,
        Error::DatabaseError(DatabaseErrorKind::Unknown, info) => {
            let message = info.message();
            message.starts_with("terminating connection")
                || message.starts_with("the database system is ")
        }
        _ => false,
    }
}

/// Whether the server is there and cannot do what was asked at the moment, whatever it is: it became
/// a standby (25006), has no room left (53100), or did not get to it in time (57014).
fn is_out_of_order(error: &Error) -> bool {
    match error {
        Error::DatabaseError(DatabaseErrorKind::ReadOnlyTransaction, _) => true,
        Error::DatabaseError(DatabaseErrorKind::Unknown, info) => {
            let message = info.message();
            message.contains("No space left on device")
                || message.starts_with("canceling statement due to")
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(kind: DatabaseErrorKind, message: &str) -> Error {
        Error::DatabaseError(kind, Box::new(message.to_owned()))
    }

    #[test]
    fn a_conflict_with_another_transaction_is_contention() {
        let serialization = DatabaseErrorKind::SerializationFailure;
        for error in [
            failure(serialization, "could not serialize access"),
            failure(DatabaseErrorKind::Unknown, "deadlock detected"),
        ] {
            let meaning = store_error(error);
            assert!(matches!(meaning, StoreError::Contended(_)), "{meaning:?}");
        }
    }

    #[test]
    fn a_server_that_went_away_is_unavailable() {
        for message in [
            "terminating connection due to administrator command",
            "the database system is shutting down",
        ] {
            let meaning = store_error(failure(DatabaseErrorKind::Unknown, message));
            assert!(matches!(meaning, StoreError::Unavailable(_)), "{meaning:?}");
        }
    }

    #[test]
    fn a_server_that_cannot_write_or_is_too_slow_is_unavailable() {
        for error in [
            failure(DatabaseErrorKind::ReadOnlyTransaction, "in any language"),
            failure(
                DatabaseErrorKind::Unknown,
                "could not extend file \"base/5/1259\": No space left on device",
            ),
            failure(
                DatabaseErrorKind::Unknown,
                "canceling statement due to statement timeout",
            ),
        ] {
            let meaning = store_error(error);
            assert!(matches!(meaning, StoreError::Unavailable(_)), "{meaning:?}");
        }
    }
}
