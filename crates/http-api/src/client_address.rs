//! Which client a request comes from, against spoofed addresses.
//!
//! Any client can write `X-Forwarded-For` (spoofing). Each proxy appends the address it was
//! connected from, so only what trusted proxies appended can be believed: the header is read from
//! the right, past trusted proxies, up to the first address that is none of them.

use std::net::{IpAddr, SocketAddr};

use actix_web::{
    dev::RequestHead,
    http::header::{HeaderMap, HeaderName, HeaderValue},
};
use auth_domain::limits::ClientNetwork;
use ipnet::IpNet;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The proxies whose `X-Forwarded-For` is believed; none by default.
#[derive(Debug, Clone, Default)]
pub struct TrustedProxies(Vec<IpNet>);

/// The text names no address and no network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an IP address and not a network such as 10.0.0.0/8")]
pub struct InvalidProxy;

impl TrustedProxies {
    /// The proxies with these addresses (`10.0.0.7`) or in these networks (`10.0.0.0/8`,
    /// `fd00::/8`).
    ///
    /// # Errors
    ///
    /// [`InvalidProxy`] when one of them is neither.
    pub fn parse(proxies: &[String]) -> Result<Self, InvalidProxy> {
        let networks = proxies.iter().map(|it| parse_network(it));
        networks.collect::<Result<_, _>>().map(Self)
    }

    fn contain(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }

    /// Whether one of them sent a request.
    pub(crate) fn sent(&self, request: &RequestHead) -> bool {
        let peer = request.peer_addr.map(|it| it.ip().to_canonical());
        peer.is_some_and(|it| self.contain(it))
    }

    /// The client that sent a request.
    ///
    /// A part of the header that is no address ends the reading: the client is then the last
    /// address before it, the peer's if there is none.
    pub(crate) fn client_of(&self, request: &RequestHead) -> ClientNetwork {
        let address = self.address_of(request);
        address.map_or(ClientNetwork::UNKNOWN, ClientNetwork::of)
    }

    /// The address of the client that sent a request, if there is one.
    pub(crate) fn address_of(&self, request: &RequestHead) -> Option<IpAddr> {
        let peer = request.peer_addr?;
        Some(self.client_behind(peer.ip(), &request.headers))
    }

    fn client_behind(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = peer.to_canonical();
        let lines: Vec<&HeaderValue> = headers.get_all(FORWARDED_FOR).collect();
        let hops = lines.into_iter().rev().flat_map(hops_from_the_right);
        for hop in hops {
            if !self.contain(client) {
                break;
            }
            match hop {
                Some(address) => client = address,
                None => break,
            }
        }
        client
    }
}

fn parse_network(text: &str) -> Result<IpNet, InvalidProxy> {
    match text.parse::<IpAddr>() {
        Ok(address) => Ok(IpNet::from(address.to_canonical())),
        Err(_) => text.parse().map_err(|_neither| InvalidProxy),
    }
}

/// The addresses of one header line; `None` for what is none.
fn hops_from_the_right(line: &HeaderValue) -> Vec<Option<IpAddr>> {
    match line.to_str() {
        Ok(text) => text.rsplit(',').map(|it| hop(it.trim())).collect(),
        Err(_) => vec![None],
    }
}

/// An address, perhaps with the port or the brackets that some proxies add.
fn hop(text: &str) -> Option<IpAddr> {
    let inner = text.strip_prefix('[').and_then(|it| it.strip_suffix(']'));
    let plain = inner.unwrap_or(text).parse::<IpAddr>();
    let with_port = || text.parse::<SocketAddr>().map(|it| it.ip());
    let address = plain.or_else(|_| with_port()).ok()?;
    Some(address.to_canonical())
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    const PROXY: &str = "10.0.0.7";

    fn proxies(networks: &[&str]) -> TrustedProxies {
        let networks: Vec<_> = networks.iter().map(ToString::to_string).collect();
        TrustedProxies::parse(&networks).unwrap()
    }

    /// The client of a request from `peer` with these header lines.
    fn client(trusted: &[&str], peer: &str, lines: &[&str]) -> ClientNetwork {
        let peer = SocketAddr::new(peer.parse().unwrap(), 4711);
        let mut request = TestRequest::get().peer_addr(peer);
        for line in lines {
            request = request.append_header((FORWARDED_FOR, *line));
        }
        proxies(trusted).client_of(request.to_srv_request().head())
    }

    fn network(address: &str) -> ClientNetwork {
        ClientNetwork::of(address.parse().unwrap())
    }

    #[test]
    fn without_trusted_proxies_the_header_is_nobodys_word() {
        let client = client(&[], "203.0.113.9", &["192.0.2.1"]);

        assert_eq!(client, network("203.0.113.9"));
    }

    #[test]
    fn a_client_that_is_no_proxy_cannot_name_another_address() {
        let client = client(&[PROXY], "203.0.113.9", &["192.0.2.1"]);

        assert_eq!(client, network("203.0.113.9"));
    }

    #[test]
    fn a_trusted_proxy_names_its_client() {
        assert_eq!(
            client(&[PROXY], PROXY, &["192.0.2.1"]),
            network("192.0.2.1")
        );
        assert_eq!(
            client(&["10.0.0.0/8"], PROXY, &["192.0.2.1"]),
            network("192.0.2.1")
        );
    }

    #[test]
    fn what_a_client_wrote_left_of_its_address_changes_nothing() {
        let spoofed = client(&[PROXY], PROXY, &["198.51.100.1, 192.0.2.1"]);
        let in_a_line_of_its_own = client(&[PROXY], PROXY, &["198.51.100.1", "192.0.2.1"]);
        let as_a_proxy = client(&[PROXY], PROXY, &["198.51.100.1, 10.0.0.7, 192.0.2.1"]);

        assert_eq!(spoofed, network("192.0.2.1"));
        assert_eq!(in_a_line_of_its_own, network("192.0.2.1"));
        assert_eq!(as_a_proxy, network("192.0.2.1"));
    }

    #[test]
    fn trusted_proxies_in_a_row_are_skipped() {
        let trusted = ["10.0.0.0/8", "2001:db8:aaaa::/48"];
        let header = "198.51.100.1, 192.0.2.1, 2001:db8:aaaa::1, 10.1.1.1";

        assert_eq!(client(&trusted, PROXY, &[header]), network("192.0.2.1"));
    }

    #[test]
    fn with_nothing_but_proxies_the_farthest_one_is_the_client() {
        assert_eq!(
            client(&["10.0.0.0/8"], PROXY, &["10.0.0.1, 10.0.0.2"]),
            network("10.0.0.1")
        );
        assert_eq!(client(&[PROXY], PROXY, &[]), network(PROXY));
    }

    #[test]
    fn garbage_ends_the_reading_and_never_the_limit() {
        for garbage in [
            "",
            ",",
            "unknown",
            "192.0.2.1, x",
            "192.0.2.1,",
            "1.2.3",
            "\u{e9}",
        ] {
            let client = client(&[PROXY], PROXY, &[garbage]);
            assert_eq!(client, network(PROXY), "{garbage:?}");
        }
        assert_eq!(
            client(&["10.0.0.0/8"], PROXY, &["192.0.2.1, x, 10.0.0.1"]),
            network("10.0.0.1")
        );
    }

    #[test]
    fn ports_and_brackets_do_not_make_another_client() {
        for spelling in ["192.0.2.1:80", "192.0.2.1:81", "::ffff:192.0.2.1"] {
            let client = client(&[PROXY], PROXY, &[spelling]);
            assert_eq!(client, network("192.0.2.1"), "{spelling}");
        }
        for spelling in ["[2001:db8::1]:80", "[2001:db8::1]", "2001:DB8::2"] {
            let client = client(&[PROXY], PROXY, &[spelling]);
            assert_eq!(client, network("2001:db8::"), "{spelling}");
        }
    }

    #[test]
    fn a_proxy_is_known_in_the_ipv6_form_of_its_ipv4_address() {
        let header = ["192.0.2.1"];

        assert_eq!(
            client(&[PROXY], "::ffff:10.0.0.7", &header),
            network("192.0.2.1")
        );
        assert_eq!(
            client(&["::ffff:10.0.0.7"], PROXY, &header),
            network("192.0.2.1")
        );
    }

    #[test]
    fn nobody_is_trusted_by_a_typing_error() {
        for text in ["10.0.0.0/33", "proxy", "10.0.0", "", "10.0.0.1-10.0.0.9"] {
            let parsed = TrustedProxies::parse(&[text.to_owned()]);
            assert!(parsed.is_err(), "{text}");
        }
    }
}
