//! Options that several requests have in common.

use auth_domain::services::SignUpOptions;
use serde::Deserialize;

use crate::extract::members::{Language, Name, Object, RoleName, present};

/// `SignUpOptions`.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct OptionsBody {
    #[serde(default, deserialize_with = "present")]
    allowed_roles: Option<Vec<RoleName>>,
    #[serde(default, deserialize_with = "present")]
    default_role: Option<RoleName>,
    #[serde(default, deserialize_with = "present")]
    display_name: Option<Name>,
    #[serde(default, deserialize_with = "present")]
    locale: Option<Language>,
    #[serde(default, deserialize_with = "present")]
    metadata: Option<Object>,
    #[serde(default, deserialize_with = "present")]
    redirect_to: Option<String>,
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

/// `OptionsRedirectTo`.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct RedirectBody {
    #[serde(default, deserialize_with = "present")]
    pub(super) redirect_to: Option<String>,
}
