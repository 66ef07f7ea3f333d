//! Sign-in with [Azure AD](https://learn.microsoft.com/en-us/previous-versions/azure/active-directory/azuread-dev/v1-protocols-oauth-code),
//! the earlier version of Entra ID. For accounts that began with it; new ones do better with
//! Entra ID.
//!
//! No address is verified: administrators of any directory write what they like, as Microsoft's
//! [claims reference](https://learn.microsoft.com/en-us/entra/identity-platform/id-token-claims-reference)
//! warns.

use auth_domain::identity::ExternalIdentity;
use provider_kit::{
    AuthorizationCodeProvider, ProfileError,
    profile::{Address, Name, PersonId},
};
use serde::Deserialize;

/// Azure AD. `{tenant}` in its URLs stands for the directory whose members may sign in.
#[derive(Debug)]
pub struct AzureAd;

/// A user's profile. `preferred_username` and `upn` are names that often look like an address.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Profile {
    oid: PersonId,
    email: Address,
    preferred_username: Address,
    upn: Address,
    name: Name,
}

impl AuthorizationCodeProvider for AzureAd {
    const ID: &'static str = "azuread";
    const AUTHORIZATION_URL: &'static str =
        "https://login.microsoftonline.com/{tenant}/oauth2/authorize";
    const TOKEN_URL: &'static str = "https://login.microsoftonline.com/{tenant}/oauth2/token";
    const PROFILE_URL: &'static str = "https://login.microsoftonline.com/{tenant}/openid/userinfo";
    const SCOPES: &'static [&'static str] = &["email", "profile", "openid", "offline_access"];
    const PARAMETERS: &'static [(&'static str, &'static str)] = &[("prompt", "select_account")];

    type Profile = Profile;

    fn identity(&self, profile: Profile) -> Result<ExternalIdentity, ProfileError> {
        let named_like_one = profile.preferred_username.0.or(profile.upn.0);
        Ok(ExternalIdentity {
            email: profile.email.0.or(named_like_one),
            email_verified: None,
            name: profile.name.0,
            ..ExternalIdentity::of(profile.oid.subject()?)
        })
    }
}

#[cfg(test)]
mod tests {
    use provider_kit::testing::{Contract, Person, identity_of, never_verified};
    use serde_json::{Value, json};

    use super::*;

    fn ada() -> Value {
        json!({
            "oid": "690222be-ff1a-4d56-abd1-7e4f7d38e474",
            "sub": "another-for-each-application",
            "tid": "fa15d692-e9c7-4460-a743-29f2956fd429",
            "upn": "ada@directory.example.com",
            "email": "ada@example.com",
            "name": "Ada Lovelace",
        })
    }

    fn contract() -> Contract<AzureAd> {
        let person = Person {
            id: "690222be-ff1a-4d56-abd1-7e4f7d38e474",
            email: Some("ada@example.com"),
            name: Some("Ada Lovelace"),
            ..Person::default()
        };
        Contract {
            parameters: &[
                ("scope", "email profile openid offline_access"),
                ("prompt", "select_account"),
            ],
            ..Contract::of(AzureAd, ada(), person)
        }
    }

    provider_kit::contract_tests!(contract);

    #[test]
    fn no_address_is_verified() {
        never_verified(&AzureAd, &ada());
    }

    #[test]
    fn a_user_name_is_an_address_only_if_it_looks_like_one_and_is_never_verified() {
        let email = |profile: Value| {
            let identity = identity_of(&AzureAd, &profile).unwrap();
            assert_ne!(identity.email_verified, Some(true));
            identity.email.map(|it| it.as_str().to_owned())
        };

        let upn = json!({ "oid": "7", "preferred_username": "ada", "upn": "ada@example.com" });
        assert_eq!(email(upn).as_deref(), Some("ada@example.com"));
        assert_eq!(email(json!({ "oid": "7", "upn": "ada" })), None);
    }

    #[test]
    fn the_id_of_one_application_is_not_the_users() {
        let mut profile = ada();
        profile.as_object_mut().unwrap().remove("oid");

        let refused = identity_of(&AzureAd, &profile);

        assert!(matches!(refused, Err(ProfileError::NoId(_))));
    }
}
