//! The device of a session, as its owner is shown it.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use crate::user::disturbs_reading;

/// The longest name of a program that is kept, in characters.
const USER_AGENT_MAX_CHARS: usize = 256;

/// What is known of the program that uses a session, and of its network.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Device {
    /// How the program calls itself.
    pub user_agent: Option<UserAgent>,
    /// The block that its address is in.
    pub network: Option<AddressBlock>,
}

/// The `User-Agent` of a program: printable text of 256 characters at most. It can say anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserAgent(String);

impl UserAgent {
    /// The printable part of `text`; `None` if there is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let printable = text.chars().filter(|it| !disturbs_reading(*it));
        let kept: String = printable.take(USER_AGENT_MAX_CHARS).collect();
        let kept = kept.trim();
        (!kept.is_empty()).then(|| Self(kept.to_owned()))
    }

    /// A name that a store holds. For stores only.
    #[must_use]
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The block of addresses around a client's: enough for the owner to recognise a place, too large
/// to identify another person. The first 24 bits of an IPv4 address, or 48 of an IPv6 address,
/// which is what one site has (RFC 6177 §2).
#[derive(Clone, PartialEq, Eq)]
pub struct AddressBlock(String);

impl AddressBlock {
    /// The block that `address` is in. An IPv4 address in an IPv6 one is the IPv4 address.
    #[must_use]
    pub fn around(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V4(address) => {
                let block = Ipv4Addr::from_bits(address.to_bits() & 0xffff_ff00);
                format!("{block}/24")
            }
            IpAddr::V6(address) => {
                let block = Ipv6Addr::from_bits(address.to_bits() >> 80 << 80);
                format!("{block}/48")
            }
        })
    }

    /// A block that a store holds. For stores only.
    #[must_use]
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The block in the notation of RFC 4632 and RFC 4291, for the owner of the session. It is
    /// personal data: it belongs into no log.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for AddressBlock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AddressBlock(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(address: &str) -> String {
        let block = AddressBlock::around(address.parse().unwrap());
        block.as_str().to_owned()
    }

    #[test]
    fn an_address_is_cut_short() {
        assert_eq!(block("192.0.2.77"), "192.0.2.0/24");
        assert_eq!(block("::ffff:192.0.2.77"), "192.0.2.0/24");
        assert_eq!(block("2001:db8:1:2:3:4:5:6"), "2001:db8:1::/48");
    }

    #[test]
    fn the_name_of_a_program_is_kept_short_and_printable() {
        let name = |text: &str| UserAgent::parse(text).map(|it| it.0);

        assert_eq!(name(" Firefox\r\n/1.0 "), Some("Firefox/1.0".to_owned()));
        assert_eq!(name(&"ü".repeat(300)), Some("ü".repeat(256)));
        assert_eq!(name("\t \n"), None);
    }
}
