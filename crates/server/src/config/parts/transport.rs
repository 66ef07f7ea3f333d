//! How mail leaves.

use auth_domain::secret::Secret;
use http_mailer::WebhookKey;
use url::Url;

use super::{Smtp, outgoing::reachable_url};
use crate::config::{settings::Settings, table::email};

/// The name of a host that stands for Postmark's API, as in Hasura Auth.
const POSTMARK: &str = "postmark";

/// How mail leaves.
#[derive(Debug, Clone)]
pub(crate) enum Transport {
    /// Through an SMTP server.
    Smtp(Smtp),
    /// Through Postmark's API, in the words of templates there.
    Postmark(Postmark),
    /// Through a web hook of the operator.
    Webhook(Webhook),
}

/// An account at Postmark.
#[derive(Debug, Clone)]
pub(crate) struct Postmark {
    /// Where the API is.
    pub(crate) url: Url,
    /// The token of the server there.
    pub(crate) token: Secret,
    /// Whom mails come from.
    pub(crate) sender: String,
}

/// A web hook that takes mails.
#[derive(Debug, Clone)]
pub(crate) struct Webhook {
    /// Where it is.
    pub(crate) url: Url,
    /// What requests are signed with.
    pub(crate) key: WebhookKey,
}

impl Transport {
    /// Picks this part from all settings; `None` when mail is only kept.
    pub(crate) fn read(
        settings: &Settings,
        warnings: &mut Vec<String>,
    ) -> Result<Option<Self>, String> {
        let host = settings.text(&email::SMTP_HOST);
        let has_webhook = settings.text(&email::WEBHOOK_URL).is_some();
        Ok(match (host, has_webhook) {
            (Some(_), true) => return Err(two_ways(settings)),
            (Some(POSTMARK), false) => Some(Self::Postmark(postmark(settings)?)),
            (Some(host), false) => Some(Self::Smtp(Smtp::read(settings, host, warnings)?)),
            (None, true) => Some(Self::Webhook(webhook(settings, warnings)?)),
            (None, false) => {
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
    settings.text(&email::WEBHOOK_SECRET).map(|_| {
        format!(
            "{} is set, but no mail is signed with it: set {}",
            settings.name(&email::WEBHOOK_SECRET),
            email::WEBHOOK_URL.variable
        )
    })
}

fn postmark(settings: &Settings) -> Result<Postmark, String> {
    let needed = |setting, what: &str| {
        settings.text(setting).map(str::to_owned).ok_or_else(|| {
            let host = settings.name(&email::SMTP_HOST);
            format!(
                "{host} is {POSTMARK}, which needs {what} in {}",
                setting.variable
            )
        })
    };
    Ok(Postmark {
        url: reachable_url(settings, &email::POSTMARK_URL)?,
        token: Secret::new(needed(&email::SMTP_PASSWORD, "the server's token")?),
        sender: needed(&email::SMTP_SENDER, "the sender's address")?,
    })
}

fn webhook(settings: &Settings, warnings: &mut Vec<String>) -> Result<Webhook, String> {
    let Some(secret) = settings.secret(&email::WEBHOOK_SECRET) else {
        return Err(format!(
            "{} needs a key that requests are signed with: set {}",
            settings.name(&email::WEBHOOK_URL),
            email::WEBHOOK_SECRET.variable
        ));
    };
    let name = settings.name(&email::WEBHOOK_SECRET);
    let key = WebhookKey::parse(&secret).map_err(|error| format!("{name}: {error}"))?;
    if key.is_weak() {
        warnings.push(format!(
            "{name}: the key has fewer than 24 bytes, so it may be guessed; use a longer one \
             here and at the receiver"
        ));
    }
    Ok(Webhook {
        url: reachable_url(settings, &email::WEBHOOK_URL)?,
        key,
    })
}
