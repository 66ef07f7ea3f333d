//! What an anonymous user is to be, in the column `pending_sms_deanonymize_options`.

use auth_domain::{
    ports::StagedProfile,
    user::{Locale, Role},
};
use serde_json::{Value, json};

/// In the members that Hasura Auth has in the options of a request.
pub(super) fn write(profile: &StagedProfile) -> Value {
    let StagedProfile {
        display_name,
        locale,
        default_role,
        roles,
        metadata,
    } = profile;
    let roles: Vec<_> = roles.iter().map(Role::as_str).collect();
    json!({
        "displayName": display_name,
        "locale": locale.as_str(),
        "defaultRole": default_role.as_str(),
        "allowedRoles": roles,
        "metadata": metadata,
    })
}

/// `None` for what [`write()`] did not write.
pub(super) fn read(stored: &Value) -> Option<StagedProfile> {
    let text = |name: &str| Some(stored.get(name)?.as_str()?.to_owned());
    let roles = stored.get("allowedRoles")?.as_array()?.iter();
    let role = |it: &Value| Some(Role::from_stored(it.as_str()?.to_owned()));
    Some(StagedProfile {
        display_name: text("displayName")?,
        locale: Locale::from_stored(text("locale")?),
        default_role: Role::from_stored(text("defaultRole")?),
        roles: roles.map(role).collect::<Option<_>>()?,
        metadata: stored.get("metadata")?.as_object().cloned(),
    })
}
