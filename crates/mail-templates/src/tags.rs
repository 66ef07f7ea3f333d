//! Languages that the operator named with a tag such as `pt-BR`.
//!
//! Of a user's language two letters are stored. The operator decides which tag stands for them, so
//! that no user's choice becomes part of a path (path traversal).

use auth_domain::user::{LanguageTag, Locale};

/// The configured tags that are more than a language code, in the order of preference.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tags(Vec<(Locale, String)>);

impl Tags {
    pub(crate) fn new(tags: &[LanguageTag]) -> Self {
        let longer = tags.iter().filter_map(|tag| {
            let locale = tag.locale()?;
            (locale.as_str() != tag.as_str()).then(|| (locale, tag.as_str().to_owned()))
        });
        Self(longer.collect())
    }

    /// The tags that stand for `locale`.
    pub(crate) fn of<'a>(&'a self, locale: &'a Locale) -> impl Iterator<Item = &'a str> {
        let tags = self
            .0
            .iter()
            .filter(move |(language, _)| language == locale);
        tags.map(|(_, tag)| tag.as_str())
    }

    pub(crate) fn contains(&self, tag: &str) -> bool {
        self.0.iter().any(|(_, it)| it == tag)
    }
}
