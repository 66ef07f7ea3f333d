//! The HMAC key of one-time codes, and of what is counted about them.

use std::fmt;

use data_encoding::HEXLOWER;
use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::{limits::NamingKey, secret::keyed, user::UserId};

/// The key that codes are hashed with. Servers that share a store share the key.
#[derive(Clone)]
pub struct CodeKey(Hmac<Sha256>);

impl CodeKey {
    /// A key for this purpose alone, derived from a secret that may serve others too.
    #[must_use]
    pub fn derive(secret: &[u8]) -> Self {
        let mut mac = keyed(secret);
        mac.update(b"hasura-auth one-time code v1");
        Self(keyed(&mac.finalize().into_bytes()))
    }

    /// A computation with the key.
    pub(crate) fn mac(&self) -> Hmac<Sha256> {
        self.0.clone()
    }

    /// Bytes that stand for nothing, for an answer about `name` that must look real (user
    /// enumeration). Always the same for a name, in whatever case it is written.
    #[must_use]
    pub fn decoy(&self, name: &str) -> [u8; 32] {
        let mut mac = self.0.clone();
        mac.update(b"decoy");
        mac.update(name.to_ascii_lowercase().as_bytes());
        mac.finalize().into_bytes().into()
    }
}

impl CodeKey {
    /// A key for what is counted in memory.
    pub(crate) fn naming_key(&self) -> NamingKey {
        let mut mac = self.0.clone();
        mac.update(b"counted names");
        NamingKey::derive(&mac.finalize().into_bytes())
    }

    /// What a store holds in place of a network that a user signed in from.
    pub(crate) fn place(&self, user: UserId, network: &str) -> String {
        let mut mac = self.0.clone();
        mac.update(b"place");
        mac.update(user.0.as_bytes());
        mac.update(network.as_bytes());
        HEXLOWER.encode(&mac.finalize().into_bytes())
    }
}

impl fmt::Debug for CodeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CodeKey(***)")
    }
}
