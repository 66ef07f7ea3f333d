//! TLS: the server needs a certificate for the host's name from a trusted authority.

use std::{path::Path, sync::Arc};

use rustls::{ClientConfig, RootCertStore, crypto::ring};
use rustls_pki_types::{CertificateDer, pem::PemObject};
use tokio_rustls::TlsConnector;

use crate::settings::InvalidSmtpSettings;

/// Checks certificates against the authorities in `ca_file`, or the operating system's.
pub(crate) fn connector(ca_file: Option<&Path>) -> Result<TlsConnector, InvalidSmtpSettings> {
    // Named, because other crates may install a second provider of rustls.
    let provider = Arc::new(ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(authorities(ca_file)?)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

fn authorities(ca_file: Option<&Path>) -> Result<RootCertStore, InvalidSmtpSettings> {
    let mut roots = RootCertStore::empty();
    match ca_file {
        // Unreadable certificates are not trusted. A system without any, such as a small container,
        // can still send to a server that needs no TLS; others fail in the handshake.
        None => {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
        Some(path) => {
            roots.add_parsable_certificates(read(path)?);
            if roots.is_empty() {
                return Err(InvalidSmtpSettings::NoAuthorities(path.to_path_buf()));
            }
        }
    }
    Ok(roots)
}

fn read(path: &Path) -> Result<Vec<CertificateDer<'static>>, InvalidSmtpSettings> {
    CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect)
        .map_err(|source| InvalidSmtpSettings::CaFile {
            path: path.to_path_buf(),
            source,
        })
}
