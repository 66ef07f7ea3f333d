//! How mail and text messages leave, and what they say.

use std::sync::Arc;

use auth_domain::{
    ports::{CodeDelivery, Mailer},
    system::{RandomIds, SystemClock},
};
use egress::Egress;
use http_api::Outbox;
use http_mailer::{PostmarkMailer, PostmarkSettings, WebhookMailer, WebhookSettings};
use mail_templates::{
    MessageRenderer, RemoteSettings, RemoteTemplates, Site, TemplateSettings, Templates,
};
use sms_sender::{
    ModicaSender, ModicaSettings, TwilioSender, TwilioSettings, TwilioVerify, TwilioVerifySettings,
    WebhookSender, WebhookSettings as SmsWebhookSettings,
};
use smtp_mailer::{SmtpMailer, SmtpSettings};
use tokio::runtime::Handle;

use crate::{
    config::{Config, Postmark, Sms, SmsProvider, Smtp, Transport, Webhook, smtp},
    outbox::{DevSmsSender, OutboxMailer},
    start_error::StartError,
};

/// How mail leaves, and where messages are kept that do not.
pub(super) struct Messaging {
    pub(super) mailer: Arc<dyn Mailer>,
    outbox: Arc<OutboxMailer>,
}

impl Messaging {
    /// The transport of this configuration, or the development outbox.
    pub(super) fn new(
        config: &Config,
        egress: &Egress,
        runtime: &Handle,
    ) -> Result<Self, StartError> {
        let outbox = Arc::new(OutboxMailer::new(
            config.outbox_dir(),
            Arc::new(SystemClock),
            Arc::new(RandomIds),
            renderer(config, egress)?,
        ));
        let transport = transport(config, egress, runtime)?;
        let mailer = transport.unwrap_or_else(|| Arc::clone(&outbox) as _);
        Ok(Self { mailer, outbox })
    }

    /// How codes get to phones as `sms` says, in the words of `worded`.
    pub(super) fn code_delivery(
        &self,
        sms: &Sms,
        worded: &Config,
        egress: &Egress,
    ) -> Result<CodeDelivery, StartError> {
        code_delivery(sms, worded, egress, &self.outbox)
    }

    /// The outbox, if this configuration shows it.
    pub(super) fn shown_outbox(&self, config: &Config) -> Option<Arc<dyn Outbox>> {
        config.shows_outbox().then(|| Arc::clone(&self.outbox) as _)
    }
}

fn code_delivery(
    sms: &Sms,
    config: &Config,
    egress: &Egress,
    outbox: &Arc<OutboxMailer>,
) -> Result<CodeDelivery, StartError> {
    let egress = egress.clone();
    let renderer = || renderer(config, &egress);
    Ok(match sms.provider.clone() {
        SmsProvider::TwilioVerify(account) => {
            let settings = TwilioVerifySettings {
                base_url: account.url,
                account_sid: account.sid,
                auth_token: account.token,
                service_sid: account.service,
            };
            CodeDelivery::Verifier(Arc::new(TwilioVerify::new(settings, egress)))
        }
        SmsProvider::Twilio(account) => {
            let settings = TwilioSettings {
                base_url: account.url,
                account_sid: account.sid,
                auth_token: account.token,
                sender: account.service,
                renderer: renderer()?,
            };
            CodeDelivery::Message(Arc::new(TwilioSender::new(settings, egress)))
        }
        SmsProvider::Modica {
            url,
            username,
            password,
        } => {
            let settings = ModicaSettings {
                base_url: url,
                username,
                password,
                renderer: renderer()?,
            };
            CodeDelivery::Message(Arc::new(ModicaSender::new(settings, egress)))
        }
        SmsProvider::Generic {
            url,
            content_type,
            headers,
            timeout,
            template,
        } => {
            let settings = SmsWebhookSettings {
                url,
                content_type,
                headers,
                timeout,
                template,
                renderer: renderer()?,
            };
            CodeDelivery::Message(Arc::new(WebhookSender::new(settings, egress)))
        }
        SmsProvider::Dev { folder } => {
            let sender = DevSmsSender::new(Arc::clone(outbox), renderer()?, folder);
            CodeDelivery::Message(Arc::new(sender))
        }
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
            Arc::new(smtp_mailer(smtp, renderer(config, egress)?, runtime)?)
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
            renderer(config, egress)?;
            return Ok(None);
        }
    }))
}

/// A mailer that hands mails to this server.
///
/// # Errors
///
/// [`StartError::Smtp`].
pub(crate) fn smtp_mailer(
    smtp: &Smtp,
    renderer: Arc<dyn MessageRenderer>,
    runtime: &Handle,
) -> Result<SmtpMailer, StartError> {
    SmtpMailer::new(smtp_settings(smtp, renderer), runtime).map_err(StartError::Smtp)
}

/// What mails say.
///
/// # Errors
///
/// [`StartError::Templates`].
pub(crate) fn renderer(
    config: &Config,
    egress: &Egress,
) -> Result<Arc<dyn MessageRenderer>, StartError> {
    let settings = TemplateSettings {
        folder: config.templates_folder.clone(),
        default_locale: config.accounts.default_locale.clone(),
        site: site(config),
    };
    let templates = Templates::load_tagged(settings, &config.language_tags);
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
    let templates = RemoteTemplates::new(settings, egress.clone());
    Ok(Arc::new(templates.tagged(&config.language_tags)))
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
        renderer: renderer(config, egress)?,
        site: site(config),
    })
}

fn smtp_settings(smtp: &Smtp, renderer: Arc<dyn MessageRenderer>) -> SmtpSettings {
    SmtpSettings {
        host: smtp.host.clone(),
        port: smtp.port,
        tls: smtp.tls,
        user: smtp.user.clone(),
        password: smtp.password.clone(),
        auth: smtp.auth,
        client_name: smtp.client_name.clone(),
        sender: smtp.sender.clone(),
        x_smtpapi: smtp.x_smtpapi.clone(),
        ca_file: smtp.ca_file.clone(),
        timeout: smtp::TIMEOUT,
        pool_size: smtp::POOL_SIZE,
        renderer,
    }
}
