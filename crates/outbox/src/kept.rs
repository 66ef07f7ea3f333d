//! A message as the outbox keeps it.

use auth_domain::{DateTime, Utc};
use http_api::OutboxMessage;
use serde::Serialize;

/// One kept mail, in the form of its file.
#[derive(Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct KeptMail {
    /// When it was sent to the outbox.
    pub(crate) sent_at: DateTime<Utc>,
    /// Its kind, as Hasura Auth names its templates.
    pub(crate) template: &'static str,
    /// The address it goes to.
    pub(crate) to: String,
    /// The display name of its recipient.
    pub(crate) display_name: String,
    /// The language of its template.
    pub(crate) locale: String,
    /// The new address of the account, when it changes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) new_email: Option<String>,
    /// The link that the user follows; none where a code has to be typed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) link: Option<String>,
    /// The code that can be typed in place of the link.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) code: Option<String>,
    /// The ticket in that link, or the code.
    pub(crate) ticket: String,
    /// Where the link redirects to in the end.
    pub(crate) redirect_to: String,
    /// Its subject.
    pub(crate) subject: String,
    /// Its body, as HTML.
    pub(crate) html: String,
}

impl KeptMail {
    /// The code in place of a link or beside it.
    fn code_to_type(&self) -> Option<&str> {
        match &self.link {
            Some(_) => self.code.as_deref(),
            None => Some(&self.ticket),
        }
    }
}

/// One kept text message, in the form of its file.
#[derive(Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct KeptText {
    /// When it was sent to the outbox.
    pub(crate) sent_at: DateTime<Utc>,
    /// Its kind.
    pub(crate) template: &'static str,
    /// The number it goes to.
    pub(crate) to: String,
    /// The requested language.
    pub(crate) locale: String,
    /// The code to type.
    pub(crate) ticket: String,
    /// Its text.
    pub(crate) body: String,
}

/// One kept message.
#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum Kept {
    Mail(KeptMail),
    Text(KeptText),
}

impl Kept {
    pub(crate) fn sent_at(&self) -> DateTime<Utc> {
        match self {
            Self::Mail(mail) => mail.sent_at,
            Self::Text(text) => text.sent_at,
        }
    }

    /// The view of it for the outbox page.
    pub(crate) fn shown(&self) -> OutboxMessage {
        let sent_at = self.sent_at().format("%H:%M:%S UTC").to_string();
        match self {
            Self::Mail(mail) => OutboxMessage {
                sent_at,
                to: mail.to.clone(),
                subject: Some(mail.subject.clone()),
                link: mail.link.clone(),
                code: mail.code_to_type().map(str::to_owned),
                html: Some(mail.html.clone()),
                text: None,
            },
            Self::Text(text) => OutboxMessage {
                sent_at,
                to: text.to.clone(),
                code: Some(text.ticket.clone()),
                text: Some(text.body.clone()),
                ..OutboxMessage::default()
            },
        }
    }
}
