//! Links between accounts and identities at providers.

use std::collections::BTreeSet;

use async_trait::async_trait;
use auth_domain::{
    error::StoreError,
    identity::{NewLinkedIdentity, ProviderId},
    ports::LinkedIdentityRepository,
    user::UserId,
};
use diesel::{ExpressionMethods, QueryDsl, QueryResult};
use diesel_async::RunQueryDsl;

use super::{
    Conn,
    schema::{providers, user_providers},
    store_error,
    unit_of_work::SqlUnitOfWork,
};
use crate::types::{Id, Moment};

/// What stands in the place of a provider's token, which must not be NULL. Hasura Auth writes the
/// same: neither keeps tokens.
const NO_TOKEN: &str = "unset";

#[async_trait]
impl LinkedIdentityRepository for SqlUnitOfWork {
    async fn link(&mut self, identity: &NewLinkedIdentity) -> Result<(), StoreError> {
        link(self.conn(), identity).await.map_err(store_error)
    }

    async fn forget_all_of(&mut self, user: UserId) -> Result<(), StoreError> {
        let theirs = user_providers::table.filter(user_providers::user_id.eq(Id(user.0)));
        diesel::delete(theirs)
            .execute(self.conn())
            .await
            .map(drop)
            .map_err(store_error)
    }

    async fn ensure_providers(&mut self, wanted: &[ProviderId]) -> Result<(), StoreError> {
        // Deadlock: all transactions write in one order, as with roles.
        for provider in wanted.iter().collect::<BTreeSet<_>>() {
            ensure(self.conn(), provider).await.map_err(store_error)?;
        }
        Ok(())
    }
}

async fn link(conn: &mut Conn, identity: &NewLinkedIdentity) -> QueryResult<()> {
    let created_at = Moment(identity.created_at);
    diesel::insert_into(user_providers::table)
        .values((
            user_providers::id.eq(Id(identity.id)),
            user_providers::created_at.eq(created_at),
            user_providers::updated_at.eq(created_at),
            user_providers::user_id.eq(Id(identity.user_id.0)),
            user_providers::access_token.eq(NO_TOKEN),
            user_providers::provider_id.eq(identity.key.provider.as_str()),
            user_providers::provider_user_id.eq(identity.key.subject.as_str()),
        ))
        .execute(conn)
        .await
        .map(drop)
}

async fn ensure(conn: &mut Conn, provider: &ProviderId) -> QueryResult<()> {
    diesel::insert_into(providers::table)
        .values(providers::id.eq(provider.as_str()))
        .on_conflict_do_nothing()
        .execute(conn)
        .await
        .map(drop)
}
