//! Users and roles.

use std::collections::BTreeSet;

use async_trait::async_trait;
use auth_domain::{
    error::StoreError,
    ports::{RoleRepository, UserLookup, UserRepository},
    ticket::Ticket,
    user::{EmailAddress, HashedPassword, HasuraId, NewUser, Role, User, UserId, Username},
};
use chrono::{DateTime, Utc};
use diesel::{
    ExpressionMethods, QueryDsl, QueryResult,
    result::{DatabaseErrorKind, Error},
};
use diesel_async::RunQueryDsl;

use super::{
    Conn, FindUser, HotPath, SqlUnitOfWork, dialect,
    schema::{roles, users},
    store_error,
};
use crate::types::{Id, Moment};

#[async_trait]
impl UserRepository for SqlUnitOfWork {
    async fn insert(&mut self, user: &NewUser) -> Result<HasuraId, StoreError> {
        insert(self.conn(), user).await.map_err(insert_error)
    }

    async fn find(&mut self, lookup: UserLookup<'_>) -> Result<Option<User>, StoreError> {
        FindUser(lookup).run(self.conn()).await.map_err(store_error)
    }

    async fn set_password(
        &mut self,
        user: UserId,
        hash: &HashedPassword,
    ) -> Result<bool, StoreError> {
        let change = diesel::update(users::table.find(Id(user.0)))
            .set(users::password_hash.eq(hash.expose()));
        changed(change.execute(self.conn()).await)
    }

    async fn set_ticket(
        &mut self,
        user: UserId,
        ticket: &Ticket,
        expires_at: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let change = diesel::update(users::table.find(Id(user.0))).set((
            users::ticket.eq(ticket.expose()),
            users::ticket_expires_at.eq(Moment(expires_at)),
        ));
        changed(change.execute(self.conn()).await)
    }

    async fn touch(&mut self, user: UserId, now: DateTime<Utc>) -> Result<bool, StoreError> {
        let change =
            diesel::update(users::table.find(Id(user.0))).set(users::last_seen.eq(Moment(now)));
        changed(change.execute(self.conn()).await)
    }
}

#[async_trait]
impl RoleRepository for SqlUnitOfWork {
    async fn ensure(&mut self, wanted: &[Role]) -> Result<(), StoreError> {
        // In one order for everybody: servers that start together wait for each other's rows.
        for role in wanted.iter().collect::<BTreeSet<_>>() {
            diesel::insert_into(roles::table)
                .values(roles::role.eq(role.as_str()))
                .on_conflict_do_nothing()
                .execute(self.conn())
                .await
                .map_err(store_error)?;
        }
        Ok(())
    }
}

async fn insert(conn: &mut Conn, user: &NewUser) -> QueryResult<HasuraId> {
    let hasura_id = diesel::insert_into(users::table)
        .values((
            users::id.eq(Id(user.id.0)),
            users::created_at.eq(Moment(user.created_at)),
            users::updated_at.eq(Moment(user.created_at)),
            users::disabled.eq(user.disabled),
            users::display_name.eq(&user.display_name),
            users::avatar_url.eq(&user.avatar_url),
            users::locale.eq(user.locale.as_str()),
            users::email.eq(user.email.as_ref().map(EmailAddress::as_str)),
            users::email_verified.eq(user.email_verified),
            users::username.eq(user.username.as_ref().map(Username::as_str)),
            users::password_hash.eq(user.password_hash.as_ref().map(HashedPassword::expose)),
            users::default_role.eq(user.default_role.as_str()),
            users::is_anonymous.eq(user.is_anonymous),
            users::metadata.eq(user.metadata.as_ref()),
        ))
        .returning(users::hasura_id)
        .get_result(conn)
        .await?;
    let names: Vec<&str> = user.roles.iter().map(Role::as_str).collect();
    dialect::insert_roles(conn, Id(user.id.0), user.created_at, &names).await?;
    Ok(HasuraId(hasura_id))
}

/// The only rows a user or their roles refer to and that may be missing are roles.
fn insert_error(error: Error) -> StoreError {
    match error {
        Error::DatabaseError(DatabaseErrorKind::ForeignKeyViolation, _) => StoreError::UnknownRole,
        other => store_error(other),
    }
}

fn changed(rows: QueryResult<usize>) -> Result<bool, StoreError> {
    rows.map(|count| count > 0).map_err(store_error)
}
