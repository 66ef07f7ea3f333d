//! A name is checked by the addresses it resolves to, and the connection uses the same addresses: a
//! name that changes its address between two lookups (DNS rebinding) gains nothing.

use std::{io, net::SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::net::lookup_host;

use crate::{address::is_public, error::OnlyPrivate, rules::EgressRules};

/// The operating system's resolver with a check of its addresses.
#[derive(Debug, Clone)]
pub(crate) struct GuardedResolver(pub(crate) EgressRules);

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let any_address = self.0.allows(name.as_str());
        Box::pin(async move {
            // Port 0 is replaced by that of the URL.
            let found: Vec<SocketAddr> = lookup_host((name.as_str(), 0)).await?.collect();
            if found.is_empty() {
                return Err(io::Error::from(io::ErrorKind::NotFound).into());
            }
            let usable = found
                .into_iter()
                .filter(|address| any_address || is_public(address.ip()))
                .collect::<Vec<_>>();
            if usable.is_empty() {
                return Err(OnlyPrivate.into());
            }
            Ok(Box::new(usable.into_iter()) as Addrs)
        })
    }
}
