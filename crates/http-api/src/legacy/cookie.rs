//! The session cookie.

use actix_web::cookie::{Cookie, CookieBuilder, SameSite, time::Duration};

use crate::settings::{LegacySettings, SameSiteRule};

/// A cookie that carries a session.
pub(super) fn carrying(token: &str, settings: &LegacySettings) -> Cookie<'static> {
    let seconds = i64::try_from(settings.session_age.as_secs()).unwrap_or(i64::MAX);
    builder(token, settings)
        .max_age(Duration::seconds(seconds))
        .finish()
}

/// A cookie that makes the browser forget the session.
pub(super) fn expired(settings: &LegacySettings) -> Cookie<'static> {
    let mut cookie = builder("", settings).finish();
    cookie.make_removal();
    cookie
}

fn builder(value: &str, settings: &LegacySettings) -> CookieBuilder<'static> {
    let same_site = match settings.cookie_same_site {
        SameSiteRule::Lax => SameSite::Lax,
        SameSiteRule::None => SameSite::None,
    };
    let cookie = Cookie::build(settings.cookie_name.clone(), value.to_owned())
        .path("/")
        .http_only(true)
        .secure(settings.cookie_secure)
        .same_site(same_site);
    match &settings.cookie_domain {
        Some(domain) => cookie.domain(domain.clone()),
        None => cookie,
    }
}
