//! Mails through Postmark, with the templates that are stored there.

use async_trait::async_trait;
use auth_domain::{
    ports::{Mail, Mailer, MailerError},
    secret::Secret,
};
use egress::{Egress, Request, Url};
use mail_templates::{Site, variables};
use serde_json::{Map, Value, json};

use crate::{
    HttpMailError,
    delivery::{Delivery, recipient},
};

/// How to reach Postmark.
#[derive(Debug, Clone)]
pub struct PostmarkSettings {
    /// Where the API is: `https://api.postmarkapp.com`.
    pub base_url: Url,
    /// The token of the server at Postmark that mails are sent through.
    pub token: Secret,
    /// The sender: `address` or `Name <address>`, confirmed at Postmark.
    pub sender: String,
    /// The URLs in templates.
    pub site: Site,
}

/// Sends mails through Postmark, as Hasura Auth does with `AUTH_SMTP_HOST=postmark`.
///
/// The templates are Postmark's: one with the alias `<locale>.<name>`, such as `en.email-verify`,
/// gets the variables of local templates.
#[derive(Debug)]
pub struct PostmarkMailer {
    settings: PostmarkSettings,
    endpoint: Url,
    delivery: Delivery,
}

impl PostmarkMailer {
    /// A mailer that has not sent anything yet.
    #[must_use]
    pub fn new(settings: PostmarkSettings, egress: Egress) -> Self {
        let mut endpoint = settings.base_url.clone();
        let base = endpoint.path().trim_end_matches('/');
        endpoint.set_path(&format!("{base}/email/withTemplate"));
        Self {
            settings,
            endpoint,
            delivery: Delivery {
                egress,
                service: "Postmark",
                accepted: |status| status == 200,
            },
        }
    }

    async fn transmit(&self, mail: &Mail) -> Result<(), HttpMailError> {
        let locale = mail.locale.as_str();
        let model = variables(mail, locale, &self.settings.site)
            .map(|(name, value)| (name.to_owned(), Value::from(value)));
        let body = json!({
            "TemplateAlias": format!("{locale}.{}", mail.kind.template()),
            "TemplateModel": model.collect::<Map<_, _>>(),
            "From": self.settings.sender,
            "To": recipient(mail)?,
            // So that vacation notices are not sent in reply (RFC 3834 §5).
            "Headers": [{ "Name": "Auto-Submitted", "Value": "auto-generated" }],
        });
        let request = Request::post(self.endpoint.clone())
            .header("accept", "application/json")
            .secret_header("x-postmark-server-token", self.settings.token.expose())
            .json(&body);
        self.delivery.deliver(request).await
    }
}

#[async_trait]
impl Mailer for PostmarkMailer {
    async fn send(&self, mail: Mail) -> Result<(), MailerError> {
        let handed_over = self.transmit(&mail).await;
        handed_over.map_err(MailerError::from)
    }
}
