//! How mail leaves, and what it says.

use std::sync::Arc;

use auth_crypto::RandomIds;
use auth_domain::ports::Mailer;
use egress::Egress;
use http_api::Outbox;
use http_mailer::{PostmarkMailer, PostmarkSettings, WebhookMailer, WebhookSettings};
use mail_templates::{RemoteSettings, RemoteTemplates, Site, TemplateSettings, Templates, Wording};
use smtp_mailer::{SmtpMailer, SmtpSettings};
use tokio::runtime::Handle;

use crate::{
    clock::SystemClock,
    config::{Config, Postmark, Smtp, Transport, Webhook, smtp},
    outbox::OutboxMailer,
    start_error::StartError,
};

/// How mail leaves, and where to look at mail that does not.
pub(super) struct Post {
    pub(super) mailer: Arc<dyn Mailer>,
    /// Set only while somebody tries the server: the mails hold links that sign in.
    pub(super) outbox: Option<Arc<dyn Outbox>>,
}

/// The transport of this configuration, or the development outbox.
pub(super) fn post(config: &Config, egress: &Egress, runtime: &Handle) -> Result<Post, StartError> {
    if let Some(mailer) = transport(config, egress, runtime)? {
        return Ok(Post {
            mailer,
            outbox: None,
        });
    }
    let outbox = Arc::new(OutboxMailer::new(
        config.outbox_dir(),
        Arc::new(SystemClock),
        Arc::new(RandomIds),
    ));
    Ok(Post {
        outbox: config.zero_setup.then(|| Arc::clone(&outbox) as _),
        mailer: outbox,
    })
}

/// What mails leave by; nothing when they are only kept.
///
/// # Errors
///
/// [`StartError::Templates`] or [`StartError::Smtp`].
pub(crate) fn transport(
    config: &Config,
    egress: &Egress,
    runtime: &Handle,
) -> Result<Option<Arc<dyn Mailer>>, StartError> {
    Ok(Some(match &config.transport {
        Some(Transport::Smtp(smtp)) => {
            let mailer = SmtpMailer::new(smtp_settings(smtp, wording(config, egress)?), runtime);
            Arc::new(mailer.map_err(StartError::Smtp)?)
        }
        Some(Transport::Postmark(postmark)) => Arc::new(PostmarkMailer::new(
            postmark_settings(postmark, config),
            egress.clone(),
        )),
        Some(Transport::Webhook(webhook)) => Arc::new(WebhookMailer::new(
            webhook_settings(webhook, config, egress)?,
            egress.clone(),
            Arc::new(SystemClock),
            Arc::new(RandomIds),
        )),
        None => {
            // Whoever gets templates ready wants to know what is wrong with them.
            wording(config, egress)?;
            return Ok(None);
        }
    }))
}

/// What mails say.
///
/// # Errors
///
/// [`StartError::Templates`].
pub(crate) fn wording(config: &Config, egress: &Egress) -> Result<Arc<dyn Wording>, StartError> {
    let templates = Templates::load(TemplateSettings {
        folder: config.templates_folder.clone(),
        default_locale: config.accounts.default_locale.clone(),
        site: site(config),
    });
    let local = Arc::new(templates.map_err(StartError::Templates)?);
    let Some(url) = config.templates_url.clone() else {
        return Ok(local);
    };
    let settings = RemoteSettings {
        url,
        default_locale: config.accounts.default_locale.clone(),
        site: site(config),
        local,
    };
    Ok(Arc::new(RemoteTemplates::new(settings, egress.clone())))
}

fn site(config: &Config) -> Site {
    Site {
        server_url: config.server.url.clone(),
        client_url: config.redirects.client_url().as_str().to_owned(),
    }
}

fn postmark_settings(postmark: &Postmark, config: &Config) -> PostmarkSettings {
    PostmarkSettings {
        base_url: postmark.url.clone(),
        token: postmark.token.clone(),
        sender: postmark.sender.clone(),
        site: site(config),
    }
}

fn webhook_settings(
    webhook: &Webhook,
    config: &Config,
    egress: &Egress,
) -> Result<WebhookSettings, StartError> {
    Ok(WebhookSettings {
        url: webhook.url.clone(),
        key: webhook.key.clone(),
        wording: wording(config, egress)?,
        site: site(config),
    })
}

fn smtp_settings(smtp: &Smtp, wording: Arc<dyn Wording>) -> SmtpSettings {
    SmtpSettings {
        host: smtp.host.clone(),
        port: smtp.port,
        tls: smtp.tls,
        user: smtp.user.clone(),
        password: smtp.password.clone(),
        auth: smtp.auth,
        sender: smtp.sender.clone(),
        x_smtpapi: smtp.x_smtpapi.clone(),
        ca_file: smtp.ca_file.clone(),
        timeout: smtp::TIMEOUT,
        pool_size: smtp::POOL_SIZE,
        wording,
    }
}
