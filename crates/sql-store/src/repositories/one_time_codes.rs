//! One-time codes.

use auth_domain::one_time_code::{CodeGuess, CodePurpose, CodeVerdict, NewCode};
use diesel::{ExpressionMethods, QueryDsl, QueryResult};
use diesel_async::RunQueryDsl;

use super::{
    Conn,
    dialect::lock_user,
    schema::one_time_codes,
    tickets,
    wrong_codes::{self, GuessedAt},
};
use crate::types::{Id, Moment};

/// Stores a code in place of any earlier one of the same user and purpose.
pub(super) async fn put(conn: &mut Conn, code: &NewCode) -> QueryResult<()> {
    let user = Id(code.user_id.0);
    lock_user(conn, user).await?;
    let value = (
        one_time_codes::code_hash.eq(code.hash.as_str()),
        one_time_codes::expires_at.eq(Moment(code.expires_at)),
    );
    diesel::insert_into(one_time_codes::table)
        .values((
            one_time_codes::user_id.eq(user),
            one_time_codes::purpose.eq(code.purpose.name()),
            value,
        ))
        .on_conflict((one_time_codes::user_id, one_time_codes::purpose))
        .do_update()
        .set(value)
        .execute(conn)
        .await
        .map(drop)
}

/// Judges a guess, and counts it if it is wrong.
pub(super) async fn judge(conn: &mut Conn, guess: &CodeGuess) -> QueryResult<CodeVerdict> {
    let user = Id(guess.user_id.0);
    if !lock_user(conn, user).await? {
        return Ok(CodeVerdict::Wrong);
    }
    let purpose = guess.purpose;
    let kind = GuessedAt::Code(purpose.guess_kind());
    let max_wrong = i64::from(guess.max_wrong);
    let count_from = Moment(guess.count_from);
    let wrong_so_far = wrong_codes::count(conn, user, kind, count_from).await?;
    if wrong_so_far >= max_wrong {
        burn(conn, user, purpose).await?;
        return Ok(CodeVerdict::TooManyWrong);
    }
    if accept(conn, guess).await? {
        if let CodePurpose::InPlaceOf(ticket) = purpose {
            tickets::forget(conn, user, ticket, Moment(guess.now)).await?;
        }
        return Ok(CodeVerdict::Accepted);
    }
    let now = Moment(guess.now);
    wrong_codes::note(conn, user, kind, now, count_from).await?;
    if wrong_so_far + 1 >= max_wrong {
        burn(conn, user, purpose).await?;
    }
    Ok(CodeVerdict::Wrong)
}

/// Takes the code out and forgets wrong guesses that a right one makes up for; `false` when it is
/// another code, or none.
async fn accept(conn: &mut Conn, guess: &CodeGuess) -> QueryResult<bool> {
    let user = Id(guess.user_id.0);
    let guessed = one_time_codes::table
        .find((user, guess.purpose.name()))
        .filter(one_time_codes::code_hash.eq(guess.hash.as_str()))
        .filter(one_time_codes::expires_at.gt(Moment(guess.now)));
    if diesel::delete(guessed).execute(conn).await? == 0 {
        return Ok(false);
    }
    let kind = guess.purpose.guess_kind();
    if kind.is_forgiven() {
        wrong_codes::forget(conn, user, GuessedAt::Code(kind)).await?;
    }
    Ok(true)
}

/// Takes a code out, whatever it is.
pub(super) async fn burn(conn: &mut Conn, user: Id, purpose: CodePurpose) -> QueryResult<()> {
    let code = one_time_codes::table.find((user, purpose.name()));
    diesel::delete(code).execute(conn).await.map(drop)
}

/// Forgets the codes of a user.
pub(super) async fn forget_all_of(conn: &mut Conn, user: Id) -> QueryResult<()> {
    diesel::delete(one_time_codes::table.filter(one_time_codes::user_id.eq(user)))
        .execute(conn)
        .await
        .map(drop)
}
