//! The HTTP API.

use http_api::{ApiSettings, LegacySettings, SameSiteRule, TrustedProxies};
use settings::Settings;

use super::server::server_url;
use crate::config::{
    derived::has_landing_page,
    table::{email, legacy, server},
};

/// The versions and forms of the API's answers.
///
/// # Errors
///
/// A line about a proxy without an address, or a cookie that browsers would refuse.
pub(crate) fn api(settings: &Settings) -> Result<ApiSettings, String> {
    let proxies = TrustedProxies::parse(&settings.list(&server::TRUSTED_PROXIES));
    Ok(ApiSettings {
        prefix: settings.get(&server::API_PREFIX).unwrap_or_default(),
        conceal_errors: settings.get(&server::CONCEAL_ERRORS),
        confirm_links: settings.get(&email::LINK_CONFIRM),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        trusted_proxies: settings.named(&server::TRUSTED_PROXIES, proxies)?,
        compat: settings.get(&server::COMPAT),
        server_url: Some(server_url(settings)).filter(|it| !it.is_empty()),
        console: settings.get(&server::CONSOLE_ENABLED),
        landing: has_landing_page(settings),
        change_env: settings.get(&server::ENABLE_CHANGE_ENV),
        legacy: session_cookie(settings)?,
    })
}

/// The cookie that carries a session of the legacy API.
fn session_cookie(settings: &Settings) -> Result<LegacySettings, String> {
    let cookie = LegacySettings {
        cookie_name: settings.get(&legacy::COOKIE_NAME),
        cookie_domain: settings.get(&legacy::COOKIE_DOMAIN),
        cookie_secure: settings.get(&legacy::COOKIE_SECURE),
        cookie_same_site: settings.get(&legacy::COOKIE_SAME_SITE),
        session_age: settings.get(&legacy::SESSION_AGE),
    };
    if cookie.cookie_same_site == SameSiteRule::None && !cookie.cookie_secure {
        let same_site = settings.name(&legacy::COOKIE_SAME_SITE);
        let secure = settings.name(&legacy::COOKIE_SECURE);
        return Err(format!(
            "{same_site} is none while {secure} is false, and browsers drop such a cookie; \
             change one of them"
        ));
    }
    Ok(cookie)
}
