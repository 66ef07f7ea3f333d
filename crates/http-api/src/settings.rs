//! Settings of the wire.

use std::time::Duration;

use crate::{client_address::TrustedProxies, compat::Compat};

/// Settings of the HTTP API.
#[derive(Debug, Clone)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent switches of an installation"
)]
pub struct ApiSettings {
    /// In front of every modern route: empty, or a path like `/v1` without a slash at its end.
    pub prefix: String,
    /// Replaces errors that tell whether an account exists (user enumeration) by `invalid-request`.
    pub conceal_errors: bool,
    /// Whether the link of a mail opens a page with a button, so that scanners of mail, which
    /// follow links, cannot use it up.
    pub confirm_links: bool,
    /// What `GET /version` answers.
    pub version: String,
    /// The URL clients reach this server at, if it is known; pages of its origin may use the
    /// session cookie.
    pub server_url: Option<String>,
    /// The proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: TrustedProxies,
    /// Which version of the original answers look like.
    pub compat: Compat,
    /// Whether the API console is served.
    pub console: bool,
    /// Whether the landing page is served in place of an application.
    pub landing: bool,
    /// Whether settings may be changed through `POST /change-env`. For tests only.
    pub change_env: bool,
    /// Settings of the legacy generation.
    pub legacy: LegacySettings,
}

/// Settings of the legacy generation's session cookie.
#[derive(Debug, Clone)]
pub struct LegacySettings {
    /// Its name.
    pub cookie_name: String,
    /// Its domain; `None` keeps it to the host that set it.
    pub cookie_domain: Option<String>,
    /// Whether browsers may send it over TLS only.
    pub cookie_secure: bool,
    /// Whether browsers may send it from pages of other sites.
    pub cookie_same_site: SameSiteRule,
    /// For how long browsers keep it; the same as the session's life.
    pub session_age: Duration,
}

/// From which pages a browser sends the session cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SameSiteRule {
    /// From pages of the same site, and on top-level navigation.
    Lax,
    /// From every page; needs a secure cookie.
    None,
}

#[cfg(test)]
impl ApiSettings {
    /// Those of a test: nothing but the API, behind this prefix.
    pub(crate) fn behind(prefix: &str) -> Self {
        Self {
            prefix: prefix.to_owned(),
            conceal_errors: false,
            confirm_links: false,
            version: "1.2.3".to_owned(),
            server_url: None,
            console: false,
            landing: false,
            change_env: false,
            trusted_proxies: TrustedProxies::default(),
            compat: Compat::default(),
            legacy: LegacySettings {
                cookie_name: "sid".to_owned(),
                cookie_domain: None,
                cookie_secure: true,
                cookie_same_site: SameSiteRule::Lax,
                session_age: Duration::from_mins(1),
            },
        }
    }
}
