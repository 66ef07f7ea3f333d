//! Sign-in with [Windows Live](https://learn.microsoft.com/en-us/previous-versions/office/developer/live-sdk/),
//! which Microsoft replaced by Entra ID.
//!
//! No address is verified: the documentation of `emails` says nothing of a check.

use auth_domain::identity::ExternalIdentity;
use provider_kit::{
    AuthorizationCodeProvider, ProfileError,
    profile::{Address, Name, PersonId, Picture, nested},
};
use serde::Deserialize;

/// Windows Live.
#[derive(Debug)]
pub struct WindowsLive;

/// A user's profile.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Profile {
    id: PersonId,
    #[serde(deserialize_with = "nested")]
    emails: Emails,
    name: Name,
    first_name: Name,
    last_name: Name,
    #[serde(rename = "profile_image_url")]
    picture: Picture,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Emails {
    preferred: Address,
    account: Address,
}

impl AuthorizationCodeProvider for WindowsLive {
    const ID: &'static str = "windowslive";
    const AUTHORIZATION_URL: &'static str = "https://login.live.com/oauth20_authorize.srf";
    const TOKEN_URL: &'static str = "https://login.live.com/oauth20_token.srf";
    const PROFILE_URL: &'static str = "https://apis.live.net/v5.0/me";
    const SCOPES: &'static [&'static str] = &["wl.basic", "wl.emails"];

    type Profile = Profile;

    fn identity(&self, profile: Profile) -> Result<ExternalIdentity, ProfileError> {
        let parts = Name::joined([profile.first_name, profile.last_name]);
        Ok(ExternalIdentity {
            subject: profile.id.subject()?,
            email: profile.emails.preferred.0.or(profile.emails.account.0),
            email_verified: None,
            name: profile.name.or(parts).0,
            avatar: profile.picture.0,
        })
    }
}

#[cfg(test)]
mod tests {
    use provider_kit::testing::{Contract, Person, identity_of, never_verified, only_needs};
    use serde_json::{Value, json};

    use super::*;

    fn ada() -> Value {
        json!({
            "id": "8c8ce076ca27823f",
            "name": "Ada Lovelace",
            "first_name": "Ada",
            "last_name": "Lovelace",
            "emails": { "preferred": "ada@example.com", "account": "account@example.com" },
        })
    }

    fn contract() -> Contract<WindowsLive> {
        let person = Person {
            id: "8c8ce076ca27823f",
            email: Some("ada@example.com"),
            email_verified: None,
            name: Some("Ada Lovelace"),
            picture: None,
        };
        Contract {
            parameters: &[("scope", "wl.basic wl.emails")],
            ..Contract::of(WindowsLive, ada(), person)
        }
    }

    provider_kit::contract_tests!(contract);

    #[test]
    fn nothing_but_the_id_is_needed() {
        only_needs(&WindowsLive, &ada(), "id");
    }

    #[test]
    fn no_address_is_verified() {
        never_verified(&WindowsLive, &ada());
    }

    #[test]
    fn the_address_of_the_account_stands_in_for_the_preferred_one() {
        let mut profile = ada();
        profile["emails"]["preferred"] = json!(null);

        let email = identity_of(&WindowsLive, &profile).unwrap().email;

        assert_eq!(email.unwrap().as_str(), "account@example.com");
    }
}
