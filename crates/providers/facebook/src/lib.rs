//! Sign-in with [Facebook](https://developers.facebook.com/docs/facebook-login/guides/advanced/manual-flow).
//!
//! No address is verified: the
//! [documentation of `email`](https://developers.facebook.com/docs/graph-api/reference/user/) does
//! not say that it was checked.

use auth_domain::identity::ExternalIdentity;
use provider_kit::{
    AuthorizationCodeProvider, ProfileError,
    profile::{Address, Name, PersonId, Picture, nested},
};
use serde::Deserialize;

/// Facebook.
#[derive(Debug)]
pub struct Facebook;

/// A user's profile.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Profile {
    id: PersonId,
    email: Address,
    name: Name,
    #[serde(deserialize_with = "nested")]
    picture: Container,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Container {
    #[serde(deserialize_with = "nested")]
    data: Image,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Image {
    url: Picture,
}

impl AuthorizationCodeProvider for Facebook {
    const ID: &'static str = "facebook";
    const AUTHORIZATION_URL: &'static str = "https://www.facebook.com/v22.0/dialog/oauth";
    const TOKEN_URL: &'static str = "https://graph.facebook.com/v22.0/oauth/access_token";
    const PROFILE_URL: &'static str = "https://graph.facebook.com/me?fields=id,name,email,picture";
    const SCOPES: &'static [&'static str] = &["email"];

    type Profile = Profile;

    fn identity(&self, profile: Profile) -> Result<ExternalIdentity, ProfileError> {
        Ok(ExternalIdentity {
            subject: profile.id.subject()?,
            email: profile.email.0,
            email_verified: None,
            name: profile.name.0,
            avatar: profile.picture.data.url.0,
        })
    }
}

#[cfg(test)]
mod tests {
    use provider_kit::testing::{Contract, Person, never_verified, only_needs};
    use serde_json::{Value, json};

    use super::*;

    fn ada() -> Value {
        json!({
            "id": "10224711001",
            "name": "Ada Lovelace",
            "email": "ada@example.com",
            "picture": { "data": {
                "height": 50,
                "is_silhouette": false,
                "url": "https://platform.example.com/ada.jpg",
                "width": 50,
            } },
        })
    }

    fn contract() -> Contract<Facebook> {
        let person = Person {
            id: "10224711001",
            email: Some("ada@example.com"),
            email_verified: None,
            name: Some("Ada Lovelace"),
            picture: Some("https://platform.example.com/ada.jpg"),
        };
        Contract {
            parameters: &[("scope", "email")],
            ..Contract::of(Facebook, ada(), person)
        }
    }

    provider_kit::contract_tests!(contract);

    #[test]
    fn nothing_but_the_id_is_needed() {
        only_needs(&Facebook, &ada(), "id");
    }

    #[test]
    fn no_address_is_verified() {
        never_verified(&Facebook, &ada());
    }
}
