//! Languages of mails and messages.

use std::fmt;

/// A language code as Hasura Auth keeps it: two characters (`en`, `fr`).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Locale(String);

/// The text is not a language code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a locale has exactly two ASCII letters or digits")]
pub struct InvalidLocale;

impl Locale {
    /// Reads a language code.
    ///
    /// # Errors
    ///
    /// [`InvalidLocale`] unless `text` is two ASCII letters or digits. The column holds two
    /// characters, and nothing else may ever reach a template's path.
    pub fn parse(text: &str) -> Result<Self, InvalidLocale> {
        if text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidLocale)
        }
    }

    /// A locale that a store holds. For stores only.
    #[must_use]
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// English, the original's default.
    #[must_use]
    pub fn english() -> Self {
        Self("en".to_owned())
    }

    /// The code.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Locale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
