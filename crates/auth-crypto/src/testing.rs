//! Keys for tests, made anew in every run: the project holds none.

use std::sync::LazyLock;

use openssl::{
    ec::{EcGroup, EcKey},
    nid::Nid,
    pkey::{PKey, Private},
    rsa::Rsa,
};
use serde_json::{Value, json};

/// A key pair of each kind. Making an RSA key takes a while, so they are shared.
pub(crate) static RSA: LazyLock<PKey<Private>> = LazyLock::new(|| rsa(2048));
pub(crate) static OTHER_RSA: LazyLock<PKey<Private>> = LazyLock::new(|| rsa(2048));
pub(crate) static EC: LazyLock<PKey<Private>> = LazyLock::new(|| ec(Nid::X9_62_PRIME256V1));
pub(crate) static EC_384: LazyLock<PKey<Private>> = LazyLock::new(|| ec(Nid::SECP384R1));
pub(crate) static ED: LazyLock<PKey<Private>> = LazyLock::new(|| PKey::generate_ed25519().unwrap());

pub(crate) const SHARED: &str = "a shared secret of more than thirty-two bytes";

pub(crate) fn rsa(bits: u32) -> PKey<Private> {
    PKey::from_rsa(Rsa::generate(bits).unwrap()).unwrap()
}

pub(crate) fn ec(curve: Nid) -> PKey<Private> {
    let group = EcGroup::from_curve_name(curve).unwrap();
    PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap()
}

pub(crate) fn private_pem(key: &PKey<Private>) -> String {
    String::from_utf8(key.private_key_to_pem_pkcs8().unwrap()).unwrap()
}

pub(crate) fn public_pem(key: &PKey<Private>) -> String {
    String::from_utf8(key.public_key_to_pem().unwrap()).unwrap()
}

/// A secret with a key pair, as JSON.
pub(crate) fn paired(algorithm: &str, key: &PKey<Private>) -> Value {
    json!({ "type": algorithm, "key": public_pem(key), "signing_key": private_pem(key) })
}

/// A secret of each supported kind, as JSON, with the name of the algorithm that tokens have, too.
pub(crate) fn every_kind() -> Vec<Value> {
    let shared = |name| json!({ "type": name, "key": SHARED });
    vec![
        shared("HS256"),
        shared("HS384"),
        shared("HS512"),
        paired("RS256", &RSA),
        paired("RS384", &RSA),
        paired("RS512", &RSA),
        paired("ES256", &EC),
        paired("ES384", &EC_384),
        paired("EdDSA", &ED),
    ]
}
