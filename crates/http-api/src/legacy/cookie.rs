//! The session cookie, and which pages may use it (CSRF, login CSRF).
//!
//! A browser sends and keeps it for any page. An attacker's page could act as the user with it
//! (CSRF), or put the session of another account in its place (login CSRF).

use std::future::{Ready, ready};

use actix_web::{
    FromRequest, HttpRequest,
    cookie::{Cookie, CookieBuilder, SameSite, time::Duration},
    dev::Payload,
    http::header::HOST,
    web::Data,
};
use url::Url;

use crate::{
    asking_page::AskingPage,
    direct_request::is_loopback_host,
    settings::{LegacySettings, SameSiteRule},
    state::AppState,
};

/// The cookie, as far as the page may use it that sent the request: a page of this server or of an
/// allowed client in every way, another one in none. Programs are no pages.
pub(crate) struct SessionCookie(Option<Data<AppState>>);

impl FromRequest for SessionCookie {
    type Error = std::convert::Infallible;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        ready(Ok(Self::of(request)))
    }
}

impl SessionCookie {
    pub(super) fn of(request: &HttpRequest) -> Self {
        let state = request.app_data::<Data<AppState>>();
        Self(state.filter(|it| may_use_it(request, it)).cloned())
    }

    /// The session that came with it.
    pub(super) fn token(&self, request: &HttpRequest) -> Option<String> {
        let cookie = request.cookie(&self.settings()?.cookie_name)?;
        Some(cookie.value().to_owned()).filter(|it| !it.is_empty())
    }

    /// A cookie that carries a session.
    pub(super) fn carrying(&self, token: &str) -> Option<Cookie<'static>> {
        self.settings().map(|it| carrying(token, it))
    }

    /// A cookie that makes the browser forget the session.
    pub(super) fn expired(&self) -> Option<Cookie<'static>> {
        self.settings().map(expired)
    }

    fn settings(&self) -> Option<&LegacySettings> {
        self.0.as_ref().map(|it| &it.settings().legacy)
    }
}

fn may_use_it(request: &HttpRequest, state: &AppState) -> bool {
    let settings = state.settings();
    let is_here = |origin: &str| {
        let host = request.headers().get(HOST).and_then(|it| it.to_str().ok());
        host.is_some_and(|it| is_of_host(origin, it, settings.legacy.cookie_secure))
            || (settings.server_url.as_deref()).is_some_and(|it| same_origin(origin, it))
    };
    match AskingPage::of(request.headers()) {
        AskingPage::None | AskingPage::Own => true,
        AskingPage::Of(origin) => state.redirects().allows_origin(&origin) || is_here(&origin),
        AskingPage::Hidden => false,
    }
}

/// Whether a page of this origin comes from the requested host. A cookie for TLS alone is not for
/// the unencrypted pages of that host, which an attacker on the network can write; a loopback host
/// has no network in between.
fn is_of_host(origin: &str, host: &str, secure: bool) -> bool {
    match origin.split_once("://") {
        Some(("https", authority)) => authority == host,
        Some(("http", authority)) => authority == host && (!secure || is_loopback_host(authority)),
        _ => false,
    }
}

fn same_origin(left: &str, right: &str) -> bool {
    match (Url::parse(left), Url::parse(right)) {
        (Ok(left), Ok(right)) => left.origin() == right.origin(),
        _ => false,
    }
}

fn carrying(token: &str, settings: &LegacySettings) -> Cookie<'static> {
    let seconds = i64::try_from(settings.session_age.as_secs()).unwrap_or(i64::MAX);
    builder(token, settings)
        .max_age(Duration::seconds(seconds))
        .finish()
}

fn expired(settings: &LegacySettings) -> Cookie<'static> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_of_the_same_host_counts_only_over_tls() {
        let host = "auth.example.com";

        assert!(is_of_host("https://auth.example.com", host, true));
        assert!(!is_of_host("http://auth.example.com", host, true));
        assert!(!is_of_host("ftp://auth.example.com", host, false));
        assert!(!is_of_host("https://evil.example", host, true));
    }

    #[test]
    fn a_cookie_without_tls_is_for_pages_without_tls() {
        assert!(is_of_host(
            "http://auth.example.com",
            "auth.example.com",
            false
        ));
        assert!(is_of_host("http://127.0.0.1:4000", "127.0.0.1:4000", true));
    }
}
