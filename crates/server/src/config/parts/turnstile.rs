//! Telling people from programs.

use auth_domain::secret::Secret;
use settings::Settings;
use url::Url;

use super::outgoing::reachable_url;
use crate::config::table::abuse;

/// The service that tells people from programs.
#[derive(Debug, Clone)]
pub(crate) struct BotCheckService {
    /// Where it is.
    pub(crate) url: Url,
    /// What this server proves itself with.
    pub(crate) secret: Secret,
}

impl BotCheckService {
    /// Picks this part from all settings; `None` when nobody is to be asked.
    ///
    /// # Errors
    ///
    /// A line about a URL that no request may go to.
    pub(crate) fn read(settings: &Settings) -> Result<Option<Self>, String> {
        let Some(secret) = settings.get(&abuse::TURNSTILE_SECRET) else {
            return Ok(None);
        };
        let url = reachable_url(settings, &abuse::TURNSTILE_URL)?;
        Ok(Some(Self { url, secret }))
    }
}
