//! Sign-in with [LinkedIn](https://learn.microsoft.com/en-us/linkedin/consumer/integrations/self-serve/sign-in-with-linkedin-v2).
//!
//! An address is verified if the profile says so (`email_verified`).

use auth_domain::identity::ExternalIdentity;
use provider_kit::{
    AuthorizationCodeProvider, ProfileError,
    profile::{Address, Checked, Name, PersonId, Picture},
};
use serde::Deserialize;

/// LinkedIn.
#[derive(Debug)]
pub struct LinkedIn;

/// A user's profile.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Profile {
    sub: PersonId,
    email: Address,
    email_verified: Checked,
    given_name: Name,
    family_name: Name,
    picture: Picture,
}

impl AuthorizationCodeProvider for LinkedIn {
    const ID: &'static str = "linkedin";
    const AUTHORIZATION_URL: &'static str = "https://www.linkedin.com/oauth/v2/authorization";
    const TOKEN_URL: &'static str = "https://www.linkedin.com/oauth/v2/accessToken";
    const PROFILE_URL: &'static str = "https://api.linkedin.com/v2/userinfo";
    const SCOPES: &'static [&'static str] = &["openid", "profile", "email"];

    type Profile = Profile;

    fn identity(&self, profile: Profile) -> Result<ExternalIdentity, ProfileError> {
        let name = Name::joined([profile.given_name, profile.family_name]).0;
        let email = profile.email.0;
        Ok(ExternalIdentity {
            subject: profile.sub.subject()?,
            name: name.or_else(|| email.as_ref().map(|it| it.as_str().to_owned())),
            email,
            email_verified: profile.email_verified.0,
            avatar: profile.picture.0,
        })
    }
}

#[cfg(test)]
mod tests {
    use provider_kit::testing::{
        Contract, Person, identity_of, only_needs, verified_only_if_said_by,
    };
    use serde_json::{Value, json};

    use super::*;

    fn ada() -> Value {
        json!({
            "sub": "782bbtaQ47",
            "name": "Ada Lovelace",
            "given_name": "Ada",
            "family_name": "Lovelace",
            "picture": "https://media.example.com/ada.png",
            "locale": "en-US",
            "email": "ada@example.com",
            "email_verified": true,
        })
    }

    fn contract() -> Contract<LinkedIn> {
        let person = Person {
            id: "782bbtaQ47",
            email: Some("ada@example.com"),
            email_verified: Some(true),
            name: Some("Ada Lovelace"),
            picture: Some("https://media.example.com/ada.png"),
        };
        Contract {
            parameters: &[("scope", "openid profile email")],
            ..Contract::of(LinkedIn, ada(), person)
        }
    }

    provider_kit::contract_tests!(contract);

    #[test]
    fn nothing_but_the_id_is_needed() {
        only_needs(&LinkedIn, &ada(), "sub");
    }

    #[test]
    fn an_address_is_verified_only_if_linkedin_says_so() {
        verified_only_if_said_by(&LinkedIn, &ada(), "email_verified");
    }

    #[test]
    fn the_address_stands_in_for_a_name() {
        let profile = json!({ "sub": "782bbtaQ47", "email": "ada@example.com" });

        let identity = identity_of(&LinkedIn, &profile).unwrap();

        assert_eq!(identity.name.as_deref(), Some("ada@example.com"));
    }
}
