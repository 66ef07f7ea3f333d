//! Shared by the tests of all senders.

use std::{error::Error, sync::Arc, time::Duration};

use auth_domain::{
    ports::{SmsSender, TextMessage},
    secret::Secret,
    user::{Locale, PhoneNumber},
};
use egress::{Egress, EgressRules};
use mail_templates::{MessageRenderer, Site, TemplateSettings, Templates};
use sms_sender::{
    BodyTemplate, ContentType, ModicaSender, ModicaSettings, TwilioSender, TwilioSettings,
    TwilioVerify, TwilioVerifySettings, WebhookSender, WebhookSettings,
};

pub(crate) const NUMBER: &str = "+41790000001";
pub(crate) const CODE: &str = "314159";
pub(crate) const TOKEN: &str = "service-token-1234";

/// Requests to this machine, where the services of tests are.
pub(crate) fn egress() -> Egress {
    let allowed_hosts = vec!["127.0.0.1".to_owned()];
    Egress::new(EgressRules { allowed_hosts }).unwrap()
}

fn renderer() -> Arc<dyn MessageRenderer> {
    let templates = Templates::load(TemplateSettings {
        folder: None,
        default_locale: Locale::english(),
        site: Site {
            server_url: "https://auth.example.com".to_owned(),
            client_url: "https://app.example.com".to_owned(),
        },
    });
    Arc::new(templates.unwrap())
}

pub(crate) fn twilio(url: &str, from: &str, egress: Egress) -> TwilioSender {
    let settings = TwilioSettings {
        base_url: url.parse().unwrap(),
        account_sid: "AC1".to_owned(),
        auth_token: Secret::new(TOKEN),
        sender: from.to_owned(),
    };
    TwilioSender::new(settings, renderer(), egress)
}

pub(crate) fn verify(url: &str, egress: Egress) -> TwilioVerify {
    let settings = TwilioVerifySettings {
        base_url: url.parse().unwrap(),
        account_sid: "VA1".to_owned(),
        auth_token: Secret::new(TOKEN),
        service_sid: "VA2/../x".to_owned(),
    };
    TwilioVerify::new(settings, egress)
}

pub(crate) fn modica(url: &str, egress: Egress) -> ModicaSender {
    let settings = ModicaSettings {
        base_url: url.parse().unwrap(),
        username: "acme".to_owned(),
        password: Secret::new(TOKEN),
    };
    ModicaSender::new(settings, renderer(), egress)
}

pub(crate) fn webhook(url: &str, content_type: ContentType, egress: Egress) -> WebhookSender {
    let settings = WebhookSettings {
        url: url.parse().unwrap(),
        content_type,
        headers: vec![("X-Api-Key".to_owned(), Secret::new(TOKEN))],
        timeout: Duration::from_secs(3),
        template: BodyTemplate::parse(r#"{"m": {"to": ["${to}"]}, "text": "${body}"}"#).unwrap(),
    };
    WebhookSender::new(settings, renderer(), egress)
}

/// Every sender, with a service at `url`.
pub(crate) fn senders(url: &str, egress: &Egress) -> Vec<Box<dyn SmsSender>> {
    vec![
        Box::new(twilio(url, "MG1", egress.clone())),
        Box::new(modica(url, egress.clone())),
        Box::new(webhook(url, ContentType::Json, egress.clone())),
        Box::new(webhook(url, ContentType::Form, egress.clone())),
    ]
}

pub(crate) fn number(text: &str) -> PhoneNumber {
    PhoneNumber::parse(text).unwrap()
}

/// A message in French.
pub(crate) fn message() -> TextMessage {
    TextMessage {
        to: number(NUMBER),
        locale: Locale::parse("fr").unwrap(),
        code: Secret::new(CODE),
    }
}

/// An error and its sources, in every form a log could have.
pub(crate) fn whole_story(error: &dyn Error) -> String {
    let mut links = vec![format!("{error} {error:?}")];
    let mut next = error.source();
    while let Some(cause) = next {
        links.push(format!("{cause} {cause:?}"));
        next = cause.source();
    }
    links.join("\n")
}
