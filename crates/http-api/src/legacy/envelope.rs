//! The body of sign-up and login: `{"provider": …, "data": …}`.

use auth_domain::user::{PlainPassword, Username};
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::{ToSchema, openapi::ObjectBuilder};

use super::LegacyError;
use crate::extract::schema;

/// Built-in providers of the original that this server does not offer yet.
const OTHER_PROVIDERS: [&str; 7] = [
    "email",
    "mobile",
    "mobile-password",
    "google",
    "facebook",
    "linkedin",
    "github",
];

/// The envelope around what a provider needs.
#[derive(Deserialize, ToSchema)]
#[schema(as = LegacyCredentials)]
pub(crate) struct Envelope {
    #[schema(schema_with = provider)]
    provider: String,
    #[schema(schema_with = username_data)]
    data: Map<String, Value>,
}

fn provider() -> ObjectBuilder {
    schema::text().enum_values(Some(["username"]))
}

/// The schema that [`Envelope::into_username_data`] keeps.
fn username_data() -> ObjectBuilder {
    ObjectBuilder::new()
        .property("username", schema::text().max_length(Some(255)))
        .required("username")
        .property("password", schema::text())
        .required("password")
}

/// What the provider `username` needs.
pub(super) struct UsernameData {
    pub(super) username: Username,
    pub(super) password: PlainPassword,
}

impl Envelope {
    /// The data for the provider `username`; any other name is an error of its own.
    pub(super) fn into_username_data(self) -> Result<UsernameData, LegacyError> {
        if self.provider != "username" {
            return Err(if OTHER_PROVIDERS.contains(&self.provider.as_str()) {
                LegacyError::provider_disabled()
            } else {
                LegacyError::invalid_provider()
            });
        }
        let username = Username::parse(text(&self.data, "username")?)
            .map_err(|error| LegacyError::invalid_argument(".data.username", &error.to_string()))?;
        let password = PlainPassword::new(text(&self.data, "password")?);
        Ok(UsernameData { username, password })
    }
}

fn text<'a>(data: &'a Map<String, Value>, member: &str) -> Result<&'a str, LegacyError> {
    match data.get(member) {
        Some(Value::String(text)) => Ok(text),
        Some(_) => Err(LegacyError::invalid_argument(
            &format!(".data.{member}"),
            "expected a string",
        )),
        None => Err(LegacyError::missing_member(member)),
    }
}
