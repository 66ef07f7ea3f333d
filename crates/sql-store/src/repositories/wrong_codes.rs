//! Wrong guesses, counted per user and kind, so that nobody gets many.
//!
//! Whoever counts has locked the user: what one notes the next sees.

use auth_domain::one_time_code::GuessKind;
use diesel::{ExpressionMethods, QueryDsl, QueryResult};
use diesel_async::RunQueryDsl;

use super::{Conn, schema::wrong_codes};
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

/// How many wrong guesses were made since a moment.
pub(super) async fn count(
    conn: &mut Conn,
    user: Id,
    kind: GuessedAt,
    since: Moment,
) -> QueryResult<i64> {
    wrong_codes::table
        .filter(wrong_codes::user_id.eq(user))
        .filter(wrong_codes::kind.eq(kind.name()))
        .filter(wrong_codes::guessed_at.ge(since))
        .count()
        .get_result(conn)
        .await
}

/// Counts a wrong guess, and removes those that count no longer.
pub(super) async fn note(
    conn: &mut Conn,
    user: Id,
    kind: GuessedAt,
    now: Moment,
    count_from: Moment,
) -> QueryResult<()> {
    let outdated = wrong_codes::table
        .filter(wrong_codes::user_id.eq(user))
        .filter(wrong_codes::kind.eq(kind.name()))
        .filter(wrong_codes::guessed_at.lt(count_from));
    diesel::delete(outdated).execute(conn).await?;
    diesel::insert_into(wrong_codes::table)
        .values((
            wrong_codes::user_id.eq(user),
            wrong_codes::kind.eq(kind.name()),
            wrong_codes::guessed_at.eq(now),
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
