//! Identities: users as identity providers know them.

use std::{borrow::Cow, fmt};

use chrono::{DateTime, Utc};
use url::Url;
use uuid::Uuid;

use crate::user::{EmailAddress, UserId};

/// The prefix of providers that the operator configured.
const CUSTOM_PREFIX: &str = "c:";

/// The longest name of a provider, without that prefix.
const LONGEST_NAME: usize = 40;

/// The longest id of a user, in bytes; OpenID Connect allows 255 (Core §2, `sub`).
const LONGEST_SUBJECT: usize = 255;

/// The name of a provider, as it stands in paths and in stored links (`github`, `c:keycloak`).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ProviderId(Cow<'static, str>);

/// The text cannot be the name of a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a provider has a name of 1 to 40 lower-case letters, digits and hyphens")]
pub struct InvalidProviderId;

impl ProviderId {
    /// The name of a provider that a crate is written for.
    #[must_use]
    pub const fn of(name: &'static str) -> Self {
        Self(Cow::Borrowed(name))
    }

    /// Reads a name.
    ///
    /// # Errors
    ///
    /// [`InvalidProviderId`] unless `text` has 1 to 40 lower-case letters, digits and hyphens,
    /// after `c:` or not.
    pub fn parse(text: &str) -> Result<Self, InvalidProviderId> {
        let name = text.strip_prefix(CUSTOM_PREFIX).unwrap_or(text);
        let allowed = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
        if (1..=LONGEST_NAME).contains(&name.len()) && name.bytes().all(allowed) {
            Ok(Self(Cow::Owned(text.to_owned())))
        } else {
            Err(InvalidProviderId)
        }
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the operator configured it.
    #[must_use]
    pub fn is_custom(&self) -> bool {
        self.0.starts_with(CUSTOM_PREFIX)
    }
}

impl fmt::Display for ProviderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A provider's own, permanent id of a user (`sub`). Never an address or a name: those can pass to
/// another person.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Subject(String);

/// The text identifies no user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the provider gives no id of the user")]
pub struct InvalidSubject;

impl Subject {
    /// Reads an id.
    ///
    /// # Errors
    ///
    /// [`InvalidSubject`] when it is empty, longer than 255 bytes, has control characters, or is
    /// what a program writes in place of a missing id (`null`, `undefined`, `0`).
    pub fn parse(text: &str) -> Result<Self, InvalidSubject> {
        let is_placeholder = matches!(text, "" | "null" | "undefined" | "0");
        if is_placeholder || text.len() > LONGEST_SUBJECT || text.contains(char::is_control) {
            Err(InvalidSubject)
        } else {
            Ok(Self(text.to_owned()))
        }
    }

    /// An id that a store holds. For stores only.
    #[must_use]
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A user's id at a provider is personal data: the debug form does not show it.
impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Subject(***)")
    }
}

/// A user as a provider knows them. At most one account is linked with it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IdentityKey {
    /// The provider.
    pub provider: ProviderId,
    /// Its id of the user.
    pub subject: Subject,
}

/// What a provider tells of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExternalIdentity {
    /// The provider's id of the user.
    pub subject: Subject,
    /// The user's address, if the provider knows one.
    pub email: Option<EmailAddress>,
    /// Whether the provider itself checked `email`; `None` if it says nothing of that.
    pub email_verified: Option<bool>,
    /// A name to show.
    pub name: Option<String>,
    /// A picture.
    pub avatar: Option<Url>,
}

impl ExternalIdentity {
    /// An identity of which only the id is known.
    #[must_use]
    pub fn of(subject: Subject) -> Self {
        Self {
            subject,
            email: None,
            email_verified: None,
            name: None,
            avatar: None,
        }
    }
}

/// A link between an account and an identity, about to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewLinkedIdentity {
    /// Its id.
    pub id: Uuid,
    /// The account.
    pub user_id: UserId,
    /// The identity.
    pub key: IdentityKey,
    /// When it is made.
    pub created_at: DateTime<Utc>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_providers_are_short_and_plain() {
        for name in ["github", "c:my-company", "a", "7"] {
            assert_eq!(ProviderId::parse(name).unwrap().as_str(), name);
        }
        for name in [
            "",
            "c:",
            "GitHub",
            "git hub",
            "git/hub",
            "d:x",
            &"x".repeat(41),
        ] {
            assert_eq!(ProviderId::parse(name), Err(InvalidProviderId), "{name}");
        }
    }

    #[test]
    fn a_missing_or_placeholder_id_is_refused() {
        for text in ["", "undefined", "null", "0", "a\nb", &"x".repeat(256)] {
            assert_eq!(Subject::parse(text), Err(InvalidSubject), "{text:?}");
        }
        assert_eq!(Subject::parse("583231").unwrap().as_str(), "583231");
    }

    #[test]
    fn the_id_of_a_user_is_not_printed() {
        let key = IdentityKey {
            provider: ProviderId::of("github"),
            subject: Subject::parse("583231").unwrap(),
        };

        assert!(!format!("{key:?}").contains("583231"));
    }
}
