//! The token of a legacy request: bearer first, then cookie.

use std::future::{Ready, ready};

use actix_web::{
    FromRequest, HttpRequest,
    dev::Payload,
    http::header::{self, HeaderName},
    web::Data,
};
use url::Url;

use super::LegacyError;
use crate::{extract::bearer::bearer, outbox::is_loopback_host, state::AppState};

/// The token of an endpoint that needs a session; whether it is good is still to be asked.
pub(crate) struct SessionToken(pub(crate) String);

impl FromRequest for SessionToken {
    type Error = LegacyError;
    type Future = Ready<Result<Self, LegacyError>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let token = bearer(request)
            .map(ToOwned::to_owned)
            .or_else(|| from_cookie(request));
        ready(token.map(Self).ok_or_else(LegacyError::no_session))
    }
}

fn from_cookie(request: &HttpRequest) -> Option<String> {
    let state = request.app_data::<Data<AppState>>()?;
    if !may_use_cookie(request, state) {
        return None;
    }
    let cookie = request.cookie(&state.settings().legacy.cookie_name)?;
    Some(cookie.value().to_owned()).filter(|it| !it.is_empty())
}

/// A browser sends the cookie whichever page asks. It counts only for pages of this server and of
/// allowed clients; a page from anywhere else could otherwise act as the user (CSRF).
fn may_use_cookie(request: &HttpRequest, state: &AppState) -> bool {
    let Some(origin) = text(request, header::ORIGIN) else {
        return true;
    };
    let secure = state.settings().legacy.cookie_secure;
    state.redirects().allows_origin(origin)
        || text(request, header::HOST).is_some_and(|host| is_own(origin, host, secure))
        || state
            .settings()
            .server_url
            .as_deref()
            .is_some_and(|it| same_origin(origin, it))
}

fn text(request: &HttpRequest, name: HeaderName) -> Option<&str> {
    request.headers().get(name)?.to_str().ok()
}

/// Whether a page of this origin comes from the host that is asked. A cookie that is for TLS alone
/// is not for the unprotected pages of that host, which anybody on the way can write; on this
/// machine nobody is on the way.
fn is_own(origin: &str, host: &str, secure: bool) -> bool {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_of_the_same_host_counts_only_over_tls() {
        assert!(is_own("https://auth.example.com", "auth.example.com", true));
        assert!(!is_own("http://auth.example.com", "auth.example.com", true));
        assert!(!is_own("ftp://auth.example.com", "auth.example.com", false));
        assert!(!is_own("https://evil.example", "auth.example.com", true));
    }

    #[test]
    fn a_cookie_without_tls_is_for_pages_without_tls() {
        assert!(is_own("http://auth.example.com", "auth.example.com", false));
        assert!(is_own("http://127.0.0.1:4000", "127.0.0.1:4000", true));
    }
}
