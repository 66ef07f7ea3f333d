//! The payload of a queued message, as text to be sealed.

use serde_json::{Value, json};

use crate::{
    ports::{Mail, MailKind, TextMessage},
    redirect::RedirectUrl,
    secret::Secret,
    user::{EmailAddress, Locale, PhoneNumber},
};

/// The name of the template of every text message, as Hasura Auth has it.
const TEXT_TEMPLATE: &str = "signin-passwordless-sms";

/// A message on its way to a transport.
#[derive(Debug, Clone, PartialEq)]
pub enum OutgoingMessage {
    /// By mail.
    Mail(Mail),
    /// By text message.
    Text(TextMessage),
}

impl OutgoingMessage {
    /// The name of its template.
    #[must_use]
    pub fn template(&self) -> &'static str {
        match self {
            Self::Mail(mail) => mail.kind.template(),
            Self::Text(_) => TEXT_TEMPLATE,
        }
    }

    /// The recipient, so far as an operator may see: the first character and the domain of an
    /// address, the last two digits of a number.
    #[must_use]
    pub fn masked_recipient(&self) -> String {
        match self {
            Self::Mail(mail) => {
                let (local, domain) = mail.to.as_str().rsplit_once('@').unwrap_or_default();
                let first = local.chars().next().map(String::from).unwrap_or_default();
                format!("{first}…@{domain}")
            }
            Self::Text(text) => {
                let digits: Vec<_> = text.to.as_str().chars().collect();
                let last = digits.get(digits.len().saturating_sub(2)..);
                format!("…{}", String::from_iter(last.unwrap_or_default()))
            }
        }
    }

    /// As text that [`read`](Self::read) understands.
    #[must_use]
    pub fn write(&self) -> Secret {
        let exposed = |secret: &Option<Secret>| secret.as_ref().map(|it| it.expose().to_owned());
        let value = match self {
            Self::Mail(mail) => json!({
                "template": mail.kind.template(),
                "to": mail.to.as_str(),
                "locale": mail.locale.as_str(),
                "displayName": mail.display_name,
                "email": mail.email.as_str(),
                "newEmail": mail.new_email.as_ref().map(EmailAddress::as_str),
                "ticket": mail.ticket.expose(),
                "code": exposed(&mail.code),
                "link": exposed(&mail.link),
                "redirectTo": mail.redirect_to.as_str(),
            }),
            Self::Text(text) => json!({
                "template": TEXT_TEMPLATE,
                "to": text.to.as_str(),
                "locale": text.locale.as_str(),
                "code": text.code.expose(),
            }),
        };
        Secret::new(value.to_string())
    }

    /// What [`write`](Self::write) wrote, here or in another version of this program; `None` if this
    /// one does not understand it.
    #[must_use]
    pub fn read(text: &Secret) -> Option<Self> {
        let value: Value = serde_json::from_str(text.expose()).ok()?;
        let optional = |name: &str| value.get(name)?.as_str().map(str::to_owned);
        let text = |name: &str| optional(name);
        let template = text("template")?;
        let locale = Locale::from_stored(text("locale")?);
        if template == TEXT_TEMPLATE {
            return Some(Self::Text(TextMessage {
                to: PhoneNumber::from_stored(text("to")?),
                locale,
                code: Secret::new(text("code")?),
            }));
        }
        Some(Self::Mail(Mail {
            kind: MailKind::of_template(&template)?,
            to: EmailAddress::from_stored(text("to")?),
            locale,
            display_name: text("displayName")?,
            email: EmailAddress::from_stored(text("email")?),
            new_email: optional("newEmail").map(EmailAddress::from_stored),
            ticket: Secret::new(text("ticket")?),
            code: optional("code").map(Secret::new),
            link: optional("link").map(Secret::new),
            redirect_to: RedirectUrl::from_stored(text("redirectTo")?),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text() -> OutgoingMessage {
        OutgoingMessage::Text(TextMessage {
            to: PhoneNumber::parse("+15551234567").unwrap(),
            locale: Locale::english(),
            code: Secret::new("123456"),
        })
    }

    fn mail(new_email: Option<&str>) -> OutgoingMessage {
        let email = |text: &str| EmailAddress::parse(text).unwrap();
        OutgoingMessage::Mail(Mail {
            kind: MailKind::VerifyEmail,
            to: email("ada@example.com"),
            locale: Locale::english(),
            display_name: "Ada \"the\" Countess".to_owned(),
            email: email("ada@example.com"),
            new_email: new_email.map(email),
            ticket: Secret::new("verifyEmail:1"),
            code: new_email.map(|_| Secret::new("123456")),
            link: new_email.map(|_| Secret::new("https://example.com/verify?ticket=1")),
            redirect_to: RedirectUrl::from_stored("http://localhost:3000".to_owned()),
        })
    }

    #[test]
    fn what_was_written_is_read() {
        for message in [text(), mail(None), mail(Some("ada@example.org"))] {
            assert_eq!(OutgoingMessage::read(&message.write()), Some(message));
        }
        for foreign in ["", "{}", r#"{"template":"newer","locale":"en","to":"x"}"#] {
            assert_eq!(OutgoingMessage::read(&Secret::new(foreign)), None);
        }
    }

    #[test]
    fn a_recipient_is_shown_in_part() {
        assert_eq!(mail(None).masked_recipient(), "a…@example.com");
        assert_eq!(text().masked_recipient(), "…67");
    }
}
