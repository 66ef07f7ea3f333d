//! One-time codes.

use auth_domain::one_time_code::{CodeGuess, CodePurpose, CodeVerdict, NewCode};
use diesel::{ExpressionMethods, OptionalExtension, QueryDsl, QueryResult};
use diesel_async::RunQueryDsl;

use super::{
    Conn,
    locks::lock_user,
    schema::one_time_codes,
    ticket_removal,
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

/// Judges a guess, and counts it if it is wrong and a code was open.
pub(super) async fn judge(conn: &mut Conn, guess: &CodeGuess) -> QueryResult<CodeVerdict> {
    let user = Id(guess.user_id.0);
    if !lock_user(conn, user).await? {
        return Ok(CodeVerdict::Wrong);
    }
    let kind = GuessedAt::Code(guess.purpose.guess_kind());
    let so_far = wrong_codes::count(conn, user, kind, &guess.limits).await?;
    let Some(tally) = guess.limits.tally(&so_far) else {
        return Ok(CodeVerdict::TooManyWrong);
    };
    match open_code(conn, guess).await? {
        Some(hash) if hash == guess.hash.as_str() => {
            accept(conn, guess).await?;
            Ok(CodeVerdict::Accepted)
        }
        Some(_) => {
            wrong_codes::note(conn, user, kind, &guess.limits, tally).await?;
            Ok(CodeVerdict::Wrong)
        }
        None => Ok(CodeVerdict::Wrong),
    }
}

/// Whether a guess would be compared with a code.
pub(super) async fn awaits(conn: &mut Conn, guess: &CodeGuess) -> QueryResult<bool> {
    let kind = GuessedAt::Code(guess.purpose.guess_kind());
    let so_far = wrong_codes::count(conn, Id(guess.user_id.0), kind, &guess.limits).await?;
    Ok(guess.limits.tally(&so_far).is_some() && open_code(conn, guess).await?.is_some())
}

/// The hash of the code that is guessed at, unless it has expired.
async fn open_code(conn: &mut Conn, guess: &CodeGuess) -> QueryResult<Option<String>> {
    one_time_codes::table
        .find((Id(guess.user_id.0), guess.purpose.name()))
        .filter(one_time_codes::expires_at.gt(Moment(guess.limits.now)))
        .select(one_time_codes::code_hash)
        .get_result(conn)
        .await
        .optional()
}

/// Takes the code out with the tickets it stands for, and forgets the wrong guesses that a right
/// one cancels.
async fn accept(conn: &mut Conn, guess: &CodeGuess) -> QueryResult<()> {
    let user = Id(guess.user_id.0);
    burn(conn, user, guess.purpose).await?;
    let kind = guess.purpose.guess_kind();
    if kind.is_of_owner() {
        wrong_codes::forget(conn, user, GuessedAt::Code(kind)).await?;
    }
    if let CodePurpose::InPlaceOf(ticket) = guess.purpose {
        ticket_removal::forget(conn, user, ticket, Moment(guess.limits.now)).await?;
    }
    Ok(())
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
