//! Users as rows.

use auth_domain::user::{
    EmailAddress, HashedPassword, HasuraId, Locale, MfaMethod, PhoneNumber, Role, User, UserId,
    Username,
};
use diesel::prelude::{Queryable, Selectable};
use serde_json::Value;

use super::{
    dialect::{EmailColumn, LocaleColumn, RolesOfUser, email_column, locale_column},
    schema::users,
};
use crate::types::{Id, Moment, RoleNames};

/// A user with their roles, as every query selects them.
#[derive(Debug, Queryable, Selectable)]
#[expect(clippy::struct_excessive_bools, reason = "so many columns are flags")]
#[diesel(table_name = users)]
pub(crate) struct UserRow {
    pub(crate) id: Id,
    hasura_id: i64,
    created_at: Moment,
    disabled: bool,
    display_name: String,
    avatar_url: String,
    #[diesel(select_expression = locale_column(), select_expression_type = LocaleColumn)]
    locale: String,
    #[diesel(select_expression = email_column(), select_expression_type = EmailColumn)]
    email: Option<String>,
    email_verified: bool,
    phone_number: Option<String>,
    phone_number_verified: bool,
    username: Option<String>,
    password_hash: Option<String>,
    default_role: String,
    is_anonymous: bool,
    active_mfa_type: Option<String>,
    metadata: Option<Value>,
    #[diesel(select_expression = RolesOfUser, select_expression_type = RolesOfUser)]
    roles: RoleNames,
}

impl From<UserRow> for User {
    fn from(row: UserRow) -> Self {
        Self {
            id: UserId(row.id.0),
            hasura_id: HasuraId(row.hasura_id),
            created_at: row.created_at.0,
            disabled: row.disabled,
            display_name: row.display_name,
            avatar_url: row.avatar_url,
            locale: Locale::from_stored(row.locale),
            email: row.email.map(EmailAddress::from_stored),
            email_verified: row.email_verified,
            phone_number: row.phone_number.map(PhoneNumber::from_stored),
            phone_number_verified: row.phone_number_verified,
            username: row.username.map(Username::from_stored),
            password_hash: row.password_hash.map(HashedPassword::new),
            default_role: Role::from_stored(row.default_role),
            roles: row.roles.0.into_iter().map(Role::from_stored).collect(),
            is_anonymous: row.is_anonymous,
            active_mfa: row.active_mfa_type.as_deref().and_then(mfa_method),
            metadata: row.metadata,
        }
    }
}

/// The column's check lets nothing else in.
pub(super) fn mfa_method(stored: &str) -> Option<MfaMethod> {
    match stored {
        "totp" => Some(MfaMethod::Totp),
        "sms" => Some(MfaMethod::Sms),
        _ => None,
    }
}
