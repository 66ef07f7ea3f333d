//! Languages of mails and messages.

use std::fmt;

/// A language code as Hasura Auth keeps it: two characters (`en`, `fr`).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Locale(String);

/// A language as BCP 47 writes it: `en`, `pt-BR`, `fil`. Never part of a path unless it is the
/// operator's own.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LanguageTag(String);

/// The text is not a language tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a language is two or three letters, perhaps with a script or region as in pt-BR")]
pub struct InvalidLanguageTag;

impl LanguageTag {
    /// Reads a language tag. Subtags are parted by `-`, or by `_` as in POSIX locales.
    ///
    /// # Errors
    ///
    /// [`InvalidLanguageTag`] unless `text` is two or three ASCII letters or digits, and subtags of
    /// up to eight (RFC 5646 §2.1).
    pub fn parse(text: &str) -> Result<Self, InvalidLanguageTag> {
        let mut subtags = text.split(['-', '_']);
        let is_plain = |it: &str| it.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let language = subtags.next().unwrap_or_default();
        let is_language = (2..=3).contains(&language.len()) && is_plain(language);
        if is_language && subtags.all(|it| (1..=8).contains(&it.len()) && is_plain(it)) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidLanguageTag)
        }
    }

    /// The language code that stands for it where two characters are kept; `None` for a language of
    /// three.
    #[must_use]
    pub fn locale(&self) -> Option<Locale> {
        let language = self.0.split(['-', '_']).next().unwrap_or_default();
        Locale::parse(language).ok()
    }

    /// The tag.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_falls_back_to_its_language_where_that_has_two_letters() {
        for (tag, locale) in [
            ("en", Some("en")),
            ("en-US", Some("en")),
            ("pt_BR", Some("pt")),
            ("zh-Hant-TW", Some("zh")),
            ("fil", None),
            ("fil-PH", None),
        ] {
            let locale_of = LanguageTag::parse(tag).map(|it| it.locale());
            assert_eq!(
                locale_of,
                Ok(locale.map(|it| Locale(it.to_owned()))),
                "{tag}"
            );
        }
    }

    #[test]
    fn no_path_and_no_word_is_a_tag() {
        for text in [
            "", "e", "english", "en-", "-US", "../x", "en/US", "en-..", "en US", "é",
        ] {
            assert_eq!(LanguageTag::parse(text), Err(InvalidLanguageTag), "{text}");
        }
    }
}
