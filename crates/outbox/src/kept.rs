//! What is kept of a message.

use auth_domain::{DateTime, Utc};
use http_api::OutboxMessage;
use serde::Serialize;

/// One kept mail, in the form of its file.
#[derive(Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct KeptMail {
    /// When it was handed over.
    pub(crate) sent_at: DateTime<Utc>,
    /// What it is about, as Hasura Auth names its templates.
    pub(crate) template: &'static str,
    /// The address it goes to.
    pub(crate) to: String,
    /// How its reader is addressed.
    pub(crate) display_name: String,
    /// The language it is to be written in.
    pub(crate) locale: String,
    /// The address the account is to have.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) new_email: Option<String>,
    /// The link that does what the mail is about; none where a code has to be typed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) link: Option<String>,
    /// The code that works in place of the link.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) code: Option<String>,
    /// The ticket in that link, or the code.
    pub(crate) ticket: String,
    /// Where the link leads in the end.
    pub(crate) redirect_to: String,
    /// Its subject.
    pub(crate) subject: String,
    /// What it says, as HTML.
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
    /// When it was handed over.
    pub(crate) sent_at: DateTime<Utc>,
    /// What it is about.
    pub(crate) template: &'static str,
    /// The number it goes to.
    pub(crate) to: String,
    /// The language it was asked for in.
    pub(crate) locale: String,
    /// The code to type.
    pub(crate) ticket: String,
    /// What it says.
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

    /// What a person is shown of it.
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
