//! Sign-in with [Bitbucket](https://support.atlassian.com/bitbucket-cloud/docs/use-oauth-on-bitbucket-cloud/).
//!
//! An address is verified if its entry in the
//! [list of addresses](https://developer.atlassian.com/cloud/bitbucket/rest/api-group-users/)
//! says so (`is_confirmed`).

use auth_domain::identity::ExternalIdentity;
use futures_util::future::try_join;
use provider_kit::{
    Api, AuthorizationCodeProvider, ClientAuthentication, ProfileError, async_trait,
    profile::{ListedAddress, Name, PersonId, Picture, best_address, nested},
};
use serde::Deserialize;

/// Bitbucket.
#[derive(Debug)]
pub struct Bitbucket;

/// A user's account, and a page of their addresses.
#[derive(Deserialize)]
pub struct Profile {
    account: Account,
    emails: Page,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Account {
    uuid: PersonId,
    display_name: Name,
    #[serde(deserialize_with = "nested")]
    links: Links,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Links {
    #[serde(deserialize_with = "nested")]
    avatar: Link,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Link {
    href: Picture,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Page {
    values: Vec<ListedAddress>,
}

#[async_trait]
impl AuthorizationCodeProvider for Bitbucket {
    const ID: &'static str = "bitbucket";
    const AUTHORIZATION_URL: &'static str = "https://bitbucket.org/site/oauth2/authorize";
    const TOKEN_URL: &'static str = "https://bitbucket.org/site/oauth2/access_token";
    const PROFILE_URL: &'static str = "https://api.bitbucket.org/2.0/user";
    const SCOPES: &'static [&'static str] = &["account"];
    const AUTHENTICATION: ClientAuthentication = ClientAuthentication::Basic;

    type Profile = Profile;

    async fn fetch(&self, api: Api<'_>) -> Result<Profile, ProfileError> {
        let (account, emails) = try_join(api.profile(), api.below_profile("emails")).await?;
        Ok(Profile { account, emails })
    }

    fn identity(&self, profile: Profile) -> Result<ExternalIdentity, ProfileError> {
        let Profile { account, emails } = profile;
        let (email, email_verified) = best_address(emails.values).unzip();
        Ok(ExternalIdentity {
            subject: account.uuid.subject()?,
            email,
            email_verified: email_verified.flatten(),
            name: account.display_name.0,
            avatar: account.links.avatar.href.0,
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
            "type": "user",
            "uuid": "{a5ea1ab5-c6ad-4c1c-b4e7-1b9a1f6a4711}",
            "display_name": "Ada Lovelace",
            "links": { "avatar": { "href": "https://avatars.example.com/ada.png" } },
        })
    }

    fn addresses() -> Value {
        json!({ "values": [
            { "email": "new@example.com", "is_primary": false, "is_confirmed": false },
            { "email": "old@example.com", "is_primary": false, "is_confirmed": true },
            { "email": "ada@example.com", "is_primary": true, "is_confirmed": true },
        ] })
    }

    fn contract() -> Contract<Bitbucket> {
        let person = Person {
            id: "{a5ea1ab5-c6ad-4c1c-b4e7-1b9a1f6a4711}",
            email: Some("ada@example.com"),
            email_verified: Some(true),
            name: Some("Ada Lovelace"),
            picture: Some("https://avatars.example.com/ada.png"),
        };
        Contract {
            parameters: &[("scope", "account")],
            authentication: ClientAuthentication::Basic,
            answers: vec![("/profile", ada()), ("/profile/emails", addresses())],
            ..Contract::of(Bitbucket, ada(), person)
        }
    }

    provider_kit::contract_tests!(contract);

    fn identity(emails: &Value) -> ExternalIdentity {
        let profile = json!({ "account": ada(), "emails": { "values": emails } });
        identity_of(&Bitbucket, &profile).unwrap()
    }

    #[test]
    fn an_unconfirmed_address_is_not_verified() {
        for entry in [
            json!({ "email": "ada@example.com", "is_primary": true, "is_confirmed": false }),
            json!({ "email": "ada@example.com", "is_primary": true, "is_confirmed": "false" }),
            json!({ "email": "ada@example.com", "is_primary": true }),
        ] {
            let identity = identity(&json!([{ "email": "b@example.com" }, entry]));

            assert_eq!(identity.email.unwrap().as_str(), "ada@example.com");
            assert_ne!(identity.email_verified, Some(true));
        }
    }

    #[test]
    fn nothing_but_the_id_is_needed() {
        for name in ["display_name", "links"] {
            let mut account = ada();
            account[name] = Value::Null;
            let profile = json!({ "account": account, "emails": addresses() });
            assert!(identity_of(&Bitbucket, &profile).is_ok(), "{name}");
        }
    }

    #[test]
    fn a_user_may_have_no_address() {
        let identity = identity(&json!([]));

        assert_eq!(identity.email, None);
        assert_ne!(identity.email_verified, Some(true));
    }
}
