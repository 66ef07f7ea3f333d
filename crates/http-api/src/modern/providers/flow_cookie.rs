//! The flow-binding cookie that a browser keeps while it is at a provider (login CSRF).

use std::time::Duration;

use actix_web::{
    HttpRequest,
    cookie::{Cookie, CookieBuilder, SameSite, time},
};
use auth_domain::flow_binding::FlowBindingCookie;
use url::Url;

/// Each flow has a cookie of its own, so that several tabs do not get in each other's way.
const NAME: &str = "hasura-auth-flow";

/// How much of a state names its flow; states are random there.
const TAIL_CHARS: usize = 16;

/// How browsers are told to treat the cookie.
#[derive(Clone, Copy)]
pub(super) struct FlowCookies {
    is_secure: bool,
}

impl FlowCookies {
    /// Cookies of a server at this URL.
    pub(super) fn of(server_url: Option<&str>) -> Self {
        let url = server_url.and_then(|it| Url::parse(it).ok());
        let is_secure = url.is_some_and(|it| it.scheme() == "https");
        Self { is_secure }
    }

    /// A cookie that keeps `mark` while the flow of `state` goes on.
    pub(super) fn keeping(
        self,
        mark: &FlowBindingCookie,
        state: &str,
        ttl: Duration,
    ) -> Cookie<'static> {
        let seconds = i64::try_from(ttl.as_secs()).unwrap_or(i64::MAX);
        self.builder(state, mark.expose())
            .max_age(time::Duration::seconds(seconds))
            .finish()
    }

    /// What the browser kept of the flow of `state`.
    pub(super) fn kept(self, request: &HttpRequest, state: &str) -> Option<FlowBindingCookie> {
        let cookie = request.cookie(&self.name(state))?;
        Some(FlowBindingCookie::presented(cookie.value()))
    }

    /// A cookie that makes the browser forget the flow of `state`.
    pub(super) fn forgetting(self, state: &str) -> Cookie<'static> {
        let mut cookie = self.builder(state, "").finish();
        cookie.make_removal();
        cookie
    }

    /// Apple's answer is a `POST` from a page of Apple's, with which only a cookie for all sites
    /// comes along. Browsers accept such a cookie over TLS alone. With the prefix no other host of
    /// the same domain can set it (RFC 6265bis §4.1.3.2).
    fn builder(self, state: &str, value: &str) -> CookieBuilder<'static> {
        let same_site = if self.is_secure {
            SameSite::None
        } else {
            SameSite::Lax
        };
        Cookie::build(self.name(state), value.to_owned())
            .path("/")
            .http_only(true)
            .secure(self.is_secure)
            .same_site(same_site)
    }

    fn name(self, state: &str) -> String {
        let prefix = if self.is_secure { "__Host-" } else { "" };
        format!("{prefix}{NAME}-{}", tail(state))
    }
}

/// The last characters of a state; nothing if they do not fit into a cookie's name.
fn tail(state: &str) -> &str {
    let start = state.len().saturating_sub(TAIL_CHARS);
    let tail = state.get(start..).unwrap_or_default();
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if tail.bytes().all(fits) { tail } else { "" }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cookie(server_url: &str, state: &str) -> Cookie<'static> {
        let mark = FlowBindingCookie::new([1; 24]);
        FlowCookies::of(Some(server_url)).keeping(&mark, state, Duration::from_mins(10))
    }

    #[test]
    fn over_tls_the_cookie_comes_back_from_every_site_and_from_this_host_alone() {
        let cookie = cookie("HTTPS://auth.example.com/v1", "aaaa-0123456789abcdef");

        assert_eq!(cookie.name(), "__Host-hasura-auth-flow-0123456789abcdef");
        assert_eq!(cookie.secure(), Some(true));
        assert_eq!(cookie.http_only(), Some(true));
        assert_eq!(cookie.same_site(), Some(SameSite::None));
        assert_eq!(cookie.path(), Some("/"));
        assert_eq!(cookie.domain(), None);
        assert_eq!(cookie.max_age(), Some(time::Duration::minutes(10)));
    }

    #[test]
    fn without_tls_it_is_an_ordinary_cookie() {
        let cookie = cookie("http://localhost:4000", "short");

        assert_eq!(cookie.name(), "hasura-auth-flow-short");
        assert_ne!(cookie.secure(), Some(true));
        assert_eq!(cookie.same_site(), Some(SameSite::Lax));
    }

    #[test]
    fn no_state_breaks_out_of_the_name() {
        for state in ["x; Domain=evil", "0123456789\r\nabcdef", "ééééééééé", "a=b"] {
            assert_eq!(tail(state), "", "{state:?}");
        }
    }
}
