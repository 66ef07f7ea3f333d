//! Text messages through Modica.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use auth_domain::{
    ports::{SmsError, SmsSender, TextMessage},
    secret::Secret,
};
use egress::{Egress, Request, Url};
use mail_templates::MessageRenderer;
use serde_json::json;

use crate::{
    SmsServiceError,
    basic_auth::with_basic_auth,
    error::not_sent,
    service::{Service, below},
};

/// How long Modica may take, as in Hasura Auth.
const TIMEOUT: Duration = Duration::from_secs(30);

/// How to reach an account at Modica.
#[derive(Debug, Clone)]
pub struct ModicaSettings {
    /// Where the API is: `https://api.modicagroup.com`.
    pub base_url: Url,
    /// The account.
    pub username: String,
    /// Its password.
    pub password: Secret,
}

/// Sends messages through Modica, which accepts only numbers that begin with `+`.
#[derive(Debug)]
pub struct ModicaSender {
    settings: ModicaSettings,
    renderer: Arc<dyn MessageRenderer>,
    endpoint: Url,
    service: Service,
}

impl ModicaSender {
    /// A sender that has not sent anything yet. `renderer` renders the messages.
    #[must_use]
    pub fn new(
        settings: ModicaSettings,
        renderer: Arc<dyn MessageRenderer>,
        egress: Egress,
    ) -> Self {
        Self {
            endpoint: below(&settings.base_url, &["rest", "sms", "v2", "messages"]),
            settings,
            renderer,
            service: Service {
                egress,
                name: "Modica",
            },
        }
    }

    async fn transmit(&self, message: &TextMessage) -> Result<(), SmsServiceError> {
        let to = message.to.as_str();
        if !to.starts_with('+') {
            let service = self.service.name;
            return Err(SmsServiceError::NotInternational { service });
        }
        let settings = &self.settings;
        let words = self.renderer.text_message(&message.locale, &message.code);
        let body = json!({ "destination": to, "content": words.await? });
        let request = Request::post(self.endpoint.clone())
            .timeout(TIMEOUT)
            .json(&body);
        let request = with_basic_auth(request, &settings.username, &settings.password);
        self.service.transmit(request, |status| status == 202).await
    }
}

#[async_trait]
impl SmsSender for ModicaSender {
    async fn send(&self, message: TextMessage) -> Result<(), SmsError> {
        let handed_over = self.transmit(&message).await;
        handed_over.map_err(not_sent)
    }
}
