//! Sign-in with [WorkOS](https://workos.com/docs/reference/sso).
//!
//! No address is verified: it is what an organization's own identity provider says, and WorkOS
//! [asks to check](https://workos.com/docs/sso/guide) that the user belongs to the organization.

use auth_domain::identity::ExternalIdentity;
use provider_kit::{
    AuthorizationCodeProvider, ProfileError,
    profile::{Address, Name, PersonId},
};
use serde::Deserialize;

/// WorkOS, with the defaults of authorization requests that name no connection.
#[derive(Debug, Clone, Default)]
pub struct WorkOs {
    /// The organization.
    pub organization: Option<String>,
    /// The connection.
    pub connection: Option<String>,
    /// The domain.
    pub domain: Option<String>,
}

/// A user's profile.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Profile {
    id: PersonId,
    email: Address,
    first_name: Name,
    last_name: Name,
}

impl AuthorizationCodeProvider for WorkOs {
    const ID: &'static str = "workos";
    const AUTHORIZATION_URL: &'static str = "https://api.workos.com/sso/authorize";
    const TOKEN_URL: &'static str = "https://api.workos.com/sso/token";
    const PROFILE_URL: &'static str = "https://api.workos.com/sso/profile";
    const SCOPES: &'static [&'static str] = &[];

    type Profile = Profile;

    fn parameters(&self) -> Vec<(&'static str, String)> {
        let named = [
            ("organization", &self.organization),
            ("connection", &self.connection),
            ("domain", &self.domain),
        ];
        let set = |(name, value): (&'static str, &Option<String>)| Some((name, value.clone()?));
        named.into_iter().filter_map(set).collect()
    }

    fn identity(&self, profile: Profile) -> Result<ExternalIdentity, ProfileError> {
        Ok(ExternalIdentity {
            email: profile.email.0,
            name: Name::joined([profile.first_name, profile.last_name]).0,
            ..ExternalIdentity::of(profile.id.subject()?)
        })
    }
}

#[cfg(test)]
mod tests {
    use provider_kit::testing::{Contract, Person, never_verified};
    use serde_json::{Value, json};

    use super::*;

    fn ada() -> Value {
        json!({
            "object": "profile",
            "id": "prof_01DMC79VCBZ0NY2099737PSVF1",
            "connection_type": "OktaSAML",
            "email": "ada@example.com",
            "first_name": "Ada",
            "last_name": "Lovelace",
        })
    }

    fn contract() -> Contract<WorkOs> {
        let provider = WorkOs {
            organization: Some("org_01".to_owned()),
            connection: None,
            domain: Some("example.com".to_owned()),
        };
        let person = Person {
            id: "prof_01DMC79VCBZ0NY2099737PSVF1",
            email: Some("ada@example.com"),
            name: Some("Ada Lovelace"),
            ..Person::default()
        };
        Contract {
            parameters: &[("organization", "org_01"), ("domain", "example.com")],
            ..Contract::of(provider, ada(), person)
        }
    }

    provider_kit::contract_tests!(contract);

    #[test]
    fn no_address_is_verified() {
        never_verified(&WorkOs::default(), &ada());
    }
}
