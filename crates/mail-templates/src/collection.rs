//! Templates by language and name.

use std::collections::HashMap;

use auth_domain::ports::MailKind;

use crate::{
    InvalidTemplates, MailTemplate, built_in::LANGUAGES, mail_template, template::Template,
    variables::Code,
};

/// The name of the template of a text message.
pub const SMS: &str = "signin-passwordless-sms";

/// All templates that are in use.
#[derive(Debug, Default)]
pub(crate) struct Collection(HashMap<String, Language>);

/// The templates of one language.
#[derive(Debug, Default)]
struct Language {
    mails: HashMap<MailKind, MailTemplate>,
    sms: Option<Template<Code>>,
}

impl Collection {
    /// The templates in the binary.
    pub(crate) fn built_in() -> Result<Self, InvalidTemplates> {
        let mut collection = Self::default();
        let mut problems = Vec::new();
        for built_in in &LANGUAGES {
            let language = collection.language(built_in.locale);
            for (kind, sources) in built_in.mails {
                language.mails.insert(kind, MailTemplate::parse(sources)?);
            }
            language.sms = mail_template::parse(SMS, built_in.sms, &mut problems);
        }
        if problems.is_empty() {
            Ok(collection)
        } else {
            Err(InvalidTemplates { problems })
        }
    }

    fn language(&mut self, locale: &str) -> &mut Language {
        self.0.entry(locale.to_owned()).or_default()
    }

    pub(crate) fn insert(&mut self, locale: &str, kind: MailKind, template: MailTemplate) {
        self.language(locale).mails.insert(kind, template);
    }

    pub(crate) fn insert_sms(&mut self, locale: &str, template: Template<Code>) {
        self.language(locale).sms = Some(template);
    }

    /// The template in this language, with the language's name.
    pub(crate) fn mail(&self, locale: &str, kind: MailKind) -> Option<(&str, &MailTemplate)> {
        let (locale, language) = self.0.get_key_value(locale)?;
        Some((locale, language.mails.get(&kind)?))
    }

    pub(crate) fn sms(&self, locale: &str) -> Option<&Template<Code>> {
        self.0.get(locale)?.sms.as_ref()
    }
}
