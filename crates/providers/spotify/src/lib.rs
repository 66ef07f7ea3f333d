//! Sign-in with [Spotify](https://developer.spotify.com/documentation/web-api/tutorials/code-flow).
//!
//! No address is verified: Spotify
//! [documents](https://developer.spotify.com/documentation/web-api/reference/get-current-users-profile)
//! `email` as "unverified; there is no proof that it actually belongs to the user".

use auth_domain::identity::ExternalIdentity;
use provider_kit::{
    AuthorizationCodeProvider, ClientAuthentication, ProfileError,
    profile::{Address, Name, PersonId, Picture, nested},
};
use serde::Deserialize;

/// Spotify.
#[derive(Debug)]
pub struct Spotify;

/// A user's profile.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Profile {
    id: PersonId,
    email: Address,
    display_name: Name,
    #[serde(deserialize_with = "nested")]
    images: Vec<Image>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Image {
    url: Picture,
}

impl AuthorizationCodeProvider for Spotify {
    const ID: &'static str = "spotify";
    const AUTHORIZATION_URL: &'static str = "https://accounts.spotify.com/authorize";
    const TOKEN_URL: &'static str = "https://accounts.spotify.com/api/token";
    const PROFILE_URL: &'static str = "https://api.spotify.com/v1/me";
    const SCOPES: &'static [&'static str] = &["user-read-email", "user-read-private"];
    const AUTHENTICATION: ClientAuthentication = ClientAuthentication::Basic;
    const PKCE: bool = true;

    type Profile = Profile;

    fn identity(&self, profile: Profile) -> Result<ExternalIdentity, ProfileError> {
        Ok(ExternalIdentity {
            subject: profile.id.subject()?,
            email: profile.email.0,
            email_verified: None,
            name: profile.display_name.0,
            avatar: profile.images.into_iter().next().and_then(|it| it.url.0),
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
            "id": "ada4711",
            "display_name": "Ada Lovelace",
            "email": "ada@example.com",
            "images": [
                { "url": "https://i.example.com/ada-large.jpg", "height": 300, "width": 300 },
                { "url": "https://i.example.com/ada-small.jpg", "height": 64, "width": 64 },
            ],
        })
    }

    fn contract() -> Contract<Spotify> {
        let person = Person {
            id: "ada4711",
            email: Some("ada@example.com"),
            email_verified: None,
            name: Some("Ada Lovelace"),
            picture: Some("https://i.example.com/ada-large.jpg"),
        };
        Contract {
            parameters: &[("scope", "user-read-email user-read-private")],
            pkce: true,
            authentication: ClientAuthentication::Basic,
            ..Contract::of(Spotify, ada(), person)
        }
    }

    provider_kit::contract_tests!(contract);

    #[test]
    fn nothing_but_the_id_is_needed() {
        only_needs(&Spotify, &ada(), "id");
    }

    #[test]
    fn no_address_is_verified() {
        never_verified(&Spotify, &ada());
    }

    #[test]
    fn a_user_may_have_no_picture() {
        let mut profile = ada();
        profile["images"] = json!([]);

        assert_eq!(identity_of(&Spotify, &profile).unwrap().avatar, None);
    }
}
