//! How mail leaves, and what it says.

use std::sync::Arc;

use auth_crypto::RandomIds;
use auth_domain::ports::Mailer;
use http_api::Outbox;
use mail_templates::{Site, TemplateSettings, Templates, Wording};
use smtp_mailer::{SmtpMailer, SmtpSettings};
use tokio::runtime::Handle;

use crate::{
    clock::SystemClock,
    config::{Config, Smtp, smtp},
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
pub(super) fn post(config: &Config, runtime: &Handle) -> Result<Post, StartError> {
    if let Some(mailer) = transport(config, runtime)? {
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
    runtime: &Handle,
) -> Result<Option<Arc<dyn Mailer>>, StartError> {
    // Without a transport too: whoever gets templates ready wants to know what is wrong with them.
    let wording = wording(config)?;
    let Some(smtp) = &config.smtp else {
        return Ok(None);
    };
    let mailer = SmtpMailer::new(smtp_settings(smtp, wording), runtime);
    Ok(Some(Arc::new(mailer.map_err(StartError::Smtp)?)))
}

/// What mails say.
///
/// # Errors
///
/// [`StartError::Templates`].
pub(crate) fn wording(config: &Config) -> Result<Arc<dyn Wording>, StartError> {
    let templates = Templates::load(TemplateSettings {
        folder: config.templates_folder.clone(),
        default_locale: config.accounts.default_locale.clone(),
        site: Site {
            server_url: config.server.url.clone(),
            client_url: config.redirects.client_url().as_str().to_owned(),
        },
    });
    Ok(Arc::new(templates.map_err(StartError::Templates)?))
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
