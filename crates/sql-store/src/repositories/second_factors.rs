//! Second factors.

use async_trait::async_trait;
use auth_domain::{
    error::StoreError,
    guessing::{GuessLimits, Tally, WrongGuesses},
    ports::{SecondFactorRepository, StoredFactor},
    recovery_code::HashedRecoveryCode,
    sealed::{SealedSecret, StoredSecret},
    totp::StepUse,
    user::UserId,
};
use diesel::{
    ExpressionMethods, OptionalExtension, QueryDsl, QueryResult, query_dsl::methods,
    upsert::excluded,
};
use diesel_async::RunQueryDsl;

use super::{
    Conn,
    locks::lock_user,
    schema::{recovery_codes, totp_used_steps, totp_waiting_secrets, users},
    store_error,
    unit_of_work::SqlUnitOfWork,
    user_row::mfa_method,
    wrong_codes::{self, GuessedAt},
};
use crate::types::Id;

#[async_trait]
impl SecondFactorRepository for SqlUnitOfWork {
    async fn find(&mut self, user: UserId) -> Result<Option<StoredFactor>, StoreError> {
        find(self.conn(), Id(user.0)).await.map_err(store_error)
    }

    async fn put_secret(&mut self, user: UserId, secret: &SealedSecret) -> Result<(), StoreError> {
        put_secret(self.conn(), Id(user.0), Some(secret.as_str()))
            .await
            .map_err(store_error)
    }

    async fn put_waiting_secret(
        &mut self,
        user: UserId,
        secret: &SealedSecret,
    ) -> Result<(), StoreError> {
        put_waiting_secret(self.conn(), Id(user.0), secret.as_str())
            .await
            .map_err(store_error)
    }

    async fn reseal(&mut self, user: UserId, secret: &SealedSecret) -> Result<(), StoreError> {
        set_secret(self.conn(), Id(user.0), Some(secret.as_str()))
            .await
            .map_err(store_error)
    }

    async fn activate(&mut self, user: UserId) -> Result<(), StoreError> {
        set_active(self.conn(), Id(user.0), Some("totp"))
            .await
            .map_err(store_error)
    }

    async fn deactivate(&mut self, user: UserId) -> Result<(), StoreError> {
        deactivate(self.conn(), Id(user.0))
            .await
            .map_err(store_error)
    }

    async fn forget_all_of(&mut self, user: UserId) -> Result<(), StoreError> {
        forget_all_of(self.conn(), Id(user.0))
            .await
            .map_err(store_error)
    }

    async fn use_step(&mut self, step: &StepUse) -> Result<bool, StoreError> {
        use_step(self.conn(), step).await.map_err(store_error)
    }

    async fn put_recovery_codes(
        &mut self,
        user: UserId,
        codes: &[HashedRecoveryCode],
    ) -> Result<(), StoreError> {
        put_recovery_codes(self.conn(), Id(user.0), codes)
            .await
            .map_err(store_error)
    }

    async fn take_recovery_code(
        &mut self,
        user: UserId,
        code: &HashedRecoveryCode,
    ) -> Result<bool, StoreError> {
        let presented = recovery_codes::table.find((Id(user.0), code.as_str()));
        let taken = diesel::delete(presented).execute(self.conn()).await;
        taken.map(|count| count > 0).map_err(store_error)
    }

    async fn count_wrong_guesses(
        &mut self,
        user: UserId,
        limits: &GuessLimits,
    ) -> Result<WrongGuesses, StoreError> {
        wrong_codes::count(self.conn(), Id(user.0), GuessedAt::SecondFactor, limits)
            .await
            .map_err(store_error)
    }

    async fn note_wrong_guess(
        &mut self,
        user: UserId,
        limits: &GuessLimits,
        tally: Tally,
    ) -> Result<(), StoreError> {
        let (user, kind) = (Id(user.0), GuessedAt::SecondFactor);
        wrong_codes::note(self.conn(), user, kind, limits, tally)
            .await
            .map_err(store_error)
    }

    async fn forget_wrong_guesses(&mut self, user: UserId) -> Result<(), StoreError> {
        wrong_codes::forget(self.conn(), Id(user.0), GuessedAt::SecondFactor)
            .await
            .map_err(store_error)
    }
}

async fn find(conn: &mut Conn, user: Id) -> QueryResult<Option<StoredFactor>> {
    if !lock_user(conn, user).await? {
        return Ok(None);
    }
    let (active, secret): (Option<String>, Option<String>) = users::table
        .find(user)
        .select((users::active_mfa_type, users::totp_secret))
        .get_result(conn)
        .await?;
    Ok(Some(StoredFactor {
        active: active.as_deref().and_then(mfa_method),
        // An empty text is no secret.
        secret: secret
            .filter(|text| !text.is_empty())
            .map(StoredSecret::read),
    }))
}

async fn put_secret(conn: &mut Conn, user: Id, secret: Option<&str>) -> QueryResult<()> {
    set_secret(conn, user, secret).await?;
    diesel::delete(totp_used_steps::table.filter(totp_used_steps::user_id.eq(user)))
        .execute(conn)
        .await
        .map(drop)
}

async fn set_secret(conn: &mut Conn, user: Id, secret: Option<&str>) -> QueryResult<()> {
    diesel::update(users::table.find(user))
        .set(users::totp_secret.eq(secret))
        .execute(conn)
        .await
        .map(drop)
}

async fn put_waiting_secret(conn: &mut Conn, user: Id, secret: &str) -> QueryResult<()> {
    diesel::insert_into(totp_waiting_secrets::table)
        .values((
            totp_waiting_secrets::user_id.eq(user),
            totp_waiting_secrets::secret.eq(secret),
        ))
        .on_conflict(totp_waiting_secrets::user_id)
        .do_update()
        .set(totp_waiting_secrets::secret.eq(secret))
        .execute(conn)
        .await
        .map(drop)
}

/// Takes the waiting secret of a user out.
async fn take_waiting_secret(conn: &mut Conn, user: Id) -> QueryResult<Option<String>> {
    diesel::delete(totp_waiting_secrets::table.find(user))
        .returning(totp_waiting_secrets::secret)
        .get_result(conn)
        .await
        .optional()
}

/// Switching the second factor on or off makes earlier recovery codes void.
async fn set_active(conn: &mut Conn, user: Id, kind: Option<&str>) -> QueryResult<()> {
    diesel::update(users::table.find(user))
        .set(users::active_mfa_type.eq(kind))
        .execute(conn)
        .await?;
    put_recovery_codes(conn, user, &[]).await
}

async fn deactivate(conn: &mut Conn, user: Id) -> QueryResult<()> {
    set_active(conn, user, None).await?;
    match take_waiting_secret(conn, user).await? {
        Some(secret) => put_secret(conn, user, Some(&secret)).await,
        None => Ok(()),
    }
}

async fn forget_all_of(conn: &mut Conn, user: Id) -> QueryResult<()> {
    set_active(conn, user, None).await?;
    take_waiting_secret(conn, user).await?;
    put_secret(conn, user, None).await
}

/// Replay: of two statements that use one step, the second finds a step that is not earlier.
async fn use_step(conn: &mut Conn, used: &StepUse) -> QueryResult<bool> {
    // Past the largest number there are 292 billion years.
    let step = i64::try_from(used.step.0).unwrap_or(i64::MAX);
    let upsert = diesel::insert_into(totp_used_steps::table)
        .values((
            totp_used_steps::user_id.eq(Id(used.user_id.0)),
            totp_used_steps::purpose.eq(used.purpose.name()),
            totp_used_steps::last_step.eq(step),
        ))
        .on_conflict((totp_used_steps::user_id, totp_used_steps::purpose))
        .do_update()
        .set(totp_used_steps::last_step.eq(excluded(totp_used_steps::last_step)));
    let if_later = totp_used_steps::last_step.lt(excluded(totp_used_steps::last_step));
    let changed = methods::FilterDsl::filter(upsert, if_later)
        .execute(conn)
        .await?;
    Ok(changed > 0)
}

async fn put_recovery_codes(
    conn: &mut Conn,
    user: Id,
    codes: &[HashedRecoveryCode],
) -> QueryResult<()> {
    diesel::delete(recovery_codes::table.filter(recovery_codes::user_id.eq(user)))
        .execute(conn)
        .await?;
    // Row by row: SQLite's dialect has no other form, and it happens once in a year.
    for code in codes {
        diesel::insert_into(recovery_codes::table)
            .values((
                recovery_codes::user_id.eq(user),
                recovery_codes::code_hash.eq(code.as_str()),
            ))
            .execute(conn)
            .await?;
    }
    Ok(())
}
