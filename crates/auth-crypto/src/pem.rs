//! Reading keys from PEM.

use openssl::{
    error::ErrorStack,
    pkey::{PKey, Private, Public},
    rsa::Rsa,
    x509::X509,
};

/// A private key: PKCS#8, or the older `RSA PRIVATE KEY` and `EC PRIVATE KEY`.
///
/// The empty passphrase makes OpenSSL refuse an encrypted key; without one it would stop and ask
/// for it at the terminal.
pub(crate) fn private_key(pem: &str) -> Result<PKey<Private>, ErrorStack> {
    PKey::private_key_from_pem_passphrase(pem.as_bytes(), b"")
}

/// A public key: `PUBLIC KEY`, the older `RSA PUBLIC KEY`, or a certificate, as Hasura takes them.
pub(crate) fn public_key(pem: &str) -> Result<PKey<Public>, ErrorStack> {
    let pem = pem.as_bytes();
    PKey::public_key_from_pem(pem)
        .or_else(|_| PKey::from_rsa(Rsa::public_key_from_pem_pkcs1(pem)?))
        .or_else(|_| X509::from_pem(pem)?.public_key())
}
