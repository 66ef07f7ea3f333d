//! The name a user chooses to show.

use std::sync::LazyLock;

use regex::Regex;

/// The most characters a chosen name may have.
const MAX_CHARS: usize = 32;

/// What Hasura Auth allows: letters, numbers, symbols, and a few marks of punctuation. It keeps
/// addresses out of mails that carry the name. `<` and `>` are symbols: mails escape them.
static PATTERN: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"\A[\p{L}\p{N}\p{S} ,.'-]+\z").ok());

/// A name chosen at sign-up: 1 to 32 letters, numbers, symbols, spaces or `,.'-`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DisplayName(String);

/// The text cannot be a display name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a display name has 1 to 32 letters, numbers, symbols, spaces or any of ,.'-")]
pub struct InvalidDisplayName;

impl DisplayName {
    /// Reads a name.
    ///
    /// # Errors
    ///
    /// [`InvalidDisplayName`] when it is empty, too long, or holds another character.
    pub fn parse(text: &str) -> Result<Self, InvalidDisplayName> {
        let fits = PATTERN
            .as_ref()
            .is_some_and(|pattern| pattern.is_match(text));
        if fits && text.chars().count() <= MAX_CHARS {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidDisplayName)
        }
    }

    /// The name.
    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_many_scripts_are_welcome() {
        for text in [
            "Ada Lovelace",
            "O'Hara, Jr.",
            "Jean-Luc",
            "Łukasz",
            "李小龙",
            "ada 😀",
        ] {
            assert!(DisplayName::parse(text).is_ok(), "{text:?}");
        }
    }

    #[test]
    fn addresses_placeholders_and_overlong_names_are_refused() {
        let long = "x".repeat(33);
        for text in [
            "",
            "a@b.com",
            "http://x.io/",
            "a\"b",
            "a\0",
            "a\nb",
            "${link}",
            &long,
        ] {
            assert_eq!(
                DisplayName::parse(text),
                Err(InvalidDisplayName),
                "{text:?}"
            );
        }
    }
}
