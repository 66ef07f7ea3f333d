//! The bot check.

use auth_domain::secret::Secret;
use settings::Settings;
use url::Url;

use super::outgoing::reachable_url;
use crate::config::table::abuse;

/// The service that tells people from programs (bot check).
#[derive(Debug, Clone)]
pub(crate) struct BotCheckService {
    /// Its URL.
    pub(crate) url: Url,
    /// The secret that authenticates this server there.
    pub(crate) secret: Secret,
}

impl BotCheckService {
    /// Picks this part from all settings; `None` when there is no bot check.
    ///
    /// # Errors
    ///
    /// A line about a URL that the egress rules block.
    pub(crate) fn read(settings: &Settings) -> Result<Option<Self>, String> {
        let Some(secret) = settings.get(&abuse::TURNSTILE_SECRET) else {
            return Ok(None);
        };
        let url = reachable_url(settings, &abuse::TURNSTILE_URL)?;
        Ok(Some(Self { url, secret }))
    }
}
