//! Sign-in with [GitLab](https://docs.gitlab.com/api/oauth2/), gitlab.com or self-managed.
//!
//! An address is verified if the account is confirmed
//! ([`confirmed_at`](https://docs.gitlab.com/api/users/)): a new address replaces the old one only
//! after its link was followed. A self-managed server without confirmation says the same of every
//! account.

use auth_domain::identity::ExternalIdentity;
use provider_kit::{
    AuthorizationCodeProvider, ProfileError,
    profile::{Address, Name, PersonId, Picture},
};
use serde::Deserialize;

/// GitLab.
#[derive(Debug)]
pub struct GitLab;

/// A user's profile.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Profile {
    id: PersonId,
    email: Address,
    confirmed_at: Name,
    name: Name,
    avatar_url: Picture,
}

impl AuthorizationCodeProvider for GitLab {
    const ID: &'static str = "gitlab";
    const AUTHORIZATION_URL: &'static str = "https://gitlab.com/oauth/authorize";
    const TOKEN_URL: &'static str = "https://gitlab.com/oauth/token";
    const PROFILE_URL: &'static str = "https://gitlab.com/api/v4/user";
    const SCOPES: &'static [&'static str] = &["read_user"];
    const PKCE: bool = true;

    type Profile = Profile;

    fn identity(&self, profile: Profile) -> Result<ExternalIdentity, ProfileError> {
        Ok(ExternalIdentity {
            subject: profile.id.subject()?,
            email: profile.email.0,
            email_verified: Some(profile.confirmed_at.0.is_some()),
            name: profile.name.0,
            avatar: profile.avatar_url.0,
        })
    }
}

#[cfg(test)]
mod tests {
    use provider_kit::testing::{Contract, Person, identity_of, only_needs};
    use serde_json::{Value, json};

    use super::*;

    fn ada() -> Value {
        json!({
            "id": 4711,
            "username": "ada",
            "name": "Ada Lovelace",
            "state": "active",
            "avatar_url": "https://gitlab.example.com/uploads/ada.png",
            "email": "ada@example.com",
            "confirmed_at": "2012-05-23T09:05:22.000Z",
        })
    }

    fn contract() -> Contract<GitLab> {
        let person = Person {
            id: "4711",
            email: Some("ada@example.com"),
            email_verified: Some(true),
            name: Some("Ada Lovelace"),
            picture: Some("https://gitlab.example.com/uploads/ada.png"),
        };
        Contract {
            parameters: &[("scope", "read_user")],
            pkce: true,
            ..Contract::of(GitLab, ada(), person)
        }
    }

    provider_kit::contract_tests!(contract);

    #[test]
    fn nothing_but_the_id_is_needed() {
        only_needs(&GitLab, &ada(), "id");
    }

    #[test]
    fn an_account_that_is_not_confirmed_has_no_verified_address() {
        let mut profile = ada();
        for value in [json!(null), json!(""), json!(false), json!(true), json!(0)] {
            profile["confirmed_at"] = value;
            assert_eq!(
                identity_of(&GitLab, &profile).unwrap().email_verified,
                Some(false)
            );
        }
        profile.as_object_mut().unwrap().remove("confirmed_at");
        assert_eq!(
            identity_of(&GitLab, &profile).unwrap().email_verified,
            Some(false)
        );
    }
}
