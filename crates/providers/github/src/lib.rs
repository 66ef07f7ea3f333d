//! Sign-in with
//! [GitHub](https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps),
//! or with an Enterprise server.
//!
//! An address is verified if its entry in the
//! [list of addresses](https://docs.github.com/en/rest/users/emails) says so (`verified`).

use auth_domain::identity::ExternalIdentity;
use futures_util::future::try_join;
use provider_kit::{
    Api, AuthorizationCodeProvider, ProfileError, async_trait,
    profile::{ListedAddress, Name, PersonId, Picture, best_address},
};
use serde::Deserialize;

/// GitHub.
#[derive(Debug)]
pub struct GitHub;

/// A user's account, and the list of their addresses.
#[derive(Deserialize)]
pub struct Profile {
    account: Account,
    emails: Vec<ListedAddress>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Account {
    id: PersonId,
    name: Name,
    avatar_url: Picture,
}

#[async_trait]
impl AuthorizationCodeProvider for GitHub {
    const ID: &'static str = "github";
    const AUTHORIZATION_URL: &'static str = "https://github.com/login/oauth/authorize";
    const TOKEN_URL: &'static str = "https://github.com/login/oauth/access_token";
    const PROFILE_URL: &'static str = "https://api.github.com/user";
    const SCOPES: &'static [&'static str] = &["user:email"];
    const PKCE: bool = true;

    type Profile = Profile;

    async fn fetch(&self, api: Api<'_>) -> Result<Profile, ProfileError> {
        let (account, emails) = try_join(api.profile(), api.below_profile("emails")).await?;
        Ok(Profile { account, emails })
    }

    fn identity(&self, profile: Profile) -> Result<ExternalIdentity, ProfileError> {
        let Profile { account, emails } = profile;
        let (email, email_verified) = best_address(emails).ok_or(ProfileError::NoAddress)?;
        Ok(ExternalIdentity {
            subject: account.id.subject()?,
            email: Some(email),
            email_verified,
            name: account.name.0,
            avatar: account.avatar_url.0,
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
            "login": "ada",
            "id": 4_711_001,
            "node_id": "MDQ6VXNlcjQ3MTEwMDE=",
            "avatar_url": "https://avatars.example.com/u/4711001?v=4",
            "type": "User",
            "name": "Ada Lovelace",
            "email": null,
        })
    }

    fn addresses() -> Value {
        json!([
            { "email": "old@example.com", "primary": false, "verified": true, "visibility": null },
            { "email": "ada@example.com", "primary": true, "verified": true, "visibility": "public" },
        ])
    }

    fn contract() -> Contract<GitHub> {
        let person = Person {
            id: "4711001",
            email: Some("ada@example.com"),
            email_verified: Some(true),
            name: Some("Ada Lovelace"),
            picture: Some("https://avatars.example.com/u/4711001?v=4"),
        };
        Contract {
            parameters: &[("scope", "user:email")],
            pkce: true,
            answers: vec![("/profile", ada()), ("/profile/emails", addresses())],
            ..Contract::of(GitHub, ada(), person)
        }
    }

    provider_kit::contract_tests!(contract);

    fn identity(emails: &Value) -> Result<ExternalIdentity, ProfileError> {
        identity_of(&GitHub, &json!({ "account": ada(), "emails": emails }))
    }

    fn chosen(emails: &Value) -> (String, bool) {
        let identity = identity(emails).unwrap();
        let email = identity.email.unwrap().as_str().to_owned();
        (email, identity.email_verified == Some(true))
    }

    #[test]
    fn a_verified_address_comes_before_the_primary_one() {
        let emails = json!([
            { "email": "first@example.com", "verified": false },
            { "email": "primary@example.com", "primary": true, "verified": false },
            { "email": "other@example.com", "verified": true },
        ]);

        assert_eq!(chosen(&emails), ("other@example.com".to_owned(), true));
    }

    #[test]
    fn an_address_is_verified_only_if_its_entry_says_so() {
        for entry in [
            json!({ "email": "ada@example.com", "primary": true }),
            json!({ "email": "ada@example.com", "primary": true, "verified": false }),
            json!({ "email": "ada@example.com", "primary": true, "verified": "false" }),
            json!({ "email": "ada@example.com", "primary": true, "verified": null }),
        ] {
            let emails = json!([{ "email": "first@example.com" }, entry]);
            assert_eq!(chosen(&emails), ("ada@example.com".to_owned(), false));
        }
    }

    #[test]
    fn the_first_address_stands_in_where_none_is_better() {
        let emails = json!([{ "email": "a@example.com" }, { "email": "b@example.com" }]);

        assert_eq!(chosen(&emails), ("a@example.com".to_owned(), false));
    }

    #[test]
    fn a_user_without_an_address_is_refused() {
        for emails in [
            json!([]),
            json!([{ "email": "nonsense", "verified": true }]),
        ] {
            assert!(matches!(identity(&emails), Err(ProfileError::NoAddress)));
        }
    }
}
