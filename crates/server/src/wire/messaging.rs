//! The adapters that send mail and text messages, and the renderer of their texts.

use std::sync::Arc;

use auth_domain::{
    ports::{CodeDelivery, Mailer},
    system::{RandomIds, SystemClock},
};
use egress::Egress;
use http_api::Outbox;
use http_mailer::{PostmarkMailer, WebhookMailer};
use mail_templates::{
    MessageRenderer, RemoteSettings, RemoteTemplates, TemplateSettings, Templates,
};
use outbox::{DevSmsSender, OutboxMailer};
use sms_sender::{ModicaSender, TwilioSender, TwilioVerify, WebhookSender};
use smtp_mailer::{SmtpMailer, SmtpSettings};
use tokio::runtime::Handle;

use crate::{
    config::{Config, Sms, SmsProvider, Transport},
    start_error::StartError,
};

/// The mailer, and the outbox for messages that are not sent.
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

    /// The delivery of codes by text message as `sms` says, rendered as `worded` says.
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
        SmsProvider::TwilioVerify(settings) => {
            CodeDelivery::Verifier(Arc::new(TwilioVerify::new(settings, egress)))
        }
        SmsProvider::Twilio(settings) => {
            CodeDelivery::Message(Arc::new(TwilioSender::new(settings, renderer()?, egress)))
        }
        SmsProvider::Modica(settings) => {
            CodeDelivery::Message(Arc::new(ModicaSender::new(settings, renderer()?, egress)))
        }
        SmsProvider::Generic(settings) => {
            CodeDelivery::Message(Arc::new(WebhookSender::new(settings, renderer()?, egress)))
        }
        SmsProvider::Dev { folder } => {
            let sender = DevSmsSender::new(Arc::clone(outbox), renderer()?, folder);
            CodeDelivery::Message(Arc::new(sender))
        }
    })
}

/// The mailer of this configuration; `None` when mails are kept in the outbox.
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
        Some(Transport::Postmark(postmark)) => {
            Arc::new(PostmarkMailer::new(postmark.clone(), egress.clone()))
        }
        Some(Transport::Webhook(webhook)) => Arc::new(WebhookMailer::new(
            webhook.clone(),
            renderer(config, egress)?,
            egress.clone(),
            Arc::new(SystemClock),
            Arc::new(RandomIds),
        )),
        None => {
            // An operator who prepares templates is told what is wrong with them.
            renderer(config, egress)?;
            return Ok(None);
        }
    }))
}

/// A mailer that sends through this server.
///
/// # Errors
///
/// [`StartError::Smtp`].
pub(crate) fn smtp_mailer(
    settings: &SmtpSettings,
    renderer: Arc<dyn MessageRenderer>,
    runtime: &Handle,
) -> Result<SmtpMailer, StartError> {
    SmtpMailer::new(settings, renderer, runtime).map_err(StartError::Smtp)
}

/// The renderer of messages.
///
/// # Errors
///
/// [`StartError::Templates`].
pub(crate) fn renderer(
    config: &Config,
    egress: &Egress,
) -> Result<Arc<dyn MessageRenderer>, StartError> {
    let TemplateSettings {
        default_locale,
        site,
        ..
    } = config.templates.clone();
    let templates = Templates::load_tagged(config.templates.clone(), &config.language_tags);
    let local = Arc::new(templates.map_err(StartError::Templates)?);
    let Some(url) = config.templates_url.clone() else {
        return Ok(local);
    };
    let settings = RemoteSettings {
        url,
        default_locale,
        site,
        local,
    };
    let templates = RemoteTemplates::new(settings, egress.clone());
    Ok(Arc::new(templates.tagged(&config.language_tags)))
}
