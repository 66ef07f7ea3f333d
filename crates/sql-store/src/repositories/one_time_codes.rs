//! One-time codes.

use auth_domain::one_time_code::{CodeGuess, CodePurpose, CodeVerdict, NewCode};
use diesel::{ExpressionMethods, QueryDsl, QueryResult};
use diesel_async::RunQueryDsl;

use super::{
    Conn,
    dialect::lock_user,
    schema::{one_time_codes, wrong_codes},
    tickets,
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
    let max_wrong = i64::from(guess.max_wrong);
    let wrong_so_far = count_wrong(conn, guess).await?;
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
    note_wrong(conn, guess).await?;
    if wrong_so_far + 1 >= max_wrong {
        burn(conn, user, purpose).await?;
    }
    Ok(CodeVerdict::Wrong)
}

async fn count_wrong(conn: &mut Conn, guess: &CodeGuess) -> QueryResult<i64> {
    wrong_codes::table
        .filter(wrong_codes::user_id.eq(Id(guess.user_id.0)))
        .filter(wrong_codes::guessed_at.ge(Moment(guess.count_from)))
        .count()
        .get_result(conn)
        .await
}

/// Takes the code out and forgets wrong guesses; `false` when it is another code, or none.
async fn accept(conn: &mut Conn, guess: &CodeGuess) -> QueryResult<bool> {
    let user = Id(guess.user_id.0);
    let guessed = one_time_codes::table
        .find((user, guess.purpose.name()))
        .filter(one_time_codes::code_hash.eq(guess.hash.as_str()))
        .filter(one_time_codes::expires_at.gt(Moment(guess.now)));
    if diesel::delete(guessed).execute(conn).await? == 0 {
        return Ok(false);
    }
    diesel::delete(wrong_codes::table.filter(wrong_codes::user_id.eq(user)))
        .execute(conn)
        .await?;
    Ok(true)
}

/// Counts a wrong guess, and removes those that count no longer.
async fn note_wrong(conn: &mut Conn, guess: &CodeGuess) -> QueryResult<()> {
    let user = Id(guess.user_id.0);
    let outdated = wrong_codes::table
        .filter(wrong_codes::user_id.eq(user))
        .filter(wrong_codes::guessed_at.lt(Moment(guess.count_from)));
    diesel::delete(outdated).execute(conn).await?;
    diesel::insert_into(wrong_codes::table)
        .values((
            wrong_codes::user_id.eq(user),
            wrong_codes::guessed_at.eq(Moment(guess.now)),
        ))
        .execute(conn)
        .await
        .map(drop)
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
