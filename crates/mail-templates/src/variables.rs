//! The variables of templates.

use std::borrow::Cow;

use auth_domain::{percent::percent_encoded, ports::Mail};

use crate::{
    Site, clean::without_controls, code_notice, surroundings::Surroundings, template::Variable,
};

/// A name in a template of a mail. Those of codes are ours, the others are Hasura Auth's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MailVariable {
    Link,
    DisplayName,
    Email,
    NewEmail,
    Ticket,
    Code,
    CodeNotice,
    RedirectTo,
    Locale,
    ServerUrl,
    ClientUrl,
}

impl Variable for MailVariable {
    const ALL: &'static [Self] = &[
        Self::Link,
        Self::DisplayName,
        Self::Email,
        Self::NewEmail,
        Self::Ticket,
        Self::Code,
        Self::CodeNotice,
        Self::RedirectTo,
        Self::Locale,
        Self::ServerUrl,
        Self::ClientUrl,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Link => "link",
            Self::DisplayName => "displayName",
            Self::Email => "email",
            Self::NewEmail => "newEmail",
            Self::Ticket => "ticket",
            Self::Code => "code",
            Self::CodeNotice => "codeNotice",
            Self::RedirectTo => "redirectTo",
            Self::Locale => "locale",
            Self::ServerUrl => "serverUrl",
            Self::ClientUrl => "clientUrl",
        }
    }
}

/// The only name in a template of a text message.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Code;

impl Variable for Code {
    const ALL: &'static [Self] = &[Self];

    fn name(self) -> &'static str {
        "code"
    }
}

/// Every variable of a template of a mail, with its value for `mail`: text of one line, empty where
/// there is nothing, and not escaped for any format.
///
/// * `locale` – the language of the template.
pub fn variables<'a>(
    mail: &'a Mail,
    locale: &'a str,
    site: &'a Site,
) -> impl Iterator<Item = (&'static str, Cow<'a, str>)> {
    let values = Values { mail, locale, site };
    let all = MailVariable::ALL.iter();
    all.map(move |variable| (variable.name(), values.get(*variable)))
}

/// The values of the variables in one mail.
pub(crate) struct Values<'a> {
    pub(crate) mail: &'a Mail,
    /// The template's, which may be in another language than was asked for.
    pub(crate) locale: &'a str,
    pub(crate) site: &'a Site,
}

impl<'a> Values<'a> {
    /// As text of one line; not fit for HTML yet.
    pub(crate) fn get(&self, variable: MailVariable) -> Cow<'a, str> {
        let mail = self.mail;
        without_controls(match variable {
            MailVariable::Link => mail.link.as_ref().map_or("", |link| link.expose()),
            MailVariable::DisplayName => &mail.display_name,
            MailVariable::Email => mail.email.as_str(),
            MailVariable::NewEmail => mail.new_email.as_ref().map_or("", |email| email.as_str()),
            MailVariable::Ticket => mail.ticket.expose(),
            MailVariable::Code => mail.code.as_ref().map_or("", |code| code.expose()),
            MailVariable::CodeNotice => return Cow::Owned(self.code_notice()),
            MailVariable::RedirectTo => mail.redirect_to.as_str(),
            MailVariable::Locale => self.locale,
            MailVariable::ServerUrl => &self.site.server_url,
            MailVariable::ClientUrl => &self.site.client_url,
        })
    }

    /// The value as the text around its placeholder needs it; not escaped for HTML yet.
    ///
    /// Templates of the Node.js server build links themselves, and it encoded `redirectTo` for
    /// them. The built-in link is a whole URL, which is encoded already.
    pub(crate) fn fitting(
        &self,
        variable: MailVariable,
        surroundings: Surroundings,
    ) -> Cow<'a, str> {
        let value = self.get(variable);
        match (surroundings, variable) {
            (Surroundings::Text, _) | (_, MailVariable::Link) => value,
            (Surroundings::QueryValue, _) => Cow::Owned(percent_encoded(&value)),
        }
    }

    /// The sentence that names the code in place of the link; empty without one.
    fn code_notice(&self) -> String {
        let code = self.mail.code.as_ref();
        code.map_or_else(String::new, |code| {
            format!("{} {}", code_notice::sentence(self.locale), code.expose())
        })
    }
}
