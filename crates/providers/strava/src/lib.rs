//! Sign-in with [Strava](https://developers.strava.com/docs/authentication/).
//!
//! Strava [tells no address](https://developers.strava.com/docs/reference/#api-Athletes-getLoggedInAthlete),
//! so there is none to be verified.

use auth_domain::identity::ExternalIdentity;
use provider_kit::{
    AuthorizationCodeProvider, ProfileError,
    profile::{Name, PersonId, Picture},
};
use serde::Deserialize;

/// Strava.
#[derive(Debug)]
pub struct Strava;

/// A user's profile.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Profile {
    id: PersonId,
    firstname: Name,
    lastname: Name,
    #[serde(rename = "profile_medium")]
    picture: Picture,
}

impl AuthorizationCodeProvider for Strava {
    const ID: &'static str = "strava";
    const AUTHORIZATION_URL: &'static str = "https://www.strava.com/api/v3/oauth/authorize";
    const TOKEN_URL: &'static str = "https://www.strava.com/api/v3/oauth/token";
    const PROFILE_URL: &'static str = "https://www.strava.com/api/v3/athlete";
    const SCOPES: &'static [&'static str] = &["profile:read_all"];
    const SCOPE_SEPARATOR: &'static str = ",";
    const PARAMETERS: &'static [(&'static str, &'static str)] = &[("approval_prompt", "force")];

    type Profile = Profile;

    fn identity(&self, profile: Profile) -> Result<ExternalIdentity, ProfileError> {
        Ok(ExternalIdentity {
            name: Name::joined([profile.firstname, profile.lastname]).0,
            avatar: profile.picture.0,
            ..ExternalIdentity::of(profile.id.subject()?)
        })
    }
}

#[cfg(test)]
mod tests {
    use provider_kit::testing::{Contract, Person, identity_of};
    use serde_json::{Value, json};

    use super::*;

    fn ada() -> Value {
        json!({
            "id": 12_344_711,
            "username": "ada",
            "firstname": "Ada",
            "lastname": "Lovelace",
            "profile_medium": "https://photos.example.com/medium.jpg",
            "profile": "https://photos.example.com/large.jpg",
        })
    }

    fn contract() -> Contract<Strava> {
        let person = Person {
            id: "12344711",
            name: Some("Ada Lovelace"),
            picture: Some("https://photos.example.com/medium.jpg"),
            ..Person::default()
        };
        Contract {
            parameters: &[("scope", "profile:read_all"), ("approval_prompt", "force")],
            ..Contract::of(Strava, ada(), person)
        }
    }

    provider_kit::contract_tests!(contract);

    #[test]
    fn an_address_that_is_not_documented_is_not_read() {
        let mut profile = ada();
        profile["email"] = json!("ada@example.com");
        profile["email_verified"] = json!(true);

        let identity = identity_of(&Strava, &profile).unwrap();

        assert_eq!(identity.email, None);
        assert_ne!(identity.email_verified, Some(true));
    }

    /// Strava writes "avatar/athlete/medium.png" for users without one.
    #[test]
    fn a_picture_that_is_no_url_is_none() {
        let mut profile = ada();
        profile["profile_medium"] = json!("avatar/athlete/medium.png");

        assert_eq!(identity_of(&Strava, &profile).unwrap().avatar, None);
    }
}
