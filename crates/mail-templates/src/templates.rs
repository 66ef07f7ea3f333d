//! Templates per language: those in the binary and those of the operator.
//!
//! A template is looked up in maps that were filled at the start. No locale, which is a user's
//! choice, ever becomes part of a path (path traversal).

use std::path::PathBuf;

use auth_domain::{
    ports::Mail,
    secret::Secret,
    user::{LanguageTag, Locale},
};

use crate::{
    InvalidTemplates, Rendered, Site,
    collection::{Collection, SMS},
    folder,
    tags::Tags,
};

/// Where templates come from, and the default language.
#[derive(Debug, Clone)]
pub struct TemplateSettings {
    /// A folder of templates that replace the built-in ones.
    pub folder: Option<PathBuf>,
    /// The language for locales without a template.
    pub default_locale: Locale,
    /// The URLs in templates.
    pub site: Site,
}

/// The parsed and checked templates of all mails.
///
/// A language is looked for in this order: the one asked for, the default one, English. In each the
/// operator's template of that name comes before the built-in one.
#[derive(Debug)]
pub struct Templates {
    collection: Collection,
    default_locale: Locale,
    tags: Tags,
    site: Site,
}

/// There is no template, not even a built-in one in English.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there is no template for `{0}`")]
pub struct MissingTemplate(pub &'static str);

impl Templates {
    /// Loads and checks all templates.
    ///
    /// # Errors
    ///
    /// [`InvalidTemplates`] with everything that is wrong in the operator's folder: a file that is
    /// missing beside others, one that cannot be read, and variables that do not exist.
    pub fn load(settings: TemplateSettings) -> Result<Self, InvalidTemplates> {
        Self::load_tagged(settings, &[])
    }

    /// The same with languages that have tags (`pt-BR`): the operator's folder of that name comes
    /// before the one of the language alone.
    ///
    /// # Errors
    ///
    /// Those of [`Templates::load`].
    pub fn load_tagged(
        settings: TemplateSettings,
        tags: &[LanguageTag],
    ) -> Result<Self, InvalidTemplates> {
        let tags = Tags::new(tags);
        let mut collection = Collection::built_in()?;
        if let Some(folder) = &settings.folder {
            let problems = folder::load(folder, &tags, &mut collection);
            if !problems.is_empty() {
                return Err(InvalidTemplates { problems });
            }
        }
        Ok(Self {
            collection,
            default_locale: settings.default_locale,
            tags,
            site: settings.site,
        })
    }

    /// Renders `mail`.
    ///
    /// # Errors
    ///
    /// [`MissingTemplate`], which does not happen with the built-in templates.
    pub fn render_mail(&self, mail: &Mail) -> Result<Rendered, MissingTemplate> {
        let (locale, template) = self
            .languages(&mail.locale)
            .find_map(|locale| self.collection.mail(locale, mail.kind))
            .ok_or(MissingTemplate(mail.kind.template()))?;
        Ok(template.render(mail, locale, &self.site))
    }

    /// Renders the text message that carries `code`.
    ///
    /// # Errors
    ///
    /// [`MissingTemplate`], which does not happen with the built-in templates.
    pub fn render_sms(&self, locale: &Locale, code: &Secret) -> Result<String, MissingTemplate> {
        let template = self
            .languages(locale)
            .find_map(|locale| self.collection.sms(locale))
            .ok_or(MissingTemplate(SMS))?;
        Ok(template
            .fill(|_, _| code.expose().to_owned())
            .trim_end()
            .to_owned())
    }

    fn languages<'a>(&'a self, asked: &'a Locale) -> impl Iterator<Item = &'a str> {
        let tagged = |locale: &'a Locale| self.tags.of(locale).chain([locale.as_str()]);
        tagged(asked)
            .chain(tagged(&self.default_locale))
            .chain(["en"])
    }
}

#[cfg(test)]
pub(crate) mod tests;
