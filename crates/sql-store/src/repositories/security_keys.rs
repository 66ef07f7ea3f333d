//! Security keys, and the challenges they sign.

use async_trait::async_trait;
use auth_domain::{
    error::StoreError,
    ports::SecurityKeyRepository,
    security_key::{
        ChallengePurpose, CredentialId, HashedChallenge, IssuedChallenge, KeyNickname, SecurityKey,
        SecurityKeyId, SignCount,
    },
    user::UserId,
};
use chrono::{DateTime, Utc};
use diesel::{ExpressionMethods, OptionalExtension, QueryDsl, QueryResult, Queryable};
use diesel_async::RunQueryDsl;

use super::{
    Conn,
    hot_path::{HasSecurityKey, HotPath},
    schema::{security_key_challenges as challenges, user_security_keys as keys},
    store_error,
    unit_of_work::SqlUnitOfWork,
};
use crate::types::{Id, Moment};

#[async_trait]
impl SecurityKeyRepository for SqlUnitOfWork {
    async fn insert(&mut self, key: &SecurityKey) -> Result<(), StoreError> {
        insert(self.conn(), key).await.map_err(store_error)
    }

    async fn find(&mut self, credential: &CredentialId) -> Result<Option<SecurityKey>, StoreError> {
        find(self.conn(), credential).await.map_err(store_error)
    }

    async fn has_any(&mut self, user: UserId) -> Result<bool, StoreError> {
        let owned = HasSecurityKey(user).run(self.conn()).await;
        owned.map_err(store_error)
    }

    async fn all_of(&mut self, user: UserId) -> Result<Vec<SecurityKey>, StoreError> {
        all_of(self.conn(), Id(user.0)).await.map_err(store_error)
    }

    async fn advance(&mut self, key: SecurityKeyId, to: SignCount) -> Result<bool, StoreError> {
        advance(self.conn(), Id(key.0), i64::from(to.0))
            .await
            .map_err(store_error)
    }

    async fn forget_all_of(&mut self, user: UserId) -> Result<(), StoreError> {
        forget_all_of(self.conn(), Id(user.0))
            .await
            .map_err(store_error)
    }

    async fn issue(&mut self, challenge: &IssuedChallenge) -> Result<(), StoreError> {
        issue(self.conn(), challenge).await.map_err(store_error)
    }

    async fn find_challenge(
        &mut self,
        challenge: &HashedChallenge,
        now: DateTime<Utc>,
    ) -> Result<Option<IssuedChallenge>, StoreError> {
        find_challenge(self.conn(), challenge, now)
            .await
            .map_err(store_error)
    }

    async fn take(
        &mut self,
        challenge: &HashedChallenge,
        now: DateTime<Utc>,
    ) -> Result<Option<IssuedChallenge>, StoreError> {
        take(self.conn(), challenge, now).await.map_err(store_error)
    }
}

const KEY_COLUMNS: (
    keys::id,
    keys::user_id,
    keys::credential_id,
    keys::credential_public_key,
    keys::counter,
    keys::nickname,
) = (
    keys::id,
    keys::user_id,
    keys::credential_id,
    keys::credential_public_key,
    keys::counter,
    keys::nickname,
);

/// A key as the database has it, from this server or from another.
#[derive(Queryable)]
struct KeyRow {
    id: Id,
    user_id: Id,
    credential_id: String,
    credential_public_key: Option<Vec<u8>>,
    counter: i64,
    nickname: Option<String>,
}

impl KeyRow {
    /// `None`: no authenticator gave out such an id.
    fn key(self) -> Option<SecurityKey> {
        Some(SecurityKey {
            id: SecurityKeyId(self.id.0),
            user_id: UserId(self.user_id.0),
            credential_id: CredentialId::from_stored(&self.credential_id)?,
            public_key: self.credential_public_key.unwrap_or_default(),
            // Authenticators count with 32 bits.
            sign_count: SignCount(u32::try_from(self.counter.max(0)).unwrap_or(u32::MAX)),
            nickname: self.nickname.map(KeyNickname::from_stored),
        })
    }
}

async fn insert(conn: &mut Conn, key: &SecurityKey) -> QueryResult<()> {
    diesel::insert_into(keys::table)
        .values((
            keys::id.eq(Id(key.id.0)),
            keys::user_id.eq(Id(key.user_id.0)),
            keys::credential_id.eq(key.credential_id.text()),
            keys::credential_public_key.eq(&key.public_key),
            keys::counter.eq(i64::from(key.sign_count.0)),
            keys::nickname.eq(key.nickname.as_ref().map(KeyNickname::as_str)),
        ))
        .execute(conn)
        .await
        .map(drop)
}

async fn find(conn: &mut Conn, credential: &CredentialId) -> QueryResult<Option<SecurityKey>> {
    let found: Option<KeyRow> = keys::table
        .filter(keys::credential_id.eq(credential.text()))
        .select(KEY_COLUMNS)
        .first(conn)
        .await
        .optional()?;
    Ok(found.and_then(KeyRow::key))
}

async fn all_of(conn: &mut Conn, user: Id) -> QueryResult<Vec<SecurityKey>> {
    let rows: Vec<KeyRow> = keys::table
        .filter(keys::user_id.eq(user))
        .select(KEY_COLUMNS)
        .order(keys::id)
        .load(conn)
        .await?;
    Ok(rows.into_iter().filter_map(KeyRow::key).collect())
}

/// Replay: of two statements with one count, the second finds a count that is not smaller. A key
/// that never counted stays at 0.
async fn advance(conn: &mut Conn, key: Id, to: i64) -> QueryResult<bool> {
    let counting_on = keys::table.find(key).filter(keys::counter.lt(to.max(1)));
    let changed = diesel::update(counting_on)
        .set(keys::counter.eq(to))
        .execute(conn)
        .await?;
    Ok(changed > 0)
}

async fn forget_all_of(conn: &mut Conn, user: Id) -> QueryResult<()> {
    diesel::delete(keys::table.filter(keys::user_id.eq(user)))
        .execute(conn)
        .await?;
    diesel::delete(challenges::table.filter(challenges::user_id.eq(user)))
        .execute(conn)
        .await
        .map(drop)
}

async fn issue(conn: &mut Conn, challenge: &IssuedChallenge) -> QueryResult<()> {
    diesel::insert_into(challenges::table)
        .values((
            challenges::challenge_hash.eq(challenge.hash.as_str()),
            challenges::purpose.eq(challenge.purpose.name()),
            challenges::user_id.eq(challenge.user_id.map(|it| Id(it.0))),
            challenges::sign_up.eq(challenge.sign_up.as_ref().map(ToString::to_string)),
            challenges::created_at.eq(Moment(challenge.created_at)),
            challenges::expires_at.eq(Moment(challenge.expires_at)),
        ))
        .execute(conn)
        .await
        .map(drop)
}

const CHALLENGE_COLUMNS: (
    challenges::purpose,
    challenges::user_id,
    challenges::sign_up,
    challenges::created_at,
    challenges::expires_at,
) = (
    challenges::purpose,
    challenges::user_id,
    challenges::sign_up,
    challenges::created_at,
    challenges::expires_at,
);

async fn find_challenge(
    conn: &mut Conn,
    hash: &HashedChallenge,
    now: DateTime<Utc>,
) -> QueryResult<Option<IssuedChallenge>> {
    let found: Option<ChallengeRow> = challenges::table
        .find(hash.as_str())
        .select(CHALLENGE_COLUMNS)
        .get_result(conn)
        .await
        .optional()?;
    let issued = found.and_then(|row| row.issued(hash));
    Ok(issued.filter(|it| now < it.expires_at))
}

async fn take(
    conn: &mut Conn,
    hash: &HashedChallenge,
    now: DateTime<Utc>,
) -> QueryResult<Option<IssuedChallenge>> {
    let taken: Option<ChallengeRow> = diesel::delete(challenges::table.find(hash.as_str()))
        .returning(CHALLENGE_COLUMNS)
        .get_result(conn)
        .await
        .optional()?;
    let issued = taken.and_then(|row| row.issued(hash));
    Ok(issued.filter(|it| now < it.expires_at))
}

#[derive(Queryable)]
struct ChallengeRow {
    purpose: String,
    user_id: Option<Id>,
    sign_up: Option<String>,
    created_at: Moment,
    expires_at: Moment,
}

impl ChallengeRow {
    /// `None`: it is one for something that this version does not know.
    fn issued(self, hash: &HashedChallenge) -> Option<IssuedChallenge> {
        let sign_up = self.sign_up.as_deref();
        Some(IssuedChallenge {
            hash: hash.clone(),
            purpose: ChallengePurpose::named(&self.purpose)?,
            user_id: self.user_id.map(|it| UserId(it.0)),
            sign_up: sign_up.and_then(|it| serde_json::from_str(it).ok()),
            created_at: self.created_at.0,
            expires_at: self.expires_at.0,
        })
    }
}
