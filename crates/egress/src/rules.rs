//! Which requests are allowed.

use std::net::IpAddr;

use url::{Host, Url};

use crate::{address::is_public, error::EgressError};

/// What the operator allows beyond the public internet over TLS.
#[derive(Debug, Clone, Default)]
pub struct EgressRules {
    /// Hosts, as a URL names them, that may have a private address and need no TLS: names
    /// (`templates.internal`) or addresses (`10.0.0.7`, `[fd00::7]`). Exactly these; no subdomains.
    pub allowed_hosts: Vec<String>,
}

impl EgressRules {
    /// Checks a URL before anything is sent. The addresses of its host's name are checked once more
    /// after they are resolved.
    ///
    /// # Errors
    ///
    /// [`EgressError`] when no request would ever be sent there.
    pub fn check(&self, url: &Url) -> Result<(), EgressError> {
        let host = url.host().ok_or(EgressError::InvalidUrl)?;
        match url.scheme() {
            "https" | "http" if self.allows(&host.to_string()) => Ok(()),
            "https" if literal(&host).is_none_or(is_public) => Ok(()),
            "https" => Err(EgressError::PrivateAddress(host.to_string())),
            "http" => Err(EgressError::WithoutTls(host.to_string())),
            _ => Err(EgressError::InvalidUrl),
        }
    }

    /// Whether the operator named this host.
    pub(crate) fn allows(&self, host: &str) -> bool {
        let named = |allowed: &String| allowed.eq_ignore_ascii_case(host);
        self.allowed_hosts.iter().any(named)
    }
}

fn literal(host: &Host<&str>) -> Option<IpAddr> {
    match host {
        Host::Domain(_) => None,
        Host::Ipv4(address) => Some(IpAddr::V4(*address)),
        Host::Ipv6(address) => Some(IpAddr::V6(*address)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(url: &str, allowed: &[&str]) -> Result<(), EgressError> {
        let rules = EgressRules {
            allowed_hosts: allowed.iter().map(ToString::to_string).collect(),
        };
        rules.check(&url.parse().unwrap())
    }

    #[test]
    fn the_public_internet_is_reached_over_tls() {
        assert!(judged("https://example.com/", &[]).is_ok());
        assert!(judged("https://1.1.1.1/", &[]).is_ok());
        assert!(matches!(
            judged("http://example.com/", &[]),
            Err(EgressError::WithoutTls(host)) if host == "example.com"
        ));
    }

    #[test]
    fn a_private_address_is_refused_in_every_notation() {
        for url in [
            "https://127.0.0.1/",
            "https://0x7f.1/",
            "https://2130706433/",
            "https://0177.0.0.1/",
            "https://169.254.169.254/latest/meta-data",
            "https://[::1]/",
            "https://[::ffff:10.0.0.1]/",
        ] {
            let judged = judged(url, &["localhost", "127.0.0.2"]);
            assert!(
                matches!(judged, Err(EgressError::PrivateAddress(_))),
                "{url}"
            );
        }
    }

    #[test]
    fn a_host_that_was_named_may_be_private_and_go_without_tls() {
        assert!(judged("http://templates:8080/x", &["templates"]).is_ok());
        assert!(judged("http://TEMPLATES/", &["Templates"]).is_ok());
        assert!(judged("http://127.0.0.1:4001/", &["127.0.0.1"]).is_ok());
        assert!(judged("http://[::1]/", &["[::1]"]).is_ok());
    }

    #[test]
    fn a_named_host_allows_no_other() {
        for url in [
            "http://sub.templates/",
            "http://templates.example.com/",
            "http://nottemplates/",
            "http://templates@example.com/",
        ] {
            assert!(judged(url, &["templates"]).is_err(), "{url}");
        }
    }

    #[test]
    fn other_schemes_are_refused() {
        for url in [
            "file:///etc/passwd",
            "ftp://templates/",
            "data:,x",
            "gopher://templates/",
        ] {
            let judged = judged(url, &["templates"]);
            assert!(matches!(judged, Err(EgressError::InvalidUrl)), "{url}");
        }
    }
}
