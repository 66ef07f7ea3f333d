//! Shared by the tests of both mailers.

use std::{error::Error, sync::Arc};

use auth_domain::{
    ports::{Mail, MailKind},
    redirect::RedirectPolicy,
    secret::Secret,
    testing::{FixedClock, SequentialIds},
    user::{EmailAddress, Locale},
};
use egress::{Egress, EgressRules};
use http_mailer::{PostmarkMailer, PostmarkSettings, WebhookKey, WebhookMailer, WebhookSettings};
use mail_templates::{Site, TemplateSettings, Templates};

pub(crate) const TICKET: &str = "passwordlessEmail:0f3c1a52";
pub(crate) const LINK: &str = "https://auth.example.com/verify?ticket=passwordlessEmail%3A0f3c1a52";
pub(crate) const TOKEN: &str = "postmark-token-1234";
pub(crate) const KEY: &str = "a key of at least 24 bytes";

/// Requests to this machine, where the services of tests are.
pub(crate) fn egress() -> Egress {
    let allowed_hosts = vec!["127.0.0.1".to_owned()];
    Egress::new(EgressRules { allowed_hosts }).unwrap()
}

pub(crate) fn site() -> Site {
    Site {
        server_url: "https://auth.example.com".to_owned(),
        client_url: "https://app.example.com".to_owned(),
    }
}

pub(crate) fn postmark(base_url: &str, egress: Egress) -> PostmarkMailer {
    let settings = PostmarkSettings {
        base_url: base_url.parse().unwrap(),
        token: Secret::new(TOKEN),
        sender: "Acme <hello@example.com>".to_owned(),
        site: site(),
    };
    PostmarkMailer::new(settings, egress)
}

pub(crate) fn webhook(url: &str, egress: Egress) -> WebhookMailer {
    let templates = Templates::load(TemplateSettings {
        folder: None,
        default_locale: Locale::english(),
        site: site(),
    });
    let settings = WebhookSettings {
        url: url.parse().unwrap(),
        key: WebhookKey::parse(&Secret::new(KEY)).unwrap(),
        site: site(),
    };
    WebhookMailer::new(
        settings,
        Arc::new(templates.unwrap()),
        egress,
        Arc::new(FixedClock::default()),
        Arc::new(SequentialIds::default()),
    )
}

/// A mail with a link to sign in by.
pub(crate) fn mail() -> Mail {
    let ada = || EmailAddress::parse("ada@example.com").unwrap();
    Mail {
        kind: MailKind::SignInLink,
        to: ada(),
        locale: Locale::parse("fr").unwrap(),
        display_name: "Ada \"Lovelace\"".to_owned(),
        email: ada(),
        new_email: None,
        code: Some(Secret::new("314159")),
        ticket: Secret::new(TICKET),
        link: Some(Secret::new(LINK)),
        redirect_to: RedirectPolicy::new("https://app.example.com/x?y=1&z", &[])
            .unwrap()
            .client_url(),
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
