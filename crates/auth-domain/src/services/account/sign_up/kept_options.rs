//! Options as JSON, for sign-ups that end in another request than they begin.

use serde_json::{Map, Value};

use super::SignUpOptions;
use crate::user::{DisplayName, Locale, Role};

impl SignUpOptions {
    /// The options as members of an object.
    pub(in crate::services) fn to_members(&self) -> Map<String, Value> {
        let Self {
            redirect_to,
            default_role,
            allowed_roles,
            display_name,
            locale,
            metadata,
        } = self.clone();
        let allowed_roles = allowed_roles.map(|all| {
            let names = all.iter().map(Role::to_string);
            names.collect::<Vec<_>>()
        });
        let members = [
            ("redirectTo", Value::from(redirect_to)),
            ("defaultRole", default_role.map(|it| it.to_string()).into()),
            ("allowedRoles", allowed_roles.into()),
            (
                "displayName",
                display_name.map(DisplayName::into_string).into(),
            ),
            ("locale", locale.map(|it| it.to_string()).into()),
            ("metadata", metadata.map_or(Value::Null, Value::Object)),
        ];
        let named = members.map(|(name, value)| (name.to_owned(), value));
        named.into_iter().collect()
    }

    /// The options among the members of an object; `None` if one cannot be read.
    pub(in crate::services) fn from_members(mut members: Map<String, Value>) -> Option<Self> {
        let roles = match members.remove("allowedRoles") {
            Some(Value::Array(names)) => {
                let roles = names.iter().map(|it| Role::parse(it.as_str()?).ok());
                Some(roles.collect::<Option<Vec<_>>>()?)
            }
            _ => None,
        };
        let metadata = match members.remove("metadata") {
            Some(Value::Object(members)) => Some(members),
            _ => None,
        };
        Some(Self {
            redirect_to: text(&mut members, "redirectTo"),
            default_role: parsed(&mut members, "defaultRole", |it| Role::parse(it).ok())?,
            allowed_roles: roles,
            display_name: parsed(&mut members, "displayName", |it| {
                DisplayName::parse(it).ok()
            })?,
            locale: parsed(&mut members, "locale", |it| Locale::parse(it).ok())?,
            metadata,
        })
    }
}

fn text(members: &mut Map<String, Value>, name: &str) -> Option<String> {
    match members.remove(name) {
        Some(Value::String(text)) => Some(text),
        _ => None,
    }
}

/// The value of a member that may be absent; `None` if it is there and cannot be read.
#[expect(
    clippy::option_option,
    reason = "an absent member is not an unreadable one"
)]
fn parsed<T>(
    members: &mut Map<String, Value>,
    name: &str,
    parse: impl Fn(&str) -> Option<T>,
) -> Option<Option<T>> {
    match text(members, name) {
        Some(text) => parse(&text).map(Some),
        None => Some(None),
    }
}
