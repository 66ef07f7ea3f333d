//! The message queue.
//!
//! A message goes with its ticket or code by a foreign key: no statement that takes one out has to
//! remove it.

use async_trait::async_trait;
use auth_domain::{
    error::StoreError,
    one_time_code::CodePurpose,
    ports::MessageRepository,
    queued_message::{Carried, FailedAttempt, MessageId, NewQueuedMessage, QueuedMessage},
    sealed::SealedSecret,
    user::UserId,
};
use chrono::{DateTime, Utc};
use diesel::{
    ExpressionMethods, OptionalExtension, QueryDsl, QueryResult, Queryable, QueryableByName,
    Selectable, SelectableHelper, dsl::SqlTypeOf, sql_types::BigInt,
};
use diesel_async::RunQueryDsl;

use super::{
    Conn, dialect, hot_path::HotPath, schema::queued_messages, store_error,
    unit_of_work::SqlUnitOfWork,
};
use crate::types::{Id, Moment};

#[async_trait]
impl MessageRepository for SqlUnitOfWork {
    async fn enqueue(&mut self, message: &NewQueuedMessage) -> Result<(), StoreError> {
        enqueue(self.conn(), message).await.map_err(store_error)
    }

    async fn withdraw(&mut self, user: UserId, purpose: CodePurpose) -> Result<(), StoreError> {
        diesel::delete(queued_messages::table.find((Id(user.0), purpose.name())))
            .execute(self.conn())
            .await
            .map(drop)
            .map_err(store_error)
    }
}

async fn enqueue(conn: &mut Conn, message: &NewQueuedMessage) -> QueryResult<()> {
    let (ticket, code) = match &message.carried {
        Carried::Ticket(_, hash) => (Some(hash.as_str()), None),
        Carried::Code(purpose) => (None, Some(purpose.name())),
    };
    let values = (
        queued_messages::id.eq(Id(message.id.0)),
        queued_messages::ticket_hash.eq(ticket),
        queued_messages::code_purpose.eq(code),
        queued_messages::template.eq(message.template),
        queued_messages::payload.eq(message.payload.as_str()),
        queued_messages::created_at.eq(Moment(message.created_at)),
        queued_messages::expires_at.eq(Moment(message.expires_at)),
        queued_messages::attempts.eq(1),
        queued_messages::is_claimed.eq(true),
        queued_messages::next_attempt_at.eq(Moment(message.leased_until)),
        queued_messages::last_error.eq(None::<&str>),
    );
    diesel::insert_into(queued_messages::table)
        .values((
            queued_messages::user_id.eq(Id(message.user_id.0)),
            queued_messages::purpose.eq(message.carried.purpose()),
            values,
        ))
        .on_conflict((queued_messages::user_id, queued_messages::purpose))
        .do_update()
        .set(values)
        .execute(conn)
        .await
        .map(drop)
}

#[derive(Queryable, QueryableByName, Selectable)]
#[diesel(table_name = queued_messages)]
struct MessageRow {
    id: Id,
    user_id: Id,
    template: String,
    payload: String,
    created_at: Moment,
    expires_at: Moment,
    attempts: i32,
    is_claimed: bool,
    next_attempt_at: Moment,
    last_error: Option<String>,
}

impl From<MessageRow> for QueuedMessage {
    fn from(row: MessageRow) -> Self {
        Self {
            id: MessageId(row.id.0),
            user_id: UserId(row.user_id.0),
            template: row.template,
            payload: SealedSecret::from_stored(row.payload),
            created_at: row.created_at.0,
            expires_at: row.expires_at.0,
            attempts: row.attempts.unsigned_abs(),
            is_claimed: row.is_claimed,
            next_attempt_at: row.next_attempt_at.0,
            last_error: row.last_error,
        }
    }
}

/// Leases messages that are due.
#[derive(Debug, Clone, Copy)]
pub(super) struct LeaseMessages {
    /// Since when they have to be due.
    pub(super) now: DateTime<Utc>,
    /// When they are due again.
    pub(super) leased_until: DateTime<Utc>,
    /// How many at most.
    pub(super) limit: u32,
}

impl HotPath for LeaseMessages {
    type Output = Vec<QueuedMessage>;

    async fn run(&self, conn: &mut Conn) -> QueryResult<Self::Output> {
        type Time = SqlTypeOf<queued_messages::next_attempt_at>;
        let leased: Vec<MessageRow> = diesel::sql_query(dialect::LEASE_MESSAGES)
            .bind::<Time, _>(Moment(self.now))
            .bind::<Time, _>(Moment(self.leased_until))
            .bind::<BigInt, _>(i64::from(self.limit))
            .get_results(conn)
            .await?;
        Ok(leased.into_iter().map(Into::into).collect())
    }
}

/// Finds out whether a message is due, without leasing it: a database with one writer is spared
/// writes in vain.
#[derive(Debug, Clone, Copy)]
pub(super) struct IsMessageDue(pub(super) DateTime<Utc>);

impl HotPath for IsMessageDue {
    type Output = bool;

    async fn run(&self, conn: &mut Conn) -> QueryResult<bool> {
        let now = Moment(self.0);
        let found: Option<Id> = queued_messages::table
            .filter(queued_messages::next_attempt_at.le(now))
            .filter(queued_messages::expires_at.gt(now))
            .order(queued_messages::next_attempt_at)
            .select(queued_messages::id)
            .first(conn)
            .await
            .optional()?;
        Ok(found.is_some())
    }
}

/// Removes a message.
#[derive(Debug, Clone, Copy)]
pub(super) struct RemoveMessage(pub(super) MessageId);

impl HotPath for RemoveMessage {
    type Output = ();

    async fn run(&self, conn: &mut Conn) -> QueryResult<()> {
        let message = queued_messages::table.filter(queued_messages::id.eq(Id(self.0.0)));
        diesel::delete(message).execute(conn).await.map(drop)
    }
}

/// Notes that an attempt failed, if it is the latest.
#[derive(Debug, Clone, Copy)]
pub(super) struct PostponeMessage<'a>(pub(super) &'a FailedAttempt);

impl HotPath for PostponeMessage<'_> {
    type Output = ();

    async fn run(&self, conn: &mut Conn) -> QueryResult<()> {
        let failed = self.0;
        let attempt = i32::try_from(failed.attempt).unwrap_or(i32::MAX);
        let latest = queued_messages::table
            .filter(queued_messages::id.eq(Id(failed.id.0)))
            .filter(queued_messages::attempts.eq(attempt));
        diesel::update(latest)
            .set((
                queued_messages::is_claimed.eq(false),
                queued_messages::next_attempt_at.eq(Moment(failed.next_attempt_at)),
                queued_messages::last_error.eq(Some(failed.error.as_str())),
            ))
            .execute(conn)
            .await
            .map(drop)
    }
}

/// Reads messages that have not expired.
#[derive(Debug, Clone, Copy)]
pub(super) struct ListMessages {
    /// They must not have expired by then.
    pub(super) now: DateTime<Utc>,
    /// How many at most.
    pub(super) limit: u32,
}

impl HotPath for ListMessages {
    type Output = Vec<QueuedMessage>;

    async fn run(&self, conn: &mut Conn) -> QueryResult<Self::Output> {
        let rows: Vec<MessageRow> = queued_messages::table
            .filter(queued_messages::expires_at.gt(Moment(self.now)))
            .order(queued_messages::expires_at)
            .limit(i64::from(self.limit))
            .select(MessageRow::as_select())
            .load(conn)
            .await?;
        Ok(rows.into_iter().map(Into::into).collect())
    }
}

/// Makes a message due, unless an attempt goes on.
#[derive(Debug, Clone, Copy)]
pub(super) struct ExpediteMessage {
    /// Which message.
    pub(super) id: MessageId,
    /// Since when it is due.
    pub(super) now: DateTime<Utc>,
}

impl HotPath for ExpediteMessage {
    type Output = bool;

    async fn run(&self, conn: &mut Conn) -> QueryResult<bool> {
        let waiting = queued_messages::table
            .filter(queued_messages::id.eq(Id(self.id.0)))
            .filter(queued_messages::is_claimed.eq(false));
        let expedited = diesel::update(waiting)
            .set(queued_messages::next_attempt_at.eq(Moment(self.now)))
            .execute(conn)
            .await?;
        Ok(expedited > 0)
    }
}
