//! Keys for these tests only.

use data_encoding::BASE64;
use ring::{
    rand::SystemRandom,
    rsa,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair},
};

/// A private key as PKCS #8 in base64.
const RSA: &str = include_str!("rsa-key.txt");

/// A key for RS256, and the same in DER.
pub(crate) fn rsa_key() -> (rsa::KeyPair, Vec<u8>) {
    let text: String = RSA.split_whitespace().collect();
    let der = BASE64.decode(text.as_bytes()).unwrap();
    (rsa::KeyPair::from_pkcs8(&der).unwrap(), der)
}

/// A new key for ES256, and the same in DER.
pub(crate) fn ec_key() -> (EcdsaKeyPair, Vec<u8>) {
    let random = SystemRandom::new();
    let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
    let der = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
    let pair = EcdsaKeyPair::from_pkcs8(algorithm, der.as_ref(), &random);
    (pair.unwrap(), der.as_ref().to_vec())
}

/// A key in PEM (RFC 7468).
pub(crate) fn pem(label: &str, der: &[u8]) -> String {
    let body = BASE64.encode(der);
    let lines: Vec<_> = body.as_bytes().chunks(64).map(str::from_utf8).collect();
    let lines: Vec<_> = lines.into_iter().map(Result::unwrap).collect();
    let body = lines.join("\n");
    format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n")
}
