//! Sign-in with [Entra ID](https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-auth-code-flow),
//! Microsoft's accounts of work, school and home.
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

/// Entra ID. `{tenant}` in its URLs stands for the directory whose members may sign in.
#[derive(Debug)]
pub struct EntraId;

/// A user's profile. `sub` differs for each application; Hasura Auth links accounts with it since
/// it supports Entra ID.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Profile {
    sub: PersonId,
    email: Address,
    given_name: Name,
    family_name: Name,
    givenname: Name,
    familyname: Name,
    name: Name,
}

impl AuthorizationCodeProvider for EntraId {
    const ID: &'static str = "entraid";
    const AUTHORIZATION_URL: &'static str =
        "https://login.microsoftonline.com/{tenant}/oauth2/v2.0/authorize";
    const TOKEN_URL: &'static str = "https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token";
    const PROFILE_URL: &'static str = "https://graph.microsoft.com/oidc/userinfo";
    const SCOPES: &'static [&'static str] = &["email", "profile", "openid", "offline_access"];
    const PKCE: bool = true;

    type Profile = Profile;

    fn identity(&self, profile: Profile) -> Result<ExternalIdentity, ProfileError> {
        let parts = Name::joined([
            profile.given_name.or(profile.givenname),
            profile.family_name.or(profile.familyname),
        ]);
        Ok(ExternalIdentity {
            email: profile.email.0,
            email_verified: None,
            name: parts.or(profile.name).0,
            ..ExternalIdentity::of(profile.sub.subject()?)
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
            "sub": "OLu859SGc2Sr9ZsqbkG-QbeLgJlb41KcdiPoLYNpSFA",
            "name": "Ada, Countess of Lovelace",
            "given_name": "Ada",
            "family_name": "Lovelace",
            "picture": "https://graph.example.com/v1.0/me/photo/$value",
            "email": "ada@example.com",
        })
    }

    fn contract() -> Contract<EntraId> {
        let person = Person {
            id: "OLu859SGc2Sr9ZsqbkG-QbeLgJlb41KcdiPoLYNpSFA",
            email: Some("ada@example.com"),
            name: Some("Ada Lovelace"),
            ..Person::default()
        };
        Contract {
            parameters: &[("scope", "email profile openid offline_access")],
            pkce: true,
            ..Contract::of(EntraId, ada(), person)
        }
    }

    provider_kit::contract_tests!(contract);

    #[test]
    fn nothing_but_the_id_is_needed() {
        only_needs(&EntraId, &ada(), "sub");
    }

    #[test]
    fn no_address_is_verified() {
        never_verified(&EntraId, &ada());
    }

    #[test]
    fn a_user_name_is_no_address() {
        let profile = json!({
            "sub": "7",
            "upn": "ada@example.com",
            "preferred_username": "ada@example.com",
        });

        assert_eq!(identity_of(&EntraId, &profile).unwrap().email, None);
    }

    #[test]
    fn names_are_read_in_either_spelling() {
        let profile = json!({ "sub": "7", "givenname": "Ada", "familyname": "Lovelace" });

        let identity = identity_of(&EntraId, &profile).unwrap();

        assert_eq!(identity.name.as_deref(), Some("Ada Lovelace"));
    }
}
