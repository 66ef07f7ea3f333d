//! Making a JWT secret.

use auth_domain::{secret::Secret, system::random_bytes};
use data_encoding::BASE64;
use josekit::jws::alg::{ecdsa::EcdsaJwsAlgorithm, hmac::HmacJwsAlgorithm};
use openssl::{
    ec::{EcGroup, EcKey},
    error::ErrorStack,
    nid::Nid,
    pkey::{PKey, Private},
    rsa::Rsa,
};
use serde_json::{Value, json};

use crate::algorithm::{Algorithm, PairedAlgorithm};

/// The length of new RSA keys in bits: NIST SP 800-57 disallows 2048 from 2031 on.
const RSA_BITS: u32 = 3072;

/// Why no secret was made.
#[derive(Debug, thiserror::Error)]
pub enum GenerateError {
    /// No algorithm has this name.
    #[error("{0:?} is not one of {names}", names = Algorithm::NAMES)]
    UnknownType(String),
    /// The random generator failed.
    #[error("no key can be made")]
    Openssl(#[from] ErrorStack),
}

/// A new JWT secret for `kind`, an algorithm that [`JwtSecret::parse`](super::JwtSecret::parse)
/// knows: the text that Hasura and this server share in `HASURA_GRAPHQL_JWT_SECRET`.
///
/// # Errors
///
/// [`GenerateError`].
pub fn generate(kind: &str) -> Result<Secret, GenerateError> {
    let unknown = || GenerateError::UnknownType(kind.to_owned());
    let secret = match Algorithm::named(kind).ok_or_else(unknown)? {
        Algorithm::Shared(algorithm) => json!({ "type": kind, "key": shared(algorithm) }),
        // Hasura reads the same text, and has this name alone for it.
        Algorithm::Paired(PairedAlgorithm::Ed) => paired("Ed25519", &pair(PairedAlgorithm::Ed)?)?,
        Algorithm::Paired(algorithm) => paired(kind, &pair(algorithm)?)?,
    };
    Ok(Secret::new(secret.to_string()))
}

/// As many random bytes as the hash is long (RFC 7518 §3.2).
fn shared(algorithm: HmacJwsAlgorithm) -> String {
    match algorithm {
        HmacJwsAlgorithm::Hs256 => BASE64.encode(&random_bytes::<32>()),
        HmacJwsAlgorithm::Hs384 => BASE64.encode(&random_bytes::<48>()),
        HmacJwsAlgorithm::Hs512 => BASE64.encode(&random_bytes::<64>()),
    }
}

fn pair(algorithm: PairedAlgorithm) -> Result<PKey<Private>, ErrorStack> {
    match algorithm {
        PairedAlgorithm::Rsa(_) => PKey::from_rsa(Rsa::generate(RSA_BITS)?),
        PairedAlgorithm::Ec(EcdsaJwsAlgorithm::Es384) => on_curve(Nid::SECP384R1),
        PairedAlgorithm::Ec(_) => on_curve(Nid::X9_62_PRIME256V1),
        PairedAlgorithm::Ed => PKey::generate_ed25519(),
    }
}

fn on_curve(curve: Nid) -> Result<PKey<Private>, ErrorStack> {
    let group = EcGroup::from_curve_name(curve)?;
    PKey::from_ec_key(EcKey::generate(&group)?)
}

fn paired(kind: &str, key: &PKey<Private>) -> Result<Value, ErrorStack> {
    let text = |pem: Vec<u8>| String::from_utf8_lossy(&pem).into_owned();
    Ok(json!({
        "type": kind,
        "key": text(key.public_key_to_pem()?),
        "signing_key": text(key.private_key_to_pem_pkcs8()?),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::JwtSecret;

    #[test]
    fn what_is_made_can_be_used_and_is_another_one_each_time() {
        for kind in Algorithm::NAMES.split(", ") {
            let [one, other] = [generate(kind).unwrap(), generate(kind).unwrap()];
            let read = JwtSecret::parse(one.expose());

            assert!(!read.unwrap().is_weak(), "{kind}");
            assert_ne!(one.expose(), other.expose(), "{kind}");
            assert!(!one.expose().contains("EdDSA"), "Hasura calls it Ed25519");
        }
    }

    #[test]
    fn an_unknown_type_is_named() {
        let refused = generate("HS1").unwrap_err().to_string();

        assert!(
            refused.starts_with("\"HS1\" is not one of HS256"),
            "{refused}"
        );
    }
}
