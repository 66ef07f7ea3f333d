//! The name a user chooses to show.

use std::sync::LazyLock;

use regex::Regex;

use super::legible::composed;

/// The most characters a chosen name may have.
const MAX_CHARS: usize = 32;

/// Hasura Auth allows `[\p{L}\p{N}\p{S} ,.'-]`, which keeps addresses out of mails that carry the
/// name: `<` and `>` are symbols, and mails escape them. All of it passes here, and what names are
/// written with beside it: marks, the apostrophes, hyphens and dots that UAX #31 (tables 3a and 3b)
/// finds inside words, spaces of other widths, and the joiners ZWNJ and ZWJ after a character that
/// they can join. A name does not begin with a mark.
#[expect(
    clippy::expect_used,
    reason = "a constant, which every test below reads"
)]
static PATTERN: LazyLock<Regex> = LazyLock::new(|| {
    const PUNCTUATION: &str = concat!(
        // Space, comma, full stop, apostrophe and hyphen of ASCII.
        r"\ ,.'\-",
        // No-break space and ideographic space.
        r"\u{A0}\u{3000}",
        // Single quotation marks, the usual apostrophes of typesetting; that of Armenian, and of full
        // width.
        r"\u{2018}\u{2019}\u{55A}\u{FF07}",
        // Hyphens, en dash; hyphens of Armenian, Hebrew, Mongolian and Japanese.
        r"\u{2010}\u{2011}\u{2013}\u{58A}\u{5BE}\u{1806}\u{30A0}",
        // Dots between parts of a name; geresh, gershayim, tsheg, Devanagari and Ethiopic signs.
        r"\u{B7}\u{2022}\u{2027}\u{30FB}\u{5F3}\u{5F4}\u{F0B}\u{970}\u{1361}",
    );
    const JOINER: &str = r"[\u{200C}\u{200D}]";
    Regex::new(&format!(
        r"(?x)\A
        (?: [\p{{L}}\p{{N}}\p{{S}}{PUNCTUATION}] | [\p{{L}}\p{{N}}\p{{S}}] {JOINER} )
        (?: [\p{{L}}\p{{M}}\p{{N}}\p{{S}}{PUNCTUATION}] | [\p{{L}}\p{{M}}\p{{N}}\p{{S}}] {JOINER} )*
        \z"
    ))
    .expect("the pattern is a regular expression")
});

/// A name chosen at sign-up: 1 to 32 letters, marks, numbers, symbols, spaces, or punctuation of
/// names such as `,.'’-`. It is held in Unicode's composed form (NFC), so that one name is one
/// text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DisplayName(String);

/// The text cannot be a display name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a display name has 1 to 32 letters, marks, numbers, symbols, spaces or any of ,.'’-")]
pub struct InvalidDisplayName;

impl DisplayName {
    /// The most characters of a text that can be a name: the longest form of a composed character is
    /// four characters (UAX #15).
    pub const MAX_CHARS_AS_SENT: usize = 4 * MAX_CHARS;

    /// Reads a name.
    ///
    /// # Errors
    ///
    /// [`InvalidDisplayName`] when it is empty, too long, or holds another character.
    pub fn parse(text: &str) -> Result<Self, InvalidDisplayName> {
        let sent = text.chars().take(Self::MAX_CHARS_AS_SENT + 1).count();
        if sent > Self::MAX_CHARS_AS_SENT {
            return Err(InvalidDisplayName);
        }
        let name = composed(text);
        // Characters that compose to more than one count as they were sent, as in Hasura Auth.
        let is_short = sent.min(name.chars().count()) <= MAX_CHARS;
        let is_allowed = PATTERN.is_match(&name);
        if is_short && is_allowed {
            Ok(Self(name))
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
            "O’Brien",
            "O＇Brien",
            "Շահ՚",
            "Jean-Luc",
            "Jean‐Luc",
            "Łukasz",
            "李小龙",
            "ada 😀",
            "क्षमा",
            "सत्यजित राय",
            "สมชาย ใจดี",
            "தமிழ்",
            "রহিম",
            "മലയാളം",
            "ສົມສັກ",
            "သီရိ",
            "สุนทรภู่",
            "ਗੁਰਪ੍ਰੀਤ",
            "יעל ז״ל",
            "מרים־שרה",
            "مُحَمَّد",
            "علی\u{200C}رضا",
            "ක්\u{200D}ෂේමා",
            "བསྟན་འཛིན་",
            "マーク・トウェイン",
            "Gal·la",
            "ʻIolani",
            "‘Iolani",
            "👩\u{200D}👩\u{200D}👧 ❤\u{FE0F}",
        ] {
            assert_eq!(
                DisplayName::parse(text).map(DisplayName::into_string),
                Ok(text.to_owned())
            );
        }
    }

    #[test]
    fn a_name_is_one_text_however_it_is_composed() {
        let decomposed = "A\u{301}ngel Nguye\u{302}\u{303}n";

        let name = DisplayName::parse(decomposed);

        assert_eq!(name, DisplayName::parse("Ángel Nguyễn"));
        assert_eq!(name.map(|it| it.0.chars().count()), Ok(12));
        let long = "u\u{308}\u{304}".repeat(32);
        assert_eq!(DisplayName::parse(&long), Ok(DisplayName("ǖ".repeat(32))));
        assert_eq!(
            DisplayName::parse(&format!("{long}u")),
            Err(InvalidDisplayName)
        );
    }

    #[test]
    fn what_hasura_auth_accepts_is_accepted() {
        let original = Regex::new(r"\A[\p{L}\p{N}\p{S} ,.'-]+\z").unwrap();
        let mut buffer = [0; 4];
        for character in '\0'..=char::MAX {
            if original.is_match(character.encode_utf8(&mut buffer)) {
                let longest = String::from(character).repeat(32);
                assert!(DisplayName::parse(&longest).is_ok(), "{character:?}");
            }
        }
    }

    #[test]
    fn addresses_placeholders_and_overlong_names_are_refused() {
        let long = "x".repeat(33);
        let endless = "x".repeat(1 << 16);
        for text in [
            "",
            "a@b.com",
            "http://x.io/",
            "a\"b",
            "a\0",
            "a\nb",
            "${link}",
            &long,
            &endless,
        ] {
            assert_eq!(
                DisplayName::parse(text),
                Err(InvalidDisplayName),
                "{text:?}"
            );
        }
    }

    #[test]
    fn what_breaks_lines_turns_text_or_is_not_seen_is_refused() {
        for text in [
            "a\r\nb",
            "a\u{85}b",
            "a\u{2028}b",
            "a\u{2029}b",
            "\u{202E}ada",
            "a\u{202A}da\u{202C}",
            "a\u{2066}da\u{2069}",
            "ada\u{200E}",
            "\u{FEFF}ada",
            "a\u{200B}da",
            "a\u{2060}da",
            "a\u{AD}da",
            "ada\u{E0041}",
            "\u{200D}",
            "\u{200D}ada",
            "ada \u{200C}",
            "a\u{200D}\u{200D}b",
            "\u{301}",
        ] {
            assert_eq!(
                DisplayName::parse(text),
                Err(InvalidDisplayName),
                "{text:?}"
            );
        }
    }
}
