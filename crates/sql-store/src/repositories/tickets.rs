//! Tickets.
//!
//! Row lock: every change of a user's tickets or codes locks the user's row first. So two changes
//! never wait for each other (deadlock), and what one counts the next sees.

use async_trait::async_trait;
use auth_domain::{
    error::StoreError,
    flow_binding::EndedFlow,
    one_time_code::{CodeGuess, CodePurpose, CodeVerdict, NewCode},
    ports::TicketRepository,
    session::{CodeChallenge, HashedExchangeCode, StoredExchangeCode},
    ticket::{NewTicket, RedeemedTicket, Ticket, TicketPurpose},
    user::UserId,
};
use chrono::{DateTime, Utc};
use diesel::{ExpressionMethods, OptionalExtension, QueryDsl, QueryResult};
use diesel_async::RunQueryDsl;

use super::{
    Conn, ended_flows, exchange_codes,
    locks::lock_user,
    one_time_codes,
    schema::{tickets, users},
    store_error,
    ticket_removal::{forget, no_ticket_since},
    unit_of_work::SqlUnitOfWork,
};
use crate::types::{Id, Moment};

#[async_trait]
impl TicketRepository for SqlUnitOfWork {
    async fn insert(&mut self, ticket: &NewTicket) -> Result<(), StoreError> {
        insert(self.conn(), ticket).await.map_err(store_error)
    }

    async fn find(
        &mut self,
        ticket: &Ticket,
        now: DateTime<Utc>,
    ) -> Result<Option<RedeemedTicket>, StoreError> {
        find(self.conn(), ticket, Moment(now))
            .await
            .map_err(store_error)
    }

    async fn take(
        &mut self,
        ticket: &Ticket,
        now: DateTime<Utc>,
    ) -> Result<Option<RedeemedTicket>, StoreError> {
        take(self.conn(), ticket, Moment(now))
            .await
            .map_err(store_error)
    }

    async fn forget_all_of(&mut self, user: UserId) -> Result<(), StoreError> {
        forget_all_of(self.conn(), Id(user.0))
            .await
            .map_err(store_error)
    }

    async fn forget_changes_of(
        &mut self,
        user: UserId,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        forget_changes_of(self.conn(), Id(user.0), Moment(now))
            .await
            .map_err(store_error)
    }

    async fn put_code(&mut self, code: &NewCode) -> Result<(), StoreError> {
        one_time_codes::put(self.conn(), code)
            .await
            .map_err(store_error)
    }

    async fn judge_code(&mut self, guess: &CodeGuess) -> Result<CodeVerdict, StoreError> {
        one_time_codes::judge(self.conn(), guess)
            .await
            .map_err(store_error)
    }

    async fn awaits_guess(&mut self, guess: &CodeGuess) -> Result<bool, StoreError> {
        one_time_codes::awaits(self.conn(), guess)
            .await
            .map_err(store_error)
    }

    async fn insert_exchange_code(&mut self, code: &StoredExchangeCode) -> Result<(), StoreError> {
        exchange_codes::insert(self.conn(), code)
            .await
            .map_err(store_error)
    }

    async fn take_exchange_code(
        &mut self,
        hash: &HashedExchangeCode,
        now: DateTime<Utc>,
    ) -> Result<Option<StoredExchangeCode>, StoreError> {
        exchange_codes::take(self.conn(), hash, Moment(now))
            .await
            .map_err(store_error)
    }

    async fn end_flow(&mut self, flow: &EndedFlow) -> Result<bool, StoreError> {
        ended_flows::end(self.conn(), flow)
            .await
            .map_err(store_error)
    }
}

async fn insert(conn: &mut Conn, ticket: &NewTicket) -> QueryResult<()> {
    let user = Id(ticket.user_id.0);
    lock_user(conn, user).await?;
    let challenge = ticket.code_challenge.as_ref();
    diesel::insert_into(tickets::table)
        .values((
            tickets::token_hash.eq(ticket.hash.as_str()),
            tickets::user_id.eq(user),
            tickets::purpose.eq(ticket.purpose.prefix()),
            tickets::created_at.eq(Moment(ticket.created_at)),
            tickets::expires_at.eq(Moment(ticket.expires_at)),
            tickets::code_challenge.eq(challenge.map(CodeChallenge::as_str)),
        ))
        .execute(conn)
        .await
        .map(drop)
}

async fn find(
    conn: &mut Conn,
    ticket: &Ticket,
    now: Moment,
) -> QueryResult<Option<RedeemedTicket>> {
    let own: Option<(Id, Option<String>)> = tickets::table
        .find(ticket.hashed().as_str())
        .filter(tickets::expires_at.gt(now))
        .select((tickets::user_id, tickets::code_challenge))
        .get_result(conn)
        .await
        .optional()?;
    if let Some((holder, challenge)) = own {
        return Ok(Some(RedeemedTicket {
            user_id: UserId(holder.0),
            code_challenge: challenge.map(CodeChallenge::from_stored),
        }));
    }
    let left_by_hasura_auth: Option<Id> = users::table
        .filter(users::ticket.eq(ticket.expose()))
        .filter(users::ticket_expires_at.gt(now))
        .select(users::id)
        .first(conn)
        .await
        .optional()?;
    Ok(left_by_hasura_auth.map(|holder| RedeemedTicket {
        user_id: UserId(holder.0),
        code_challenge: None,
    }))
}

async fn take(
    conn: &mut Conn,
    ticket: &Ticket,
    now: Moment,
) -> QueryResult<Option<RedeemedTicket>> {
    let taken = match take_own(conn, ticket, now).await? {
        None => take_hasura_auths(conn, ticket, now).await?,
        own => own,
    };
    if let Some(taken) = &taken {
        let user = Id(taken.user_id.0);
        forget(conn, user, ticket.purpose(), now).await?;
        let in_its_place = CodePurpose::InPlaceOf(ticket.purpose());
        one_time_codes::burn(conn, user, in_its_place).await?;
    }
    Ok(taken)
}

async fn take_own(
    conn: &mut Conn,
    ticket: &Ticket,
    now: Moment,
) -> QueryResult<Option<RedeemedTicket>> {
    let hash = ticket.hashed();
    let presented = tickets::table
        .find(hash.as_str())
        .filter(tickets::expires_at.gt(now));
    let holder: Option<Id> = presented
        .select(tickets::user_id)
        .get_result(conn)
        .await
        .optional()?;
    let Some(holder) = holder else {
        return Ok(None);
    };
    lock_user(conn, holder).await?;
    // The transaction that had the lock before may have taken it.
    let challenge: Option<Option<String>> = diesel::delete(presented)
        .returning(tickets::code_challenge)
        .get_result(conn)
        .await
        .optional()?;
    Ok(challenge.map(|challenge| RedeemedTicket {
        user_id: UserId(holder.0),
        code_challenge: challenge.map(CodeChallenge::from_stored),
    }))
}

/// Takes a ticket that Hasura Auth left in plain text.
async fn take_hasura_auths(
    conn: &mut Conn,
    ticket: &Ticket,
    now: Moment,
) -> QueryResult<Option<RedeemedTicket>> {
    let presented = users::table
        .filter(users::ticket.eq(ticket.expose()))
        .filter(users::ticket_expires_at.gt(now));
    let holder: Option<Id> = diesel::update(presented)
        .set(no_ticket_since(now))
        .returning(users::id)
        .get_result(conn)
        .await
        .optional()?;
    Ok(holder.map(|holder| RedeemedTicket {
        user_id: UserId(holder.0),
        code_challenge: None,
    }))
}

async fn forget_all_of(conn: &mut Conn, user: Id) -> QueryResult<()> {
    lock_user(conn, user).await?;
    diesel::delete(tickets::table.filter(tickets::user_id.eq(user)))
        .execute(conn)
        .await?;
    one_time_codes::forget_all_of(conn, user).await?;
    exchange_codes::forget_all_of(conn, user).await?;
    let with_hasura_auths = users::table.find(user).filter(users::ticket.is_not_null());
    diesel::update(with_hasura_auths)
        .set(users::ticket.eq(None::<&str>))
        .execute(conn)
        .await
        .map(drop)
}

async fn forget_changes_of(conn: &mut Conn, user: Id, now: Moment) -> QueryResult<()> {
    lock_user(conn, user).await?;
    let change = TicketPurpose::ConfirmEmailChange;
    forget(conn, user, change, now).await?;
    for code in [CodePurpose::InPlaceOf(change), CodePurpose::PhoneChange] {
        one_time_codes::burn(conn, user, code).await?;
    }
    Ok(())
}
