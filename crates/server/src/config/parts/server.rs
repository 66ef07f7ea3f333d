//! The HTTP server and the process.

use std::{net::IpAddr, path::PathBuf, time::Duration};

use http_api::{Compat, TrustedProxies};

use crate::config::{
    derived::has_landing_page,
    settings::Settings,
    table::{email, server},
};

/// The HTTP server and the process.
#[derive(Debug, Clone)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent switches of an installation"
)]
pub(crate) struct ServerSettings {
    /// Name or address to listen on, without port.
    pub(crate) host: String,
    /// Port to listen on; 0 for any free one.
    pub(crate) port: u16,
    /// What all paths begin with: empty, or a path that begins with a slash and ends without.
    pub(crate) api_prefix: String,
    /// Where clients reach this server, without a slash at the end.
    pub(crate) url: String,
    /// Folder for what the server makes itself.
    pub(crate) data_dir: PathBuf,
    /// How long requests under way may take after the server was told to stop.
    pub(crate) shutdown_timeout: Duration,
    /// How long a connection without a request stays open; zero for one request each.
    pub(crate) keep_alive: Duration,
    /// Whether the link of a mail asks to be followed by a person.
    pub(crate) confirm_links: bool,
    /// Whether answers hide which of several things was wrong.
    pub(crate) conceal_errors: bool,
    /// Whose word on a client's address is taken.
    pub(crate) trusted_proxies: TrustedProxies,
    /// Which version of Hasura Auth answers look like.
    pub(crate) compat: Compat,
    /// Whether the API console is served.
    pub(crate) console_enabled: bool,
    /// Whether links lead to a page of this server, because no application is configured.
    pub(crate) landing_page: bool,
    /// Whether settings may be changed while the server serves; for tests only.
    pub(crate) change_env_enabled: bool,
}

/// What all paths begin with: empty, or with a slash at its beginning and none at its end. Hasura Auth
/// takes it with any number of slashes.
pub(in crate::config) fn api_prefix(settings: &Settings) -> String {
    let text = settings.text(&server::API_PREFIX).unwrap_or_default();
    let steps = text.split('/').filter(|it| !it.is_empty());
    steps.flat_map(|step| ["/", step]).collect()
}

/// Whether nothing but this machine reaches a server that listens on `host`. A name that would have
/// to be looked up may lead anywhere.
pub(crate) fn is_loopback(host: &str) -> bool {
    let address = host.parse::<IpAddr>().map(|it| it.to_canonical());
    address.map_or_else(
        |_name| host.eq_ignore_ascii_case("localhost"),
        |address| address.is_loopback(),
    )
}

impl ServerSettings {
    /// Picks this part from all settings.
    ///
    /// # Errors
    ///
    /// A line about a proxy that has no address, or a choice without a meaning.
    pub(crate) fn read(settings: &Settings) -> Result<Self, String> {
        let proxies = TrustedProxies::parse(settings.list(&server::TRUSTED_PROXIES));
        let named = |error| format!("{}: {error}", settings.name(&server::TRUSTED_PROXIES));
        let versions = [("0.42", Compat::V0_42), ("latest", Compat::Latest)];
        let text = |setting| settings.text(setting).unwrap_or_default().to_owned();
        Ok(Self {
            host: text(&server::HOST),
            port: settings.number(&server::PORT),
            api_prefix: api_prefix(settings),
            url: text(&server::URL).trim_end_matches('/').to_owned(),
            data_dir: text(&server::DATA_DIR).into(),
            shutdown_timeout: settings.duration(&server::SHUTDOWN_TIMEOUT),
            keep_alive: settings.duration(&server::KEEP_ALIVE),
            confirm_links: settings.flag(&email::LINK_CONFIRM),
            conceal_errors: settings.flag(&server::CONCEAL_ERRORS),
            trusted_proxies: proxies.map_err(named)?,
            compat: settings.choice(&server::COMPAT, &versions)?,
            console_enabled: settings.flag(&server::CONSOLE_ENABLED),
            landing_page: has_landing_page(settings),
            change_env_enabled: settings.flag(&server::ENABLE_CHANGE_ENV),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_this_machine_are_loopback() {
        for host in [
            "127.0.0.1",
            "127.1.2.3",
            "::1",
            "::ffff:127.0.0.1",
            "localhost",
            "LocalHost",
        ] {
            assert!(is_loopback(host), "{host}");
        }
        for host in [
            "",
            "0.0.0.0",
            "::",
            "10.0.0.1",
            "::ffff:10.0.0.1",
            "auth.internal",
            "localhost.x",
        ] {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
