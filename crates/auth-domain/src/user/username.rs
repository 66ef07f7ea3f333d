//! Names of the legacy provider `username`.

/// The most characters a name may have.
const MAX_CHARS: usize = 255;

/// The name a user signs in with through the legacy provider `username`.
///
/// Surrounding white space is removed, as the original client did; otherwise names are compared to
/// the letter.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Username(String);

/// The text cannot be a user name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a user name has 1 to 255 characters and no control characters")]
pub struct InvalidUsername;

impl Username {
    /// Reads a name.
    ///
    /// # Errors
    ///
    /// [`InvalidUsername`] when nothing is left after trimming, when more than 255 characters are,
    /// or when one of them is a control character.
    pub fn parse(text: &str) -> Result<Self, InvalidUsername> {
        let trimmed = text.trim();
        let length = trimmed.chars().count();
        if length == 0 || length > MAX_CHARS || trimmed.chars().any(char::is_control) {
            return Err(InvalidUsername);
        }
        Ok(Self(trimmed.to_owned()))
    }

    /// A name that a store accepted earlier. For stores only.
    #[must_use]
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_around_a_name_does_not_count() {
        assert_eq!(
            Username::parse("  john smith\t").unwrap().as_str(),
            "john smith"
        );
    }

    #[test]
    fn empty_overlong_and_control_characters_are_refused() {
        let long = "x".repeat(256);
        for text in ["", "   ", "john\0", "a\nb", &long] {
            assert_eq!(Username::parse(text), Err(InvalidUsername), "{text:?}");
        }
    }
}
