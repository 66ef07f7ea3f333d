//! A mail as bytes (RFC 5322, MIME).

use auth_domain::{ports::Mail, user::EmailAddress};
use mail_send::mail_builder::{
    MessageBuilder,
    headers::{HeaderType, address::Address, message_id::MessageId, raw::Raw, text::Text},
    mime::make_boundary,
};
use mail_templates::{Rendered, without_controls};

use crate::{
    error::{Failure, SmtpError, Step},
    sender::{Sender, SenderAddress},
};

/// The longest value that fits on the line of a header beside its name: a line has at most 998
/// bytes (RFC 5322 §2.1.1).
const MAX_VERBATIM: usize = 950;

/// A mail in its envelope.
pub(crate) struct Message {
    pub(crate) sender: SenderAddress,
    pub(crate) recipient: EmailAddress,
    pub(crate) content: Vec<u8>,
}

/// What all messages have in common.
#[derive(Debug, Clone)]
pub(crate) struct MessageDefaults {
    pub(crate) sender: Sender,
    pub(crate) x_smtpapi: Option<String>,
}

impl MessageDefaults {
    /// Puts the `rendered` mail into its envelope.
    ///
    /// Its address is checked once more: a store may hold one that was checked less strictly, and
    /// mail-send would put anything into its commands (SMTP injection).
    pub(crate) fn message(&self, mail: &Mail, rendered: &Rendered) -> Result<Message, SmtpError> {
        let Ok(recipient) = EmailAddress::parse(mail.to.as_str()) else {
            return Err(SmtpError::new(Step::Writing, Failure::NoRecipient));
        };
        let built = self.build(mail, rendered, &recipient);
        let mut content = Vec::new();
        built.serialize(&mut content);
        Ok(Message {
            sender: self.sender.address.clone(),
            recipient,
            content,
        })
    }

    fn build<'a>(
        &'a self,
        mail: &'a Mail,
        rendered: &'a Rendered,
        recipient: &'a EmailAddress,
    ) -> MessageBuilder<'a> {
        let link = mail.link.as_ref().map_or("", |link| link.expose());
        let mut message = MessageBuilder::new();
        if let Some(value) = &self.x_smtpapi {
            message = message.header("X-SMTPAPI", Raw::new(value.as_str()));
        }
        message = message
            .header("X-Ticket", verbatim(mail.ticket.expose()))
            .header("X-Redirect-To", verbatim(mail.redirect_to.as_str()))
            .header("X-Email-Template", verbatim(mail.kind.template()))
            .header("X-Link", verbatim(link))
            // So that vacation notices are not sent in reply (RFC 3834 §5).
            .header("Auto-Submitted", Raw::new("auto-generated"))
            .from(self.from())
            .to(Address::new_address(None::<&str>, recipient.as_str()))
            .subject(encoded(&rendered.subject))
            .message_id(self.message_id())
            .html_body(rendered.html.as_str());
        match &rendered.text {
            Some(text) => message.text_body(text.as_str()),
            None => message,
        }
    }

    fn from(&self) -> Address<'_> {
        Address::new_address(self.sender.name.as_deref(), self.sender.address.as_str())
    }

    /// With the sender's domain: mail-builder would reveal the name of this machine.
    fn message_id(&self) -> MessageId<'static> {
        let domain = self.sender.address.domain();
        MessageId::new(format!("{}@{domain}", make_boundary(".")))
    }
}

/// Verbatim, so that programs that look for a header find what they expect; encoded only if it
/// could not be sent otherwise.
fn verbatim(value: &str) -> HeaderType<'_> {
    let printable = value.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    if printable && value.len() <= MAX_VERBATIM {
        Raw::new(value).into()
    } else {
        encoded(value).into()
    }
}

/// On one line, and encoded where it is long or not ASCII (RFC 2047).
fn encoded(value: &str) -> Text<'_> {
    Text::new(without_controls(value))
}

#[cfg(test)]
pub(crate) mod tests;
