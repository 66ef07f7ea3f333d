//! Removing the tickets of a user that are good for one thing, ours and the one that Hasura Auth left.

use auth_domain::ticket::TicketPurpose;
use diesel::{ExpressionMethods, QueryDsl, QueryResult, TextExpressionMethods};
use diesel_async::RunQueryDsl;

use super::{
    Conn,
    schema::{tickets, users},
};
use crate::types::{Id, Moment};

/// Removes all tickets of a user that are good for one thing.
pub(super) async fn forget(
    conn: &mut Conn,
    user: Id,
    purpose: TicketPurpose,
    now: Moment,
) -> QueryResult<()> {
    let siblings = tickets::table
        .filter(tickets::user_id.eq(user))
        .filter(tickets::purpose.eq(purpose.prefix()));
    diesel::delete(siblings).execute(conn).await?;
    let beside_hasura_auths = users::table
        .find(user)
        .filter(users::ticket.like(format!("{}:%", purpose.prefix())));
    diesel::update(beside_hasura_auths)
        .set(no_ticket_since(now))
        .execute(conn)
        .await
        .map(drop)
}

/// What Hasura Auth itself writes when it takes a ticket.
pub(super) fn no_ticket_since(
    now: Moment,
) -> (
    diesel::dsl::Eq<users::ticket, Option<&'static str>>,
    diesel::dsl::Eq<users::ticket_expires_at, Moment>,
) {
    (
        users::ticket.eq(None::<&str>),
        users::ticket_expires_at.eq(now),
    )
}
