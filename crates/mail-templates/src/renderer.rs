//! Rendering mails and text messages, for transports.

use std::fmt;

use async_trait::async_trait;
use auth_domain::{ports::Mail, secret::Secret, user::Locale};

use crate::{MissingTemplate, Rendered, Templates};

/// Renders mails and text messages.
#[async_trait]
pub trait MessageRenderer: fmt::Debug + Send + Sync {
    /// Renders `mail`.
    ///
    /// Must end by itself, and soon: a request waits for the mail to be sent.
    ///
    /// # Errors
    ///
    /// [`MissingTemplate`] when there is no template for it in any language.
    async fn render(&self, mail: &Mail) -> Result<Rendered, MissingTemplate>;

    /// Renders the text message that carries `code`.
    ///
    /// # Errors
    ///
    /// [`MissingTemplate`] when there is no template for it in any language.
    async fn text_message(&self, locale: &Locale, code: &Secret)
    -> Result<String, MissingTemplate>;
}

#[async_trait]
impl MessageRenderer for Templates {
    async fn render(&self, mail: &Mail) -> Result<Rendered, MissingTemplate> {
        self.render_mail(mail)
    }

    async fn text_message(
        &self,
        locale: &Locale,
        code: &Secret,
    ) -> Result<String, MissingTemplate> {
        self.render_sms(locale, code)
    }
}

#[cfg(test)]
mod tests {
    use auth_domain::ports::MailKind;

    use super::*;
    use crate::templates::tests::{mail, templates};

    #[tokio::test]
    async fn templates_say_what_they_render() {
        let templates = templates("en");
        let mail = mail(MailKind::SignInLink, "fr");

        let words = templates.render(&mail).await;

        assert_eq!(words, templates.render_mail(&mail));
    }
}
