//! TLS with the operating system's certificate authorities.

use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore, crypto::ring};

pub(crate) fn client() -> Result<ClientConfig, rustls::Error> {
    let mut roots = RootCertStore::empty();
    // A system without any, such as a small container, can still reach hosts that need no TLS.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    // Named, because other crates may install a second provider of rustls.
    let provider = Arc::new(ring::default_provider());
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth())
}
