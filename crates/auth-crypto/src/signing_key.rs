//! The key that access tokens are signed with, checked once and ready for use.

use auth_domain::error::Cause;
use josekit::{
    JoseError,
    jwk::{Jwk, KeyPair},
    jws::{
        JwsSigner, JwsVerifier,
        alg::{
            ecdsa::EcdsaJwsAlgorithm, eddsa::EddsaJwsAlgorithm, hmac::HmacJwsAlgorithm,
            rsassa::RsassaJwsAlgorithm,
        },
    },
};
use openssl::{
    nid::Nid,
    pkey::{Id, PKey, Private},
};

use crate::{
    algorithm::PairedAlgorithm,
    hmac::{self, ConstantTimeVerifier},
    jwt_secret::InvalidJwtSecret,
};

/// A key with everything that is derived from it.
pub(crate) struct SigningKey {
    pub(crate) signer: Box<dyn JwsSigner>,
    pub(crate) verifier: Box<dyn JwsVerifier>,
    /// The public half; a shared secret has none.
    pub(crate) public: Option<Jwk>,
    /// The secret itself: the bytes of the shared secret, or PKCS#8 in DER.
    pub(crate) material: Vec<u8>,
}

impl SigningKey {
    /// A shared secret of any length but zero.
    pub(crate) fn shared(
        algorithm: HmacJwsAlgorithm,
        secret: &[u8],
    ) -> Result<Self, InvalidJwtSecret> {
        let signer = hmac::signer(algorithm, secret).map_err(unusable)?;
        Ok(Self {
            verifier: Box::new(ConstantTimeVerifier(signer.clone())),
            signer: Box::new(signer),
            public: None,
            material: secret.to_vec(),
        })
    }

    /// A private key, which has to be of the algorithm's kind and strength.
    pub(crate) fn paired(
        algorithm: PairedAlgorithm,
        key: &PKey<Private>,
    ) -> Result<Self, InvalidJwtSecret> {
        check_fit(algorithm, key)?;
        let der = key.private_key_to_pkcs8().map_err(unusable)?;
        let key = match algorithm {
            PairedAlgorithm::Rsa(algorithm) => rsa(algorithm, der),
            PairedAlgorithm::Ec(algorithm) => ec(algorithm, der),
            PairedAlgorithm::Ed => ed(der),
        };
        key.map_err(unusable)
    }
}

fn unusable(cause: impl Into<Cause>) -> InvalidJwtSecret {
    InvalidJwtSecret::Unusable(cause.into())
}

/// josekit would notice most of this too, but its messages would not help the operator.
fn check_fit(algorithm: PairedAlgorithm, key: &PKey<Private>) -> Result<(), InvalidJwtSecret> {
    let (fits, needs) = match algorithm {
        // RFC 7518 §3.3 demands the length.
        PairedAlgorithm::Rsa(_) => (
            key.id() == Id::RSA && key.bits() >= 2048,
            "an RSA key of at least 2048 bits",
        ),
        PairedAlgorithm::Ec(EcdsaJwsAlgorithm::Es384) => {
            (is_on(Nid::SECP384R1, key), "an EC key on the curve P-384")
        }
        PairedAlgorithm::Ec(_) => (
            is_on(Nid::X9_62_PRIME256V1, key),
            "an EC key on the curve P-256",
        ),
        PairedAlgorithm::Ed => (key.id() == Id::ED25519, "an Ed25519 key"),
    };
    if fits {
        Ok(())
    } else {
        Err(InvalidJwtSecret::UnfitKey { needs })
    }
}

fn is_on(curve: Nid, key: &PKey<Private>) -> bool {
    let found = key.ec_key().ok().and_then(|key| key.group().curve_name());
    found == Some(curve)
}

fn rsa(algorithm: RsassaJwsAlgorithm, der: Vec<u8>) -> Result<SigningKey, JoseError> {
    let pair = algorithm.key_pair_from_der(&der)?;
    Ok(SigningKey {
        signer: Box::new(algorithm.signer_from_der(&der)?),
        verifier: Box::new(algorithm.verifier_from_der(pair.to_der_public_key())?),
        public: Some(pair.to_jwk_public_key()),
        material: der,
    })
}

fn ec(algorithm: EcdsaJwsAlgorithm, der: Vec<u8>) -> Result<SigningKey, JoseError> {
    let pair = algorithm.key_pair_from_der(&der)?;
    Ok(SigningKey {
        signer: Box::new(algorithm.signer_from_der(&der)?),
        verifier: Box::new(algorithm.verifier_from_der(pair.to_der_public_key())?),
        public: Some(pair.to_jwk_public_key()),
        material: der,
    })
}

fn ed(der: Vec<u8>) -> Result<SigningKey, JoseError> {
    let algorithm = EddsaJwsAlgorithm::Eddsa;
    let pair = algorithm.key_pair_from_der(&der)?;
    Ok(SigningKey {
        signer: Box::new(algorithm.signer_from_der(&der)?),
        verifier: Box::new(algorithm.verifier_from_der(pair.to_der_public_key())?),
        public: Some(pair.to_jwk_public_key()),
        material: der,
    })
}

#[cfg(test)]
mod tests {
    use data_encoding::BASE64URL_NOPAD;
    use josekit::jws::{JwsHeader, serialize_compact};

    use super::*;
    use crate::algorithm::Algorithm;

    /// RFC 8037, appendices A.1 and A.4. Ed25519 signatures are not randomised.
    const RFC_PRIVATE_KEY: &str = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A";
    const RFC_PUBLIC_KEY: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
    const RFC_TOKEN: &str = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc\
        .hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";

    #[test]
    fn the_ed25519_example_of_the_rfc_is_signed_as_printed_there() {
        let private = BASE64URL_NOPAD.decode(RFC_PRIVATE_KEY.as_bytes()).unwrap();
        let private = PKey::private_key_from_raw_bytes(&private, Id::ED25519).unwrap();

        let key = SigningKey::paired(PairedAlgorithm::Ed, &private).unwrap();
        let header = JwsHeader::new();
        let token = serialize_compact(b"Example of Ed25519 signing", &header, &*key.signer);

        assert_eq!(token.unwrap(), RFC_TOKEN);
        let public = key.public.unwrap();
        assert_eq!(public.parameter("x").unwrap(), RFC_PUBLIC_KEY);
    }

    #[test]
    fn every_listed_name_is_known_and_means_what_it_says() {
        for name in Algorithm::NAMES.split(", ") {
            assert!(Algorithm::named(name).is_some(), "{name}");
        }
        for name in ["", "none", "hs256", "PS256", "ES512", "Ed448", "ed25519"] {
            assert_eq!(Algorithm::named(name), None, "{name}");
        }
    }
}
