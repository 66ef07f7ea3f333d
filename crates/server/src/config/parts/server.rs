//! The HTTP server and the process.

use std::{net::IpAddr, path::PathBuf, time::Duration};

use settings::Settings;

use crate::config::table::server;

/// The HTTP server and the process.
#[derive(Debug, Clone)]
pub(crate) struct ServerSettings {
    /// Name or address to listen on, without port.
    pub(crate) host: String,
    /// Port to listen on; 0 for any free one.
    pub(crate) port: u16,
    /// The URL at which clients reach this server, without a slash at the end.
    pub(crate) url: String,
    /// Folder for the server's own files.
    pub(crate) data_dir: PathBuf,
    /// How long requests under way may take after a shutdown began.
    pub(crate) shutdown_timeout: Duration,
    /// The keep-alive time of an idle connection; zero for one request each.
    pub(crate) keep_alive: Duration,
}

impl ServerSettings {
    /// Picks this part from all settings.
    pub(crate) fn read(settings: &Settings) -> Self {
        Self {
            host: settings.get(&server::HOST),
            port: settings.get(&server::PORT),
            url: server_url(settings),
            data_dir: settings.get(&server::DATA_DIR),
            shutdown_timeout: settings.get(&server::SHUTDOWN_TIMEOUT),
            keep_alive: settings.get(&server::KEEP_ALIVE),
        }
    }
}

/// The URL at which clients reach this server, without a slash at the end.
pub(super) fn server_url(settings: &Settings) -> String {
    let url = settings.get(&server::URL);
    url.trim_end_matches('/').to_owned()
}

/// Whether only this machine reaches a server that listens on `host`. A name that needs DNS may resolve
/// to any address.
pub(crate) fn is_loopback(host: &str) -> bool {
    let address = host.parse::<IpAddr>().map(|it| it.to_canonical());
    address.map_or_else(
        |_name| host.eq_ignore_ascii_case("localhost"),
        |address| address.is_loopback(),
    )
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
