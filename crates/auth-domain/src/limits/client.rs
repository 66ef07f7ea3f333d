//! The client's network, as the unit of rate limits.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

/// The bits of an IPv6 address that name a network: one client usually has all addresses in it (RFC
/// 6177 §2).
const NETWORK_BITS: u32 = 64;

/// The network of a client: an IPv4 address, or the first half of an IPv6 address.
///
/// Two spellings of one address are the same network, so a client has one count for both.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ClientNetwork(IpAddr);

impl ClientNetwork {
    /// The network is not known. All such requests share one count, so that they are not without a
    /// limit.
    pub const UNKNOWN: Self = Self(IpAddr::V4(Ipv4Addr::UNSPECIFIED));

    /// The network that `address` is in. An IPv4 address in an IPv6 one is the IPv4 address.
    #[must_use]
    pub fn of(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V6(address) => {
                let network = address.to_bits() >> NETWORK_BITS << NETWORK_BITS;
                IpAddr::V6(Ipv6Addr::from_bits(network))
            }
            v4 @ IpAddr::V4(_) => v4,
        })
    }
}

/// The network, for the key of a counter. It is personal data: it belongs into no log.
impl fmt::Display for ClientNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for ClientNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientNetwork(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(address: &str) -> ClientNetwork {
        ClientNetwork::of(address.parse().unwrap())
    }

    #[test]
    fn neighbours_in_one_ipv6_network_are_one_client() {
        let one = network("2001:db8:1:2::1");

        assert_eq!(one, network("2001:db8:1:2:ffff:ffff:ffff:ffff"));
        assert_eq!(one, network("2001:0DB8:0001:0002::0001"));
        assert_ne!(one, network("2001:db8:1:3::1"));
    }

    #[test]
    fn every_ipv4_address_is_a_client_of_its_own() {
        assert_ne!(network("192.0.2.1"), network("192.0.2.2"));
    }

    #[test]
    fn an_ipv4_address_written_as_ipv6_is_the_same_client() {
        assert_eq!(network("::ffff:192.0.2.1"), network("192.0.2.1"));
        assert_eq!(network("::ffff:c000:201"), network("192.0.2.1"));
    }

    #[test]
    fn its_debug_form_shows_no_address() {
        assert!(!format!("{:?}", network("192.0.2.1")).contains("192"));
    }
}
