//! The name an anonymous user chooses to show.

use super::legible::{composed, disturbs_reading};

/// A name without a pattern, as Hasura Auth has it for anonymous users: up to 255 characters that do
/// not disturb the text around them. It may be empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnonymousName(String);

/// The text cannot be such a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("up to 255 characters, and none that controls lines or the direction of text")]
pub struct InvalidAnonymousName;

impl AnonymousName {
    /// The most characters of a name.
    pub const MAX_CHARS: usize = 255;

    /// Reads a name, and composes it (NFC).
    ///
    /// # Errors
    ///
    /// [`InvalidAnonymousName`] when it is too long, or holds a control character, a line break or
    /// a change of direction.
    pub fn parse(text: &str) -> Result<Self, InvalidAnonymousName> {
        if text.chars().count() > Self::MAX_CHARS || text.chars().any(disturbs_reading) {
            return Err(InvalidAnonymousName);
        }
        Ok(Self(composed(text)))
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
    fn any_short_line_is_a_name() {
        for (text, expected) in [
            ("", ""),
            ("A\u{301}ngel@home <3", "Ángel@home <3"),
            ("क्षमा", "क्षमा"),
        ] {
            let name = AnonymousName::parse(text).map(AnonymousName::into_string);
            assert_eq!(name.as_deref(), Ok(expected));
        }
        for text in ["a\nb", "a\u{2028}b", "\u{202e}ada", &"x".repeat(256)] {
            assert_eq!(
                AnonymousName::parse(text),
                Err(InvalidAnonymousName),
                "{text:?}"
            );
        }
    }
}
