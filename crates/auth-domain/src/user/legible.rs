//! Text that people read.

use unicode_normalization::UnicodeNormalization;

/// The text in Unicode's composed form (NFC, UAX #15), so that what looks alike is alike.
#[must_use]
pub fn composed(text: &str) -> String {
    text.nfc().collect()
}

/// Whether a character ends the line, changes the direction of the text that follows, or is a
/// control: it would change how the text around it reads (UAX #9, "Trojan Source").
#[must_use]
pub fn disturbs_reading(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{2028}' | '\u{2029}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn controls_line_breaks_and_changes_of_direction_disturb() {
        for character in
            "\0\t\n\r\u{1b}\u{7f}\u{85}\u{2028}\u{2029}\u{202a}\u{202e}\u{2066}\u{2069}".chars()
        {
            assert!(disturbs_reading(character), "{character:?}");
        }
        for character in "a é’-ם\u{200c}\u{200d}\u{200e}😀".chars() {
            assert!(!disturbs_reading(character), "{character:?}");
        }
    }

    #[test]
    fn what_looks_alike_is_alike() {
        assert_eq!(composed("A\u{301}ngel"), "Ángel");
        assert_eq!(composed("Ángel"), "Ángel");
    }
}
