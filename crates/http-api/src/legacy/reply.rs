//! Objects of legacy answers.

use auth_domain::user::User;
use serde::Serialize;
use utoipa::ToSchema;

/// `UserInfo`: who is signed in. Identities a user does not have are absent.
#[derive(Serialize, ToSchema)]
#[schema(as = LegacyUserInfo)]
pub(crate) struct UserInfo {
    auth_token: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    username: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    mobile: Option<String>,
    hasura_id: i64,
    hasura_roles: Vec<String>,
}

impl UserInfo {
    pub(super) fn new(auth_token: &str, user: User) -> Self {
        Self {
            auth_token: auth_token.to_owned(),
            username: user.username.map(|it| it.as_str().to_owned()),
            email: user.email.map(|it| it.as_str().to_owned()),
            mobile: user.phone_number.map(|it| it.as_str().to_owned()),
            hasura_id: user.hasura_id.0,
            hasura_roles: user.roles.iter().map(ToString::to_string).collect(),
        }
    }
}
