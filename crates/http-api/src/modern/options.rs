//! Options that several requests have in common.

use auth_domain::services::SignUpOptions;
use serde::Deserialize;
use utoipa::ToSchema;

use super::security_keys::Nickname;
use crate::extract::members::{Language, Name, Object, RoleName, non_null};

/// What a new user starts with.
#[derive(Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = SignUpOptions)]
pub(super) struct OptionsBody {
    #[serde(default, deserialize_with = "non_null")]
    #[schema(nullable = false)]
    allowed_roles: Option<Vec<RoleName>>,
    #[serde(default, deserialize_with = "non_null")]
    #[schema(nullable = false)]
    default_role: Option<RoleName>,
    #[serde(default, deserialize_with = "non_null")]
    #[schema(nullable = false)]
    display_name: Option<Name>,
    #[serde(default, deserialize_with = "non_null")]
    #[schema(nullable = false)]
    locale: Option<Language>,
    #[serde(default, deserialize_with = "non_null")]
    #[schema(nullable = false)]
    metadata: Option<Object>,
    #[serde(default, deserialize_with = "non_null")]
    #[schema(nullable = false)]
    redirect_to: Option<String>,
    /// The name of the security key that a user signs up with. Clients before nhost-js 4 tell it here,
    /// and not beside the key; other requests ignore it.
    #[serde(default, deserialize_with = "non_null")]
    #[schema(nullable = false)]
    pub(super) nickname: Option<Nickname>,
}

impl From<OptionsBody> for SignUpOptions {
    fn from(body: OptionsBody) -> Self {
        let OptionsBody {
            allowed_roles,
            default_role,
            display_name,
            locale,
            metadata,
            redirect_to,
            nickname: _,
        } = body;
        Self {
            redirect_to,
            default_role: default_role.map(|it| it.0),
            allowed_roles: allowed_roles.map(|all| all.into_iter().map(|it| it.0).collect()),
            display_name: display_name.map(|it| it.0),
            locale: locale.and_then(|it| it.0),
            metadata: metadata.map(|it| it.0),
        }
    }
}

/// Where the link in a mail leads on to.
#[derive(Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = OptionsRedirectTo)]
pub(super) struct RedirectBody {
    #[serde(default, deserialize_with = "non_null")]
    #[schema(nullable = false)]
    pub(super) redirect_to: Option<String>,
}
