//! Networks from which users signed in.

use auth_domain::guessing::Place;
use chrono::{DateTime, TimeDelta, Utc};
use diesel::{
    ExpressionMethods, OptionalExtension, QueryDsl, QueryResult, query_dsl::methods,
    upsert::excluded,
};
use diesel_async::RunQueryDsl;

use super::{Conn, schema::known_places};
use crate::types::{Id, Moment};

/// A place that is known for nearly as long already is not written again, so that frequent sign-ins
/// leave no dead rows.
const NEARLY: TimeDelta = TimeDelta::days(1);

/// Notes that a place is known until a moment.
pub(super) async fn note(
    conn: &mut Conn,
    user: Id,
    place: &Place,
    until: DateTime<Utc>,
) -> QueryResult<()> {
    let upsert = diesel::insert_into(known_places::table)
        .values((
            known_places::user_id.eq(user),
            known_places::place.eq(place.as_str()),
            known_places::expires_at.eq(Moment(until)),
        ))
        .on_conflict((known_places::user_id, known_places::place))
        .do_update()
        .set(known_places::expires_at.eq(excluded(known_places::expires_at)));
    let if_stale = known_places::expires_at.le(Moment(until - NEARLY));
    methods::FilterDsl::filter(upsert, if_stale)
        .execute(conn)
        .await
        .map(drop)
}

/// Whether a place is known.
pub(super) async fn is_known(
    conn: &mut Conn,
    user: Id,
    place: &Place,
    now: Moment,
) -> QueryResult<bool> {
    let found: Option<Moment> = known_places::table
        .find((user, place.as_str()))
        .filter(known_places::expires_at.gt(now))
        .select(known_places::expires_at)
        .get_result(conn)
        .await
        .optional()?;
    Ok(found.is_some())
}

/// Forgets the places of a user.
pub(super) async fn forget_all_of(conn: &mut Conn, user: Id) -> QueryResult<()> {
    diesel::delete(known_places::table.filter(known_places::user_id.eq(user)))
        .execute(conn)
        .await
        .map(drop)
}
