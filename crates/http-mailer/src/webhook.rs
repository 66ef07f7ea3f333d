//! Mails through a web hook of the operator.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use auth_domain::{
    ports::{Clock, IdGenerator, Mail, Mailer, MailerError},
    secret::Secret,
    user::EmailAddress,
};
use egress::{Egress, Request, Url};
use mail_templates::{MessageRenderer, Rendered, Site};
use serde_json::{Value, json};

use crate::{
    HttpMailError, WebhookKey,
    delivery::{Delivery, recipient},
};

/// Where mails are posted to, and how they are signed.
#[derive(Debug, Clone)]
pub struct WebhookSettings {
    /// Where mails are posted to.
    pub url: Url,
    /// The key that signs them.
    pub key: WebhookKey,
    /// The URLs in templates, which the receiver is told, too.
    pub site: Site,
}

/// Posts mails to a URL, signed by Standard Webhooks.
///
/// The receiver checks the signature and that the timestamp is recent (replay). Any status from 200
/// to 299 means that the mail is accepted.
pub struct WebhookMailer {
    settings: WebhookSettings,
    renderer: Arc<dyn MessageRenderer>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdGenerator>,
    delivery: Delivery,
}

impl WebhookMailer {
    /// A mailer that has not posted anything yet. `wording` is what the mails say.
    #[must_use]
    pub fn new(
        settings: WebhookSettings,
        renderer: Arc<dyn MessageRenderer>,
        egress: Egress,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdGenerator>,
    ) -> Self {
        Self {
            settings,
            renderer,
            clock,
            ids,
            delivery: Delivery {
                egress,
                service: "the web hook for mail",
                accepted: |status| (200..300).contains(&status),
            },
        }
    }

    async fn transmit(&self, mail: &Mail) -> Result<(), HttpMailError> {
        let to = recipient(mail)?;
        let rendered = self.renderer.render(mail).await?;
        let body = body(mail, to, &rendered, &self.settings.site).to_string();
        self.delivery.deliver(self.signed(body.into_bytes())).await
    }

    fn signed(&self, body: Vec<u8>) -> Request {
        // The receiver recognises a replayed request by its id. A retry has another one.
        let id = format!("msg_{}", self.ids.uuid().simple());
        let timestamp = self.clock.now().timestamp();
        let signature = self.settings.key.sign(&id, timestamp, &body);
        Request::post(self.settings.url.clone())
            .header("webhook-id", &id)
            .header("webhook-timestamp", &timestamp.to_string())
            .header("webhook-signature", &signature)
            .body("application/json", body)
    }
}

/// All data of a mail. Members may be added, but none are removed.
fn body(mail: &Mail, to: &str, words: &Rendered, site: &Site) -> Value {
    json!({
        "template": mail.kind.template(),
        "to": to,
        "locale": mail.locale.as_str(),
        "displayName": mail.display_name,
        "email": mail.email.as_str(),
        "newEmail": mail.new_email.as_ref().map(EmailAddress::as_str),
        "ticket": mail.ticket.expose(),
        "code": mail.code.as_ref().map(Secret::expose),
        "link": mail.link.as_ref().map(Secret::expose),
        "redirectTo": mail.redirect_to.as_str(),
        "serverUrl": site.server_url,
        "clientUrl": site.client_url,
        "subject": words.subject,
        "html": words.html,
        "text": words.text,
    })
}

#[async_trait]
impl Mailer for WebhookMailer {
    async fn send(&self, mail: Mail) -> Result<(), MailerError> {
        let handed_over = self.transmit(&mail).await;
        handed_over.map_err(MailerError::from)
    }
}

impl fmt::Debug for WebhookMailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookMailer")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
