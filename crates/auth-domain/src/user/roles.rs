//! Roles, as Hasura's permissions know them.

use std::fmt;

/// The name of a role.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Role(String);

/// The text cannot be the name of a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a role has 1 to 255 characters and no control characters")]
pub struct InvalidRole;

impl Role {
    /// Reads the name of a role.
    ///
    /// # Errors
    ///
    /// [`InvalidRole`] when it is empty, longer than 255 characters or holds a control character.
    pub fn parse(text: &str) -> Result<Self, InvalidRole> {
        let length = text.chars().count();
        if length == 0 || length > 255 || text.chars().any(char::is_control) {
            return Err(InvalidRole);
        }
        Ok(Self(text.to_owned()))
    }

    /// A role that a store holds. For stores only.
    #[must_use]
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The role of anonymous users.
    #[must_use]
    pub fn anonymous() -> Self {
        Self("anonymous".to_owned())
    }

    /// The role of every user in the legacy API.
    #[must_use]
    pub fn user() -> Self {
        Self("user".to_owned())
    }

    /// Its name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
