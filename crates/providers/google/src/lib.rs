//! Sign-in with [Google](https://developers.google.com/identity/protocols/oauth2/web-server).
//!
//! An address is verified if the profile says so (`verified_email`); Google
//! [verifies addresses](https://developers.google.com/identity/openid-connect/openid-connect) of
//! accounts itself, and says when it did not.

use auth_domain::identity::ExternalIdentity;
use provider_kit::{
    AuthorizationCodeProvider, ProfileError,
    profile::{Address, Checked, Name, PersonId, Picture},
};
use serde::Deserialize;

/// Google.
#[derive(Debug)]
pub struct Google;

/// The issuer of Google's ID tokens.
pub const ISSUER: &str = "https://accounts.google.com";

/// The URL of the keys of Google's ID tokens, unless a setting says otherwise.
pub const KEYS_URL: &str = "https://www.googleapis.com/oauth2/v3/certs";

/// A user's profile.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Profile {
    id: PersonId,
    email: Address,
    verified_email: Checked,
    name: Name,
    picture: Picture,
}

impl AuthorizationCodeProvider for Google {
    const ID: &'static str = "google";
    const AUTHORIZATION_URL: &'static str = "https://accounts.google.com/o/oauth2/auth";
    const TOKEN_URL: &'static str = "https://oauth2.googleapis.com/token";
    const PROFILE_URL: &'static str = "https://www.googleapis.com/oauth2/v2/userinfo";
    const SCOPES: &'static [&'static str] = &["openid", "email", "profile"];
    const PKCE: bool = true;

    type Profile = Profile;

    fn identity(&self, profile: Profile) -> Result<ExternalIdentity, ProfileError> {
        Ok(ExternalIdentity {
            subject: profile.id.subject()?,
            email: profile.email.0,
            email_verified: profile.verified_email.0,
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

    fn ada() -> Value {
        json!({
            "id": "104711001104711001104",
            "email": "ada@example.com",
            "verified_email": true,
            "name": "Ada Lovelace",
            "given_name": "Ada",
            "family_name": "Lovelace",
            "picture": "https://lh3.example.com/a/ada",
        })
    }

    fn contract() -> Contract<Google> {
        let person = Person {
            id: "104711001104711001104",
            email: Some("ada@example.com"),
            email_verified: Some(true),
            name: Some("Ada Lovelace"),
            picture: Some("https://lh3.example.com/a/ada"),
        };
        Contract {
            parameters: &[("scope", "openid email profile")],
            pkce: true,
            ..Contract::of(Google, ada(), person)
        }
    }

    provider_kit::contract_tests!(contract);

    #[test]
    fn nothing_but_the_id_is_needed() {
        only_needs(&Google, &ada(), "id");
    }

    #[test]
    fn an_address_is_verified_only_if_google_says_so() {
        verified_only_if_said_by(&Google, &ada(), "verified_email");
    }
}
