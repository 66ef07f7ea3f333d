//! Shared by the tests of the mailer.

use std::{env, error::Error, path::PathBuf, sync::Arc, time::Duration};

use auth_domain::{
    ports::{Mail, MailKind},
    redirect::RedirectPolicy,
    secret::Secret,
    user::{EmailAddress, Locale},
};
use mail_templates::{Site, TemplateSettings, Templates};
use smtp_mailer::{AuthMethod, SmtpMailer, SmtpSettings, TlsMode};
use tokio::runtime::Handle;

pub(crate) const TICKET: &str = "passwordlessEmail:0f3c1a52-7a4e-4f0b-9d55-2f6d1f0c1a11";
pub(crate) const LINK: &str = "https://auth.example.com/verify?ticket=passwordlessEmail%3A0f3c1a52&type=signinPasswordless&redirectTo=https%3A%2F%2Fapp.example.com";
pub(crate) const APP: &str = "https://app.example.com/welcome";

/// A variable of `scripts/with-smtp`.
#[expect(
    clippy::disallowed_methods,
    reason = "the test script tells where its servers are"
)]
pub(crate) fn variable(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| {
        panic!("{name} is not set: run the tests with scripts/test or below scripts/with-smtp")
    })
}

/// The port of a server of `scripts/with-smtp`.
pub(crate) fn port(server: &str) -> u16 {
    variable(&format!("TEST_SMTP_{server}")).parse().unwrap()
}

/// Settings for a server on this machine.
pub(crate) fn settings(port: u16) -> SmtpSettings {
    SmtpSettings {
        host: "127.0.0.1".to_owned(),
        port,
        tls: TlsMode::StartTls,
        user: None,
        password: Secret::new(""),
        auth: AuthMethod::Plain,
        client_name: "auth.example.com".to_owned(),
        sender: "Acme <hello@example.com>".to_owned(),
        x_smtpapi: None,
        ca_file: None,
        timeout: Duration::from_secs(20),
        pool_size: 4,
    }
}

pub(crate) fn templates(folder: Option<PathBuf>) -> Templates {
    Templates::load(TemplateSettings {
        folder,
        default_locale: Locale::english(),
        site: Site {
            server_url: "https://auth.example.com".to_owned(),
            client_url: "https://app.example.com".to_owned(),
        },
    })
    .unwrap()
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "settings are made where they are passed"
)]
pub(crate) fn mailer(settings: SmtpSettings) -> SmtpMailer {
    mailer_with(&settings, templates(None))
}

pub(crate) fn mailer_with(settings: &SmtpSettings, templates: Templates) -> SmtpMailer {
    SmtpMailer::new(settings, Arc::new(templates), &Handle::current()).unwrap()
}

/// A mail with a link to sign in by.
pub(crate) fn mail(to: &str) -> Mail {
    Mail {
        kind: MailKind::SignInLink,
        to: EmailAddress::parse(to).unwrap(),
        locale: Locale::english(),
        display_name: "Ada Lovelace".to_owned(),
        email: EmailAddress::parse(to).unwrap(),
        new_email: None,
        code: None,
        ticket: Secret::new(TICKET),
        link: Some(Secret::new(LINK)),
        redirect_to: RedirectPolicy::new(APP, &[]).unwrap().client_url(),
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
