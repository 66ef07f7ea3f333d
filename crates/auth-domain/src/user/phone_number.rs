//! Phone numbers.

use std::fmt;

/// The most characters of a number; E.164 has fifteen digits, and the rest is for how people write
/// them.
const MAX_CHARS: usize = 64;

/// A phone number as a client wrote it.
///
/// Hasura Auth and stores compare numbers to the letter: another spelling is another account. Rate
/// limits count all spellings of a number together, see [`canonical`](Self::canonical).
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PhoneNumber(String);

/// The text cannot be a phone number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a phone number has 1 to 64 characters and no control characters")]
pub struct InvalidPhoneNumber;

impl PhoneNumber {
    /// Reads a number.
    ///
    /// # Errors
    ///
    /// [`InvalidPhoneNumber`] when `text` is empty or blank, has more than 64 characters, or one of
    /// them is a control character.
    pub fn parse(text: &str) -> Result<Self, InvalidPhoneNumber> {
        let is_long = text.chars().take(MAX_CHARS + 1).count() > MAX_CHARS;
        if text.trim().is_empty() || is_long || text.chars().any(char::is_control) {
            return Err(InvalidPhoneNumber);
        }
        Ok(Self(text.to_owned()))
    }

    /// A number that a store accepted earlier, perhaps from another program. For stores only.
    #[must_use]
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The number in its original spelling.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Equal for the usual spellings of a number: its letters and digits alone, and no `00` in the
    /// place of the `+`.
    #[must_use]
    pub fn canonical(&self) -> String {
        let plain: String = self.0.chars().filter(|it| it.is_alphanumeric()).collect();
        let plain = plain.to_lowercase();
        plain.strip_prefix("00").unwrap_or(&plain).to_owned()
    }
}

/// Numbers are personal data: the debug form shows nothing.
impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PhoneNumber(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_spelling() {
        for text in ["+41790000000", "079 000 00 00", "(555) 010-9999", "x"] {
            let number = PhoneNumber::parse(text).unwrap();
            assert_eq!(number.as_str(), text);
        }
    }

    #[test]
    fn what_no_message_could_go_to_is_refused() {
        let long = "1".repeat(65);
        for text in ["", "  ", "+41\n79", "+41\0", "\u{85}", &long] {
            assert_eq!(
                PhoneNumber::parse(text),
                Err(InvalidPhoneNumber),
                "{text:?}"
            );
        }
        assert!(PhoneNumber::parse(&"1".repeat(64)).is_ok());
    }

    #[test]
    fn spellings_of_a_number_are_counted_together() {
        let canonical = |text| PhoneNumber::parse(text).unwrap().canonical();
        for text in ["+41 79 000 00 00", "0041790000000", "+41-(79)-000.0000"] {
            assert_eq!(canonical(text), "41790000000");
        }
        assert_ne!(canonical("+41790000001"), canonical("+41790000000"));
    }

    #[test]
    fn the_debug_form_hides_whose_it_is() {
        let number = PhoneNumber::parse("+41790000000").unwrap();

        assert_eq!(format!("{number:?}"), "PhoneNumber(***)");
    }
}
