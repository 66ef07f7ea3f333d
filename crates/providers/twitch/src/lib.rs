//! Sign-in with [Twitch](https://dev.twitch.tv/docs/authentication/getting-tokens-oauth/).
//!
//! An address is verified whenever there is one: Twitch
//! [documents](https://dev.twitch.tv/docs/api/reference/#get-users) `email` as "the user's verified
//! email address".

use auth_domain::identity::ExternalIdentity;
use provider_kit::{
    Api, AuthorizationCodeProvider, ProfileError, async_trait,
    profile::{Address, Name, PersonId, Picture},
};
use serde::Deserialize;

/// Twitch.
#[derive(Debug)]
pub struct Twitch;

/// A list with one user in it.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Profile {
    data: Vec<Person>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Person {
    id: PersonId,
    email: Address,
    display_name: Name,
    profile_image_url: Picture,
}

#[async_trait]
impl AuthorizationCodeProvider for Twitch {
    const ID: &'static str = "twitch";
    const AUTHORIZATION_URL: &'static str = "https://id.twitch.tv/oauth2/authorize";
    const TOKEN_URL: &'static str = "https://id.twitch.tv/oauth2/token";
    const PROFILE_URL: &'static str = "https://api.twitch.tv/helix/users";
    const SCOPES: &'static [&'static str] = &["user:read:email"];

    type Profile = Profile;

    async fn fetch(&self, api: Api<'_>) -> Result<Profile, ProfileError> {
        let client_id = api.client_id();
        api.with_header("Client-Id", client_id).profile().await
    }

    fn identity(&self, profile: Profile) -> Result<ExternalIdentity, ProfileError> {
        let person = profile.data.into_iter().next().unwrap_or_default();
        let email = person.email.0;
        Ok(ExternalIdentity {
            subject: person.id.subject()?,
            email_verified: email.is_some().then_some(true),
            email,
            name: person.display_name.0,
            avatar: person.profile_image_url.0,
        })
    }
}

#[cfg(test)]
mod tests {
    use provider_kit::testing::{CLIENT_ID, Contract, Person, identity_of};
    use serde_json::{Value, json};

    use super::*;

    fn ada() -> Value {
        json!({ "data": [{
            "id": "141981764",
            "login": "ada",
            "display_name": "Ada",
            "profile_image_url": "https://static.example.com/ada.png",
            "email": "ada@example.com",
        }] })
    }

    fn contract() -> Contract<Twitch> {
        let person = Person {
            id: "141981764",
            email: Some("ada@example.com"),
            email_verified: Some(true),
            name: Some("Ada"),
            picture: Some("https://static.example.com/ada.png"),
        };
        Contract {
            parameters: &[("scope", "user:read:email")],
            headers: &[("client-id", CLIENT_ID)],
            ..Contract::of(Twitch, ada(), person)
        }
    }

    provider_kit::contract_tests!(contract);

    #[test]
    fn an_address_that_is_not_there_is_not_verified() {
        for email in [json!(null), json!(""), json!("nonsense")] {
            let profile = json!({ "data": [{ "id": "141981764", "email": email }] });

            let identity = identity_of(&Twitch, &profile).unwrap();

            assert_eq!(identity.email, None);
            assert_ne!(identity.email_verified, Some(true));
        }
    }

    #[test]
    fn an_empty_list_is_refused() {
        let refused = identity_of(&Twitch, &json!({ "data": [] }));

        assert!(matches!(refused, Err(ProfileError::NoId(_))));
    }
}
