//! Members of JSON bodies that decode straight into domain types.

use std::sync::LazyLock;

use auth_domain::{
    session::CodeChallenge,
    user::{DisplayName, EmailAddress, Locale, Metadata, PlainPassword, Role},
};
use regex::Regex;
use serde::{Deserialize, Deserializer, de::Error};

/// A member that may be absent but not `null`.
pub(crate) fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// `type: string, format: email` of the modern API.
pub(crate) struct Email(pub(crate) EmailAddress);

/// 3 to 50 characters.
pub(crate) struct Password(pub(crate) PlainPassword);

/// A password that was chosen earlier, perhaps by the rule of the legacy API, which has no longest
/// one: at least 3 characters.
pub(crate) struct KnownPassword(pub(crate) PlainPassword);

/// The pattern and length of `displayName`.
pub(crate) struct Name(pub(crate) DisplayName);

/// Exactly two characters. One that cannot be a language is `None`: it is not offered, and so
/// replaced by the default like any other that is not.
pub(crate) struct Language(pub(crate) Option<Locale>);

/// A role.
pub(crate) struct RoleName(pub(crate) Role);

/// A code challenge of PKCE.
pub(crate) struct Challenge(pub(crate) CodeChallenge);

impl<'de> Deserialize<'de> for Challenge {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        CodeChallenge::parse(&text).map(Self).map_err(Error::custom)
    }
}

/// Any JSON object.
#[derive(Deserialize)]
#[serde(transparent)]
pub(crate) struct Object(pub(crate) Metadata);

/// Text with a lower-case UUID somewhere in it, as the original's pattern has it: anything more
/// than the UUID passes as a request, and then is no token.
pub(crate) struct UuidLike(pub(crate) String);

static UUID: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new("[a-f0-9]{8}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{12}").ok()
});

impl<'de> Deserialize<'de> for UuidLike {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if UUID.as_ref().is_some_and(|pattern| pattern.is_match(&text)) {
            Ok(Self(text))
        } else {
            Err(Error::custom("string doesn't match the pattern of a UUID"))
        }
    }
}

impl<'de> Deserialize<'de> for Email {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        EmailAddress::parse(&text).map(Self).map_err(Error::custom)
    }
}

impl<'de> Deserialize<'de> for Password {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        match text.chars().take(51).count() {
            0..3 => Err(Error::custom("minimum string length is 3")),
            51.. => Err(Error::custom("maximum string length is 50")),
            _ => Ok(Self(PlainPassword::new(text))),
        }
    }
}

impl<'de> Deserialize<'de> for KnownPassword {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.chars().take(3).count() < 3 {
            return Err(Error::custom("minimum string length is 3"));
        }
        Ok(Self(PlainPassword::new(text)))
    }
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        DisplayName::parse(&text).map(Self).map_err(Error::custom)
    }
}

impl<'de> Deserialize<'de> for Language {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        match text.chars().take(3).count() {
            2 => Ok(Self(Locale::parse(&text).ok())),
            _ => Err(Error::custom("string length has to be 2")),
        }
    }
}

impl<'de> Deserialize<'de> for RoleName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Role::parse(&text).map(Self).map_err(Error::custom)
    }
}
