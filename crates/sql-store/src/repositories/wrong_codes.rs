//! Brute force: wrong guesses, counted per user and kind.
//!
//! The caller has taken the row lock of the user: what one notes the next sees.

use auth_domain::{
    guessing::{GuessLimits, Place, Tally, WrongGuesses},
    one_time_code::GuessKind,
};
use diesel::{ExpressionMethods, QueryDsl, QueryResult};
use diesel_async::RunQueryDsl;

use super::{Conn, known_places, schema::wrong_codes};
use crate::types::{Id, Moment};

/// What was guessed at.
#[derive(Debug, Clone, Copy)]
pub(super) enum GuessedAt {
    /// A code that was sent.
    Code(GuessKind),
    /// A second factor.
    SecondFactor,
}

impl GuessedAt {
    fn name(self) -> &'static str {
        match self {
            Self::Code(kind) => kind.name(),
            Self::SecondFactor => "second-factor",
        }
    }
}

/// The wrong guesses of a kind that count by `limits`.
pub(super) async fn count(
    conn: &mut Conn,
    user: Id,
    kind: GuessedAt,
    limits: &GuessLimits,
) -> QueryResult<WrongGuesses> {
    let places: Vec<Option<String>> = wrong_codes::table
        .filter(wrong_codes::user_id.eq(user))
        .filter(wrong_codes::kind.eq(kind.name()))
        .filter(wrong_codes::guessed_at.ge(Moment(limits.count_from)))
        .select(wrong_codes::place)
        .load(conn)
        .await?;
    let here = limits.place.as_ref().map(Place::as_str);
    let count = |wanted: &dyn Fn(Option<&str>) -> bool| {
        let counted = places.iter().filter(|place| wanted(place.as_deref()));
        u32::try_from(counted.count()).unwrap_or(u32::MAX)
    };
    let is_known_place = match &limits.place {
        Some(place) => known_places::is_known(conn, user, place, Moment(limits.now)).await?,
        None => false,
    };
    Ok(WrongGuesses {
        in_common: count(&|place| place.is_none()),
        here: count(&|place| place.is_some() && place == here),
        in_all: count(&|_| true),
        is_known_place,
    })
}

/// Counts a wrong guess, and removes those that count no longer.
pub(super) async fn note(
    conn: &mut Conn,
    user: Id,
    kind: GuessedAt,
    limits: &GuessLimits,
    tally: Tally,
) -> QueryResult<()> {
    let outdated = wrong_codes::table
        .filter(wrong_codes::user_id.eq(user))
        .filter(wrong_codes::kind.eq(kind.name()))
        .filter(wrong_codes::guessed_at.lt(Moment(limits.count_from)));
    diesel::delete(outdated).execute(conn).await?;
    diesel::insert_into(wrong_codes::table)
        .values((
            wrong_codes::user_id.eq(user),
            wrong_codes::kind.eq(kind.name()),
            wrong_codes::guessed_at.eq(Moment(limits.now)),
            wrong_codes::place.eq(limits.counted_place(tally).map(Place::as_str)),
        ))
        .execute(conn)
        .await
        .map(drop)
}

/// Forgets the wrong guesses of a kind.
pub(super) async fn forget(conn: &mut Conn, user: Id, kind: GuessedAt) -> QueryResult<()> {
    let all = wrong_codes::table
        .filter(wrong_codes::user_id.eq(user))
        .filter(wrong_codes::kind.eq(kind.name()));
    diesel::delete(all).execute(conn).await.map(drop)
}
