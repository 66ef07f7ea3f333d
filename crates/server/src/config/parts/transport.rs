//! The transport of mail.

use http_mailer::{PostmarkSettings, WebhookSettings};
use settings::{Optional, Setting, Settings};
use smtp_mailer::SmtpSettings;
use url::Url;

use super::{
    outgoing::{reachable, reachable_url},
    smtp::smtp,
    templates::site,
};
use crate::config::table::email;

/// The host name that selects Postmark's API, as in Hasura Auth.
const POSTMARK: &str = "postmark";

/// The transport of mail.
#[derive(Debug, Clone)]
pub(crate) enum Transport {
    /// Through an SMTP server.
    Smtp(SmtpSettings),
    /// Through Postmark's API, with templates there.
    Postmark(PostmarkSettings),
    /// Through a web hook of the operator.
    Webhook(WebhookSettings),
}

impl Transport {
    /// Picks this part from all settings; `None` when mail is kept in the outbox.
    pub(crate) fn read(
        settings: &Settings,
        warnings: &mut Vec<String>,
    ) -> Result<Option<Self>, String> {
        let host = settings.get(&email::SMTP_HOST);
        Ok(match (host, settings.get(&email::WEBHOOK_URL)) {
            (Some(_), Some(_)) => return Err(two_ways(settings)),
            (Some(host), None) if host == POSTMARK => Some(Self::Postmark(postmark(settings)?)),
            (Some(host), None) => Some(Self::Smtp(smtp(settings, host, warnings))),
            (None, Some(url)) => Some(Self::Webhook(webhook(settings, url, warnings)?)),
            (None, None) => {
                warnings.extend(useless_secret(settings));
                None
            }
        })
    }
}

fn two_ways(settings: &Settings) -> String {
    format!(
        "{} and {} are both set, and mail leaves one way only; unset one of them",
        settings.name(&email::SMTP_HOST),
        settings.name(&email::WEBHOOK_URL)
    )
}

fn useless_secret(settings: &Settings) -> Option<String> {
    settings.has(&email::WEBHOOK_SECRET).then(|| {
        format!(
            "{} is set, but no mail is signed with it: set {}",
            settings.name(&email::WEBHOOK_SECRET),
            email::WEBHOOK_URL.variable
        )
    })
}

fn postmark(settings: &Settings) -> Result<PostmarkSettings, String> {
    Ok(PostmarkSettings {
        base_url: reachable_url(settings, &email::POSTMARK_URL)?,
        token: needed(settings, &email::SMTP_PASSWORD, "the server's token")?,
        sender: needed(settings, &email::SMTP_SENDER, "the sender's address")?,
        site: site(settings),
    })
}

fn needed<T>(settings: &Settings, setting: &Setting<T, Optional>, what: &str) -> Result<T, String> {
    settings.get(setting).ok_or_else(|| {
        let host = settings.name(&email::SMTP_HOST);
        format!(
            "{host} is {POSTMARK}, which needs {what} in {}",
            setting.variable
        )
    })
}

fn webhook(
    settings: &Settings,
    url: Url,
    warnings: &mut Vec<String>,
) -> Result<WebhookSettings, String> {
    let Some(key) = settings.checked(&email::WEBHOOK_SECRET)? else {
        return Err(format!(
            "{} needs a key that requests are signed with: set {}",
            settings.name(&email::WEBHOOK_URL),
            email::WEBHOOK_SECRET.variable
        ));
    };
    if key.is_weak() {
        let name = settings.name(&email::WEBHOOK_SECRET);
        warnings.push(format!(
            "{name}: the key has fewer than 24 bytes, so it may be guessed; use a longer one \
             here and at the receiver"
        ));
    }
    Ok(WebhookSettings {
        url: reachable(settings, &email::WEBHOOK_URL, url)?,
        key,
        site: site(settings),
    })
}
