//! Work that needs a connection but no unit of work.

use std::future::Future;

use auth_domain::{
    identity::IdentityKey,
    one_time_code::CodePurpose,
    ports::{NumberClaimant, UserLookup},
    session::{HashedRefreshToken, HashedSessionToken, RefreshTokenKind, SessionId},
    user::{PhoneNumber, User, UserId},
};
use chrono::{DateTime, Utc};
use diesel::{
    BoolExpressionMethods, ExpressionMethods, JoinOnDsl, NullableExpressionMethods,
    OptionalExtension, QueryDsl, QueryResult, SelectableHelper,
};
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use serde_json::Value;

use super::{
    Conn,
    dialect::{Flavor, email_is},
    schema::{
        one_time_codes, opaque_sessions, refresh_tokens, user_providers, user_security_keys, users,
    },
    session_columns::stored_kind,
    staged_profile,
    user_row::UserRow,
};
use crate::types::{Id, Moment};

/// Work that is one decision, and one statement where the database allows it.
pub trait HotPath: Send + Sync {
    /// What it finds out.
    type Output: Send;

    /// Does it.
    fn run(&self, conn: &mut Conn) -> impl Future<Output = QueryResult<Self::Output>> + Send;
}

/// Finds a user with their roles, in a database of this flavor.
#[derive(Debug, Clone, Copy)]
pub(super) struct FindUser<'a>(pub(super) UserLookup<'a>, pub(super) &'a Flavor);

impl HotPath for FindUser<'_> {
    type Output = Option<User>;

    async fn run(&self, conn: &mut Conn) -> QueryResult<Self::Output> {
        let selected = users::table.select(UserRow::as_select());
        let found: QueryResult<UserRow> = match self.0 {
            UserLookup::Id(id) => selected.filter(users::id.eq(Id(id.0))).first(conn).await,
            UserLookup::Email(email) => {
                let reached = email_is(email.as_str(), self.1);
                selected.filter(reached).first(conn).await
            }
            UserLookup::PhoneNumber(number) => {
                let reached = users::phone_number.eq(number.as_str());
                selected.filter(reached).first(conn).await
            }
            UserLookup::Username(name) => {
                let named = users::username.eq(name.as_str());
                selected.filter(named).first(conn).await
            }
            UserLookup::Identity(IdentityKey { provider, subject }) => {
                let linked = user_providers::provider_id
                    .eq(provider.as_str())
                    .and(user_providers::provider_user_id.eq(subject.as_str()));
                let holder = selected.inner_join(user_providers::table);
                holder.filter(linked).first(conn).await
            }
        };
        Ok(found.optional()?.map(User::from))
    }
}

/// Finds the user whose code may have been sent to a number.
#[derive(Debug, Clone, Copy)]
pub(super) struct FindNumberClaimant<'a> {
    /// The number.
    pub(super) number: &'a PhoneNumber,
    /// A code for a user who noted the number must not have expired by then.
    pub(super) now: DateTime<Utc>,
}

impl HotPath for FindNumberClaimant<'_> {
    type Output = Option<NumberClaimant>;

    async fn run(&self, conn: &mut Conn) -> QueryResult<Self::Output> {
        let number = self.number.as_str();
        let waiting = one_time_codes::user_id
            .eq(users::id)
            .and(one_time_codes::purpose.eq(CodePurpose::PhoneDeanonymization.name()))
            .and(one_time_codes::expires_at.gt(Moment(self.now)));
        let noted = users::new_phone_number
            .eq(number)
            .and(users::is_anonymous)
            .and(one_time_codes::expires_at.nullable().is_not_null());
        let found: Option<(UserRow, Option<Value>)> = users::table
            .left_join(one_time_codes::table.on(waiting))
            .filter(users::phone_number.eq(number).or(noted))
            .select((UserRow::as_select(), users::pending_sms_deanonymize_options))
            // The owner of the number comes first: they are not anonymous.
            .order((
                users::is_anonymous.asc(),
                one_time_codes::expires_at.nullable().desc(),
            ))
            .first(conn)
            .await
            .optional()?;
        Ok(found.and_then(|(row, staged)| claimant(row.into(), self.number, staged)))
    }
}

/// `None` for a user whose request was noted by another server than this.
fn claimant(user: User, number: &PhoneNumber, staged: Option<Value>) -> Option<NumberClaimant> {
    if user.phone_number.as_ref() == Some(number) {
        return Some(NumberClaimant { user, staged: None });
    }
    let staged = Some(staged_profile::read(&staged?)?);
    Some(NumberClaimant { user, staged })
}

/// Finds the user of an opaque session.
#[derive(Debug, Clone, Copy)]
pub(super) struct FindOpaqueSession<'a> {
    /// The hash of the session's token.
    pub(super) hash: &'a HashedSessionToken,
    /// The session must not have expired by then.
    pub(super) now: DateTime<Utc>,
}

impl HotPath for FindOpaqueSession<'_> {
    type Output = Option<User>;

    async fn run(&self, conn: &mut Conn) -> QueryResult<Self::Output> {
        let found: QueryResult<UserRow> = opaque_sessions::table
            .inner_join(users::table)
            .filter(opaque_sessions::token_hash.eq(self.hash.as_str()))
            .filter(opaque_sessions::expires_at.gt(Moment(self.now)))
            .select(UserRow::as_select())
            .first(conn)
            .await;
        Ok(found.optional()?.map(User::from))
    }
}

/// Finds the user of a personal access token.
#[derive(Debug, Clone, Copy)]
pub(super) struct FindPersonalAccessToken<'a> {
    /// The hash of the token.
    pub(super) hash: &'a HashedRefreshToken,
    /// The token must not have expired by then.
    pub(super) now: DateTime<Utc>,
}

impl HotPath for FindPersonalAccessToken<'_> {
    type Output = Option<User>;

    async fn run(&self, conn: &mut Conn) -> QueryResult<Self::Output> {
        let found: QueryResult<UserRow> = refresh_tokens::table
            .inner_join(users::table)
            .filter(refresh_tokens::refresh_token_hash.eq(self.hash.as_str()))
            .filter(refresh_tokens::kind.eq(stored_kind(RefreshTokenKind::PersonalAccess)))
            .filter(refresh_tokens::expires_at.gt(Moment(self.now)))
            .select(UserRow::as_select())
            .first(conn)
            .await;
        Ok(found.optional()?.map(User::from))
    }
}

/// Finds out whether a session of a user is still open.
#[derive(Debug, Clone, Copy)]
pub(super) struct IsSessionOpen {
    /// Whose it has to be.
    pub(super) user: UserId,
    /// Its id.
    pub(super) id: SessionId,
    /// It must not have expired by then.
    pub(super) now: DateTime<Utc>,
}

impl HotPath for IsSessionOpen {
    type Output = bool;

    async fn run(&self, conn: &mut Conn) -> QueryResult<bool> {
        let found: Option<Id> = refresh_tokens::table
            .find(Id(self.id.0))
            .filter(refresh_tokens::user_id.eq(Id(self.user.0)))
            .filter(refresh_tokens::kind.eq(stored_kind(RefreshTokenKind::Regular)))
            .filter(refresh_tokens::expires_at.gt(Moment(self.now)))
            .select(refresh_tokens::id)
            .first(conn)
            .await
            .optional()?;
        Ok(found.is_some())
    }
}

/// Finds out whether a user has a security key.
#[derive(Debug, Clone, Copy)]
pub(super) struct HasSecurityKey(pub(super) UserId);

impl HotPath for HasSecurityKey {
    type Output = bool;

    async fn run(&self, conn: &mut Conn) -> QueryResult<bool> {
        let owned = user_security_keys::table
            .filter(user_security_keys::user_id.eq(Id(self.0.0)))
            .select(user_security_keys::user_id)
            .limit(1);
        let found: Option<Id> = owned.first(conn).await.optional()?;
        Ok(found.is_some())
    }
}

/// Checks that the database answers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ping;

impl HotPath for Ping {
    type Output = ();

    async fn run(&self, conn: &mut Conn) -> QueryResult<()> {
        conn.batch_execute("SELECT 1").await
    }
}
