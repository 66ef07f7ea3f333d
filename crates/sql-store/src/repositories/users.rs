//! Users and roles.

use std::collections::BTreeSet;

use async_trait::async_trait;
use auth_domain::{
    error::StoreError,
    ports::{Contact, Deanonymization, RoleRepository, StagedProfile, UserLookup, UserRepository},
    user::{
        EmailAddress, HashedPassword, HasuraId, NewUser, PhoneNumber, Role, User, UserId, Username,
    },
};
use chrono::{DateTime, Utc};
use diesel::{
    ExpressionMethods, OptionalExtension, QueryDsl, QueryResult,
    result::{DatabaseErrorKind, Error},
};
use diesel_async::RunQueryDsl;
use serde_json::Value;

use super::{
    Conn, dialect,
    hot_path::{FindUser, HotPath},
    locks::{find_and_lock_user, lock_user},
    schema::{roles, user_roles, users},
    staged_profile, store_error,
    unit_of_work::SqlUnitOfWork,
};
use crate::types::{Id, Moment};

#[async_trait]
impl UserRepository for SqlUnitOfWork {
    async fn insert(&mut self, user: &NewUser) -> Result<HasuraId, StoreError> {
        insert(self.conn(), user).await.map_err(error_naming_roles)
    }

    async fn find(&mut self, lookup: UserLookup<'_>) -> Result<Option<User>, StoreError> {
        let (conn, flavor) = self.conn_and_flavor();
        let found = FindUser(lookup, flavor).run(conn).await;
        found.map_err(store_error)
    }

    async fn lock(&mut self, user: UserId) -> Result<Option<User>, StoreError> {
        let locked = find_and_lock_user(self.conn(), Id(user.0)).await;
        Ok(locked.map_err(store_error)?.map(User::from))
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

    async fn clear_password(&mut self, user: UserId) -> Result<bool, StoreError> {
        let change = diesel::update(users::table.find(Id(user.0)))
            .set(users::password_hash.eq(None::<&str>));
        changed(change.execute(self.conn()).await)
    }

    async fn set_email_verified(&mut self, user: UserId) -> Result<bool, StoreError> {
        let change =
            diesel::update(users::table.find(Id(user.0))).set(users::email_verified.eq(true));
        changed(change.execute(self.conn()).await)
    }

    async fn set_new_email(
        &mut self,
        user: UserId,
        email: &EmailAddress,
    ) -> Result<bool, StoreError> {
        let change =
            diesel::update(users::table.find(Id(user.0))).set(users::new_email.eq(email.as_str()));
        changed(change.execute(self.conn()).await)
    }

    async fn move_to_new_email(&mut self, user: UserId) -> Result<bool, StoreError> {
        let about_to_move = users::table
            .find(Id(user.0))
            .filter(users::new_email.is_not_null());
        let change = diesel::update(about_to_move).set((
            users::email.eq(users::new_email),
            users::email_verified.eq(true),
            users::new_email.eq(None::<&str>),
        ));
        changed(change.execute(self.conn()).await)
    }

    async fn set_phone_number_verified(&mut self, user: UserId) -> Result<bool, StoreError> {
        let change = diesel::update(users::table.find(Id(user.0)))
            .set(users::phone_number_verified.eq(true));
        changed(change.execute(self.conn()).await)
    }

    async fn clear_phone_number(&mut self, user: UserId) -> Result<bool, StoreError> {
        let change = diesel::update(users::table.find(Id(user.0))).set((
            users::phone_number.eq(None::<&str>),
            users::phone_number_verified.eq(false),
            nothing_staged(),
        ));
        changed(change.execute(self.conn()).await)
    }

    async fn stage_phone_number(
        &mut self,
        user: UserId,
        number: &PhoneNumber,
        profile: Option<&StagedProfile>,
    ) -> Result<bool, StoreError> {
        let change = diesel::update(users::table.find(Id(user.0))).set((
            users::new_phone_number.eq(number.as_str()),
            users::pending_sms_deanonymize_options.eq(profile.map(staged_profile::write)),
        ));
        changed(change.execute(self.conn()).await)
    }

    async fn move_to_phone_number(
        &mut self,
        user: UserId,
        number: &PhoneNumber,
    ) -> Result<bool, StoreError> {
        let about_to_move = users::table
            .find(Id(user.0))
            .filter(users::new_phone_number.eq(number.as_str()));
        let change = diesel::update(about_to_move).set((
            users::phone_number.eq(number.as_str()),
            users::phone_number_verified.eq(true),
            nothing_staged(),
        ));
        changed(change.execute(self.conn()).await)
    }

    async fn deanonymize(
        &mut self,
        user: UserId,
        changes: &Deanonymization,
    ) -> Result<bool, StoreError> {
        deanonymize(self.conn(), Id(user.0), changes)
            .await
            .map_err(error_naming_roles)
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
        // One order for all (deadlock): servers that start together wait for each other's rows.
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
            users::phone_number.eq(user.phone_number.as_ref().map(PhoneNumber::as_str)),
            users::username.eq(user.username.as_ref().map(Username::as_str)),
            users::password_hash.eq(user.password_hash.as_ref().map(HashedPassword::expose)),
            users::default_role.eq(user.default_role.as_str()),
            users::is_anonymous.eq(user.is_anonymous),
            users::metadata.eq(user.metadata.as_ref()),
        ))
        .returning(users::hasura_id)
        .get_result(conn)
        .await?;
    insert_roles(conn, Id(user.id.0), user.created_at, &user.roles).await?;
    Ok(HasuraId(hasura_id))
}

async fn deanonymize(conn: &mut Conn, user: Id, changes: &Deanonymization) -> QueryResult<bool> {
    if let Contact::PhoneNumber(number) = &changes.contact
        && !has_staged(conn, user, number).await?
    {
        return Ok(false);
    }
    let anonymous = users::table.find(user).filter(users::is_anonymous.eq(true));
    let metadata = changes.metadata.clone().map(Value::Object);
    let password_hash = changes.password_hash.as_ref();
    let (email, number) = match &changes.contact {
        Contact::Email(email) => (Some(email.as_str()), None),
        Contact::PhoneNumber(number) => (None, Some(number.as_str())),
    };
    let renamed = diesel::update(anonymous)
        .set((
            users::is_anonymous.eq(false),
            email.map(|it| (users::email.eq(it), users::email_verified.eq(false))),
            number.map(|it| {
                (
                    users::phone_number.eq(it),
                    users::phone_number_verified.eq(true),
                )
            }),
            nothing_staged(),
            users::password_hash.eq(password_hash.map(HashedPassword::expose)),
            users::display_name.eq(&changes.display_name),
            users::avatar_url.eq(&changes.avatar_url),
            users::locale.eq(changes.locale.as_str()),
            users::default_role.eq(changes.default_role.as_str()),
            users::metadata.eq(metadata),
        ))
        .execute(conn)
        .await?;
    if renamed == 0 {
        return Ok(false);
    }
    diesel::delete(user_roles::table.filter(user_roles::user_id.eq(user)))
        .execute(conn)
        .await?;
    insert_roles(conn, user, changes.now, &changes.roles).await?;
    Ok(true)
}

/// Takes the user's row lock; whether this is the number that was noted last.
async fn has_staged(conn: &mut Conn, user: Id, number: &PhoneNumber) -> QueryResult<bool> {
    lock_user(conn, user).await?;
    let noted: Option<Option<String>> = users::table
        .find(user)
        .select(users::new_phone_number)
        .first(conn)
        .await
        .optional()?;
    Ok(noted.flatten().as_deref() == Some(number.as_str()))
}

type NoNumber = diesel::dsl::Eq<users::new_phone_number, Option<&'static str>>;
type NoOptions = diesel::dsl::Eq<users::pending_sms_deanonymize_options, Option<Value>>;

/// No number is noted any more.
fn nothing_staged() -> (NoNumber, NoOptions) {
    (
        users::new_phone_number.eq(None),
        users::pending_sms_deanonymize_options.eq(None),
    )
}

async fn insert_roles(
    conn: &mut Conn,
    user: Id,
    given_at: DateTime<Utc>,
    roles: &[Role],
) -> QueryResult<()> {
    let names: Vec<&str> = roles.iter().map(Role::as_str).collect();
    dialect::insert_roles(conn, user, given_at, &names).await
}

/// The only rows a user or their roles refer to and that may be missing are roles.
fn error_naming_roles(error: Error) -> StoreError {
    match error {
        Error::DatabaseError(DatabaseErrorKind::ForeignKeyViolation, _) => StoreError::UnknownRole,
        other => store_error(other),
    }
}

fn changed(rows: QueryResult<usize>) -> Result<bool, StoreError> {
    rows.map(|count| count > 0).map_err(store_error)
}
