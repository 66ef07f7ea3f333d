//! Text messages through Twilio Programmable Messaging.

use std::sync::Arc;

use async_trait::async_trait;
use auth_domain::{
    ports::{SmsError, SmsSender, TextMessage},
    secret::Secret,
};
use egress::{Egress, Request, Url};
use mail_templates::MessageRenderer;

use crate::{
    SmsServiceError,
    basic_auth::with_basic_auth,
    error::not_sent,
    service::{Service, below},
};

/// The prefix of ids of messaging services.
const MESSAGING_SERVICE: &str = "MG";

/// How to reach an account at Twilio.
#[derive(Debug, Clone)]
pub struct TwilioSettings {
    /// Where the API is: `https://api.twilio.com`.
    pub base_url: Url,
    /// The account.
    pub account_sid: String,
    /// Its token.
    pub auth_token: Secret,
    /// The sender: the id of a messaging service (`MG…`), or anything else Twilio accepts, such as
    /// a phone number.
    pub sender: String,
}

/// Sends messages through Twilio.
#[derive(Debug)]
pub struct TwilioSender {
    settings: TwilioSettings,
    renderer: Arc<dyn MessageRenderer>,
    endpoint: Url,
    service: Service,
}

impl TwilioSender {
    /// A sender that has not sent anything yet. `renderer` renders the messages.
    #[must_use]
    pub fn new(
        settings: TwilioSettings,
        renderer: Arc<dyn MessageRenderer>,
        egress: Egress,
    ) -> Self {
        let account = settings.account_sid.as_str();
        let path = ["2010-04-01", "Accounts", account, "Messages.json"];
        Self {
            endpoint: below(&settings.base_url, &path),
            settings,
            renderer,
            service: Service {
                egress,
                name: "Twilio",
            },
        }
    }

    async fn transmit(&self, message: &TextMessage) -> Result<(), SmsServiceError> {
        let settings = &self.settings;
        let words = self.renderer.text_message(&message.locale, &message.code);
        let words = words.await?;
        let from = if settings.sender.starts_with(MESSAGING_SERVICE) {
            "MessagingServiceSid"
        } else {
            "From"
        };
        let request = Request::post(self.endpoint.clone()).form([
            ("To", message.to.as_str()),
            (from, &settings.sender),
            ("Body", &words),
        ]);
        let request = with_basic_auth(request, &settings.account_sid, &settings.auth_token);
        self.service.transmit(request, |status| status == 201).await
    }
}

#[async_trait]
impl SmsSender for TwilioSender {
    async fn send(&self, message: TextMessage) -> Result<(), SmsError> {
        let handed_over = self.transmit(&message).await;
        handed_over.map_err(not_sent)
    }
}
