//! Sign-in with [Discord](https://discord.com/developers/docs/topics/oauth2).
//!
//! An address is verified if the
//! [user object](https://discord.com/developers/docs/resources/user) says so (`verified`).

use auth_domain::identity::{ExternalIdentity, Subject};
use provider_kit::{
    AuthorizationCodeProvider, ProfileError,
    profile::{Address, Checked, Name, PersonId},
};
use serde::Deserialize;
use url::Url;

/// Discord.
#[derive(Debug)]
pub struct Discord;

/// The base URL of pictures.
const AVATARS: &str = "https://cdn.discordapp.com/avatars";

/// The discriminator of users with the newer, unique kind of name.
const NONE: &str = "0";

/// A user's profile.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Profile {
    id: PersonId,
    username: Name,
    discriminator: Name,
    email: Address,
    verified: Checked,
    avatar: Name,
}

impl AuthorizationCodeProvider for Discord {
    const ID: &'static str = "discord";
    const AUTHORIZATION_URL: &'static str = "https://discord.com/api/oauth2/authorize";
    const TOKEN_URL: &'static str = "https://discord.com/api/oauth2/token";
    const PROFILE_URL: &'static str = "https://discord.com/api/users/@me";
    const SCOPES: &'static [&'static str] = &["identify", "email"];
    const PKCE: bool = true;

    type Profile = Profile;

    fn identity(&self, profile: Profile) -> Result<ExternalIdentity, ProfileError> {
        let subject = profile.id.subject()?;
        let avatar = profile.avatar.0.and_then(|it| picture(&subject, &it));
        Ok(ExternalIdentity {
            email: profile.email.0,
            email_verified: profile.verified.0,
            name: full_name(profile.username, profile.discriminator),
            avatar,
            subject,
        })
    }
}

fn full_name(username: Name, discriminator: Name) -> Option<String> {
    let username = username.0?;
    Some(match discriminator.0.filter(|it| it != NONE) {
        Some(discriminator) => format!("{username}#{discriminator}"),
        None => username,
    })
}

fn picture(subject: &Subject, hash: &str) -> Option<Url> {
    let mut url = Url::parse(AVATARS).ok()?;
    url.path_segments_mut()
        .ok()?
        .push(subject.as_str())
        .push(&format!("{hash}.png"));
    Some(url)
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
            "id": "80351110224678912",
            "username": "ada",
            "discriminator": "1337",
            "avatar": "8342729096ea3675442027381ff50dfe",
            "verified": true,
            "email": "ada@example.com",
        })
    }

    fn contract() -> Contract<Discord> {
        let person = Person {
            id: "80351110224678912",
            email: Some("ada@example.com"),
            email_verified: Some(true),
            name: Some("ada#1337"),
            picture: Some(
                "https://cdn.discordapp.com/avatars/80351110224678912/8342729096ea3675442027381ff50dfe.png",
            ),
        };
        Contract {
            parameters: &[("scope", "identify email")],
            pkce: true,
            ..Contract::of(Discord, ada(), person)
        }
    }

    provider_kit::contract_tests!(contract);

    #[test]
    fn nothing_but_the_id_is_needed() {
        only_needs(&Discord, &ada(), "id");
    }

    #[test]
    fn an_address_is_verified_only_if_discord_says_so() {
        verified_only_if_said_by(&Discord, &ada(), "verified");
    }

    #[test]
    fn a_unique_name_has_no_number() {
        for discriminator in [json!("0"), json!(null)] {
            let mut profile = ada();
            profile["discriminator"] = discriminator;

            let identity = identity_of(&Discord, &profile).unwrap();

            assert_eq!(identity.name.as_deref(), Some("ada"));
        }
    }

    #[test]
    fn the_name_of_a_picture_stays_a_name() {
        let mut profile = ada();
        profile["avatar"] = json!("../../x?y#z");

        let avatar = identity_of(&Discord, &profile).unwrap().avatar.unwrap();

        assert!(avatar.as_str().starts_with(AVATARS));
        assert_eq!((avatar.query(), avatar.fragment()), (None, None));
    }
}
