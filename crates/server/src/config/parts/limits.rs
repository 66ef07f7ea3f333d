//! Rate limits.

use std::time::Duration;

use auth_domain::limits::RateLimit;
use http_api::RequestLimits;
use redis_counter::RedisUrl;
use settings::{Setting, Settings};

use crate::config::table::{abuse, accounts, server};

/// Rate limits.
#[derive(Debug, Clone)]
pub(crate) struct Limits {
    /// Requests of one client.
    pub(crate) requests: RequestLimits,
    /// Failed attempts to sign in to one account.
    pub(crate) wrong_attempts: RateLimit,
    /// Messages of one kind to one mailbox or phone.
    pub(crate) mails: RateLimit,
    /// The shared store of counters for several servers, if there is one.
    pub(crate) redis: Option<Redis>,
}

/// A shared store of counters.
#[derive(Debug, Clone)]
pub(crate) struct Redis {
    /// Its URL.
    pub(crate) url: RedisUrl,
    /// The prefix of its keys.
    pub(crate) prefix: String,
}

impl Limits {
    /// Picks this part from all settings; `None` for no limits.
    ///
    /// # Errors
    ///
    /// A line about a window of no length, or a URL that is none.
    pub(crate) fn read(
        settings: &Settings,
        warnings: &mut Vec<String>,
    ) -> Result<Option<Self>, String> {
        if !settings.get(&abuse::ENABLED) {
            return Ok(None);
        }
        warnings.extend(advice(settings));
        let limit = |burst, interval| limit(settings, burst, interval);
        Ok(Some(Self {
            requests: RequestLimits {
                global: limit(&abuse::GLOBAL_BURST, &abuse::GLOBAL_INTERVAL)?,
                email: limit(&abuse::EMAIL_BURST, &abuse::EMAIL_INTERVAL)?,
                email_is_global: settings.get(&abuse::EMAIL_IS_GLOBAL),
                sign_up_sends_mail: settings.get(&accounts::EMAIL_VERIFICATION_REQUIRED),
                sms: limit(&abuse::SMS_BURST, &abuse::SMS_INTERVAL)?,
                brute_force: limit(&abuse::BRUTE_FORCE_BURST, &abuse::BRUTE_FORCE_INTERVAL)?,
                sign_ups: limit(&abuse::SIGNUPS_BURST, &abuse::SIGNUPS_INTERVAL)?,
                oauth2_server: limit(&abuse::OAUTH2_SERVER_BURST, &abuse::OAUTH2_SERVER_INTERVAL)?,
            },
            wrong_attempts: limit(&abuse::ACCOUNT_BURST, &abuse::ACCOUNT_INTERVAL)?,
            mails: limit(&abuse::RECIPIENT_BURST, &abuse::RECIPIENT_INTERVAL)?,
            redis: redis(settings)?,
        }))
    }
}

fn redis(settings: &Settings) -> Result<Option<Redis>, String> {
    let url = settings.checked(&abuse::REDIS_URL)?;
    Ok(url.map(|url| Redis {
        url,
        prefix: settings.get(&abuse::REDIS_PREFIX),
    }))
}

fn limit(
    settings: &Settings,
    burst: &Setting<u32>,
    interval: &Setting<Duration>,
) -> Result<RateLimit, String> {
    let window = settings.get(interval);
    if window.is_zero() {
        let name = settings.name(interval);
        return Err(format!(
            "{name} is no time at all, so nothing would be limited"
        ));
    }
    Ok(RateLimit::new(settings.get(burst), window))
}

/// Spoofing: Hasura Auth believes every `X-Forwarded-For`, this server only that of trusted proxies.
fn advice(settings: &Settings) -> Option<String> {
    let proxies = &server::TRUSTED_PROXIES;
    (!settings.is_set(proxies)).then(|| {
        format!(
            "{} is on while {} is not set: behind a proxy all clients count as one; \
             set it to the proxy's address, or to 127.0.0.1 if there is none",
            settings.name(&abuse::ENABLED),
            proxies.variable
        )
    })
}
