//! HMAC keys for josekit, without two of its pitfalls.

use josekit::{
    JoseError,
    jws::{
        JwsAlgorithm, JwsSigner, JwsVerifier,
        alg::hmac::{HmacJwsAlgorithm, HmacJwsSigner},
    },
};
use openssl::memcmp;

/// Signs with `secret`, however short it is.
///
/// josekit refuses keys that are shorter than the hash, but operators have such keys. HMAC itself
/// fills every key with zeros up to the block (RFC 2104 §2), so filling it up to the hash
/// beforehand gives the same signatures.
pub(crate) fn signer(
    algorithm: HmacJwsAlgorithm,
    secret: &[u8],
) -> Result<HmacJwsSigner, JoseError> {
    let mut key = secret.to_vec();
    key.resize(secret.len().max(hash_bytes(algorithm)), 0);
    algorithm.signer_from_bytes(key)
}

fn hash_bytes(algorithm: HmacJwsAlgorithm) -> usize {
    match algorithm {
        HmacJwsAlgorithm::Hs256 => 32,
        HmacJwsAlgorithm::Hs384 => 48,
        HmacJwsAlgorithm::Hs512 => 64,
    }
}

/// Verifies by signing again, in constant time. josekit's own verifier stops comparing at the first
/// difference (timing attack).
#[derive(Debug, Clone)]
pub(crate) struct ConstantTimeVerifier(pub(crate) HmacJwsSigner);

#[derive(Debug, thiserror::Error)]
#[error("the signature does not match")]
struct Mismatch;

impl JwsVerifier for ConstantTimeVerifier {
    fn algorithm(&self) -> &dyn JwsAlgorithm {
        self.0.algorithm()
    }

    fn key_id(&self) -> Option<&str> {
        None
    }

    fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), JoseError> {
        let expected = self.0.sign(message)?;
        // `memcmp::eq` panics on different lengths, which are not secret.
        if expected.len() == signature.len() && memcmp::eq(&expected, signature) {
            Ok(())
        } else {
            Err(JoseError::InvalidSignature(Mismatch.into()))
        }
    }

    fn box_clone(&self) -> Box<dyn JwsVerifier> {
        Box::new(self.clone())
    }
}

#[cfg(test)]
mod tests {
    use data_encoding::BASE64URL_NOPAD;
    use josekit::jws::{HS256, HS384, HS512, deserialize_compact};

    use super::*;

    /// RFC 7515, appendix A.1.
    const RFC_KEY: &str =
        "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
    const RFC_TOKEN: &str = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9\
        .eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ\
        .dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

    /// `hmac.new(b"short", b"message", …).hexdigest()` in Python.
    const SHORT: [(HmacJwsAlgorithm, &str); 3] = [
        (
            HS256,
            "ff434fa283755abf3d8f16b6091f4cd7bd5d9958f982b6527f8cd14b6ada9e18",
        ),
        (
            HS384,
            "0de61f1b1990870d863a550f273e0cc4364046e4303c8b534e4fa420d06c408f29742479c2abf23e9ee3af7d47a57e97",
        ),
        (
            HS512,
            "d20bb4df3d76f35109845ab21adc4032a01e6f7be9af42b2dcb085a391aab28331624c939625ab822c1a3fccb918c963279dd1e83164eb8f5fd502f536b95216",
        ),
    ];

    #[test]
    fn the_example_of_the_rfc_verifies() {
        let key = BASE64URL_NOPAD.decode(RFC_KEY.as_bytes()).unwrap();
        let verifier = ConstantTimeVerifier(signer(HS256, &key).unwrap());

        let (payload, _) = deserialize_compact(RFC_TOKEN, &verifier).unwrap();

        assert!(payload.starts_with(br#"{"iss":"joe","#));
    }

    #[test]
    fn a_short_key_signs_as_any_other_hmac_does() {
        for (algorithm, expected) in SHORT {
            let signature = signer(algorithm, b"short").unwrap().sign(b"message");

            assert_eq!(
                data_encoding::HEXLOWER.encode(&signature.unwrap()),
                expected
            );
        }
    }

    #[test]
    fn a_signature_of_another_length_or_content_is_refused() {
        let verifier = ConstantTimeVerifier(signer(HS256, b"short").unwrap());
        let good = verifier.0.sign(b"message").unwrap();
        let mut wrong = good.clone();
        wrong[31] ^= 1;

        assert!(verifier.verify(b"message", &good).is_ok());
        for bad in [&wrong[..], &good[..31], &[], &[&good[..], b"x"].concat()] {
            assert!(verifier.verify(b"message", bad).is_err());
        }
        assert!(verifier.verify(b"messagf", &good).is_err());
    }
}
