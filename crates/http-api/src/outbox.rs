//! The development outbox, shown to the operator who tries the server on their own machine.
//!
//! Its mails hold links that sign in. It is served only where the settings ask for it, only to
//! clients on the same machine, never through a proxy or to a page
//! ([`is_direct`](crate::direct_request::is_direct)), and only with the key of the link that the
//! server prints: neither a page nor a proxy has it.

pub(crate) mod page;

use std::fmt;

use actix_web::cookie::{Cookie, SameSite};
use auth_domain::secret::Secret;
use data_encoding::BASE64URL_NOPAD;
use pages::outbox;
use serde_json::Value;
use subtle::ConstantTimeEq;

/// Where it is served, whatever the prefix of the API.
pub(crate) const PATH: &str = "/dev/outbox";

/// The parameter of the printed link that holds the key.
const PARAMETER: &str = "key";

/// The cookie that holds the key from then on.
const COOKIE: &str = "hasura-auth-outbox";

/// Messages that were kept instead of being sent.
pub trait Outbox: Send + Sync {
    /// The last messages, the oldest first.
    fn messages(&self) -> Vec<KeptMessage>;
}

/// A message that was kept.
pub struct KeptMessage {
    /// What the page shows of it.
    pub shown: outbox::Message,
    /// What programs get of it.
    pub data: Value,
}

/// The key that opens the outbox.
#[derive(Clone, PartialEq, Eq)]
pub struct OutboxKey(Secret);

impl OutboxKey {
    /// A key of random bytes.
    #[must_use]
    pub fn new(random: [u8; 24]) -> Self {
        Self(Secret::new(BASE64URL_NOPAD.encode(&random)))
    }

    /// The link to the outbox of a server with this origin (`http://127.0.0.1:4000`), for the
    /// operator alone.
    #[must_use]
    pub fn link(&self, origin: &str) -> String {
        format!("{origin}{PATH}?{PARAMETER}={}", self.0.expose())
    }

    /// Whether `text` is this key, in constant time for every text of its length (timing attack).
    fn is(&self, text: &str) -> bool {
        text.as_bytes().ct_eq(self.0.expose().as_bytes()).into()
    }

    /// A cookie that browsers send with no request of another site (CSRF), until they are closed.
    fn cookie(&self) -> Cookie<'static> {
        Cookie::build(COOKIE, self.0.expose().to_owned())
            .path(PATH)
            .http_only(true)
            .same_site(SameSite::Strict)
            .finish()
    }
}

impl fmt::Debug for OutboxKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OutboxKey(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_opens_with_itself_alone_and_is_never_printed() {
        let key = OutboxKey::new([7; 24]);
        let link = key.link("http://127.0.0.1:4000");

        let (address, text) = link.split_once("?key=").unwrap();
        assert_eq!(address, "http://127.0.0.1:4000/dev/outbox");
        assert_eq!(text.len(), 32);
        assert!(key.is(text));
        for other in ["", &text[1..], &format!("{text}="), &"B".repeat(32)] {
            assert!(!key.is(other), "{other}");
        }
        assert!(!format!("{key:?}").contains(text));
    }
}
