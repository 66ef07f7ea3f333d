//! Sign-in with a service that does not exist: the provider to copy.
//!
//! `docs/adding-a-provider.md` leads through it. The first line names the service, with a link to
//! the page on the authorization-code flow; and here stands what makes an address verified, with a
//! link to the sentence: an address is verified if the profile says so (`email_verified`).

use auth_domain::identity::ExternalIdentity;
use provider_kit::{
    AuthorizationCodeProvider, ProfileError,
    profile::{Address, Checked, Name, PersonId, Picture},
};
use serde::Deserialize;

/// The service.
#[derive(Debug)]
pub struct Template;

/// A user's profile. Only members that are read; every one may be missing or odd.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Profile {
    id: PersonId,
    email: Address,
    email_verified: Checked,
    name: Name,
    picture: Picture,
}

impl AuthorizationCodeProvider for Template {
    const ID: &'static str = "template";
    const AUTHORIZATION_URL: &'static str = "https://accounts.example.com/authorize";
    const TOKEN_URL: &'static str = "https://accounts.example.com/token";
    const PROFILE_URL: &'static str = "https://api.example.com/me";
    const SCOPES: &'static [&'static str] = &["profile", "email"];
    const PKCE: bool = true;

    type Profile = Profile;

    fn identity(&self, profile: Profile) -> Result<ExternalIdentity, ProfileError> {
        Ok(ExternalIdentity {
            subject: profile.id.subject()?,
            email: profile.email.0,
            email_verified: profile.email_verified.0,
            name: profile.name.0,
            avatar: profile.picture.0,
        })
    }
}

#[cfg(test)]
mod tests {
    use provider_kit::testing::{Contract, Person, only_needs, verified_only_if_said_by};
    use serde_json::{Value, json};

    use super::*;

    /// A response as the documentation shows it, about an invented user.
    fn ada() -> Value {
        json!({
            "id": 4711,
            "email": "ada@example.com",
            "email_verified": true,
            "name": "Ada Lovelace",
            "picture": "https://example.com/ada.png",
        })
    }

    fn contract() -> Contract<Template> {
        let person = Person {
            id: "4711",
            email: Some("ada@example.com"),
            email_verified: Some(true),
            name: Some("Ada Lovelace"),
            picture: Some("https://example.com/ada.png"),
        };
        Contract {
            parameters: &[("scope", "profile email")],
            pkce: true,
            ..Contract::of(Template, ada(), person)
        }
    }

    provider_kit::contract_tests!(contract);

    #[test]
    fn nothing_but_the_id_is_needed() {
        only_needs(&Template, &ada(), "id");
    }

    #[test]
    fn an_address_is_verified_only_if_the_service_says_so() {
        verified_only_if_said_by(&Template, &ada(), "email_verified");
    }
}
