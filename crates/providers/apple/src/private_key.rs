//! The key that signs client secrets for Apple.

use std::{fmt, sync::Arc};

use auth_domain::secret::Secret;
use data_encoding::{BASE64, BASE64URL_NOPAD};
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair},
};
use serde_json::{Value, json};

const BEGIN: &str = "-----BEGIN PRIVATE KEY-----";
const END: &str = "-----END PRIVATE KEY-----";

/// A private key of Apple's "Sign in with Apple" (ES256).
#[derive(Clone)]
pub struct PrivateKey(Arc<EcdsaKeyPair>);

/// The text holds no key of Apple's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a private key as Apple gives it: PKCS#8 for the curve P-256, as PEM \
     (-----BEGIN PRIVATE KEY-----) or the PEM in base64"
)]
pub struct InvalidPrivateKey;

/// The random source failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there is no randomness to sign with")]
pub struct NoRandomness;

impl PrivateKey {
    /// Reads a key: PEM, PEM whose line breaks are written as `\n`, or the base64 of either.
    ///
    /// # Errors
    ///
    /// [`InvalidPrivateKey`].
    pub fn parse(text: &str) -> Result<Self, InvalidPrivateKey> {
        let pem = if text.contains(BEGIN) {
            text.to_owned()
        } else {
            let decoded = BASE64.decode(without_spaces(text).as_bytes()).ok();
            let decoded = decoded.and_then(|it| String::from_utf8(it).ok());
            decoded.ok_or(InvalidPrivateKey)?
        };
        let pem = pem.replace("\\r", "").replace("\\n", "\n");
        let (_, body) = pem.split_once(BEGIN).ok_or(InvalidPrivateKey)?;
        let (body, _) = body.split_once(END).ok_or(InvalidPrivateKey)?;
        let pkcs8 = BASE64.decode(without_spaces(body).as_bytes()).ok();
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let pair = pkcs8
            .and_then(|it| EcdsaKeyPair::from_pkcs8(algorithm, &it, &SystemRandom::new()).ok());
        pair.map(|it| Self(Arc::new(it))).ok_or(InvalidPrivateKey)
    }

    /// A signed token (RFC 7515).
    pub(crate) fn sign(&self, key_id: &str, claims: &Value) -> Result<Secret, NoRandomness> {
        let header = json!({ "alg": "ES256", "kid": key_id });
        let encoded = |json: &Value| BASE64URL_NOPAD.encode(json.to_string().as_bytes());
        let signed = format!("{}.{}", encoded(&header), encoded(claims));
        let signature = self.0.sign(&SystemRandom::new(), signed.as_bytes());
        let signature = signature.ok().ok_or(NoRandomness)?;
        let signature = BASE64URL_NOPAD.encode(signature.as_ref());
        Ok(Secret::new(format!("{signed}.{signature}")))
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivateKey(***)")
    }
}

fn without_spaces(text: &str) -> String {
    text.split_whitespace().collect()
}

#[cfg(test)]
mod tests {
    use provider_kit::testing::Signer;

    use super::*;

    fn pem() -> String {
        let key = BASE64.encode(Signer::new("k").pkcs8());
        let (first, second) = key.split_at(64);
        format!("{BEGIN}\n{first}\n{second}\n{END}\n")
    }

    #[test]
    fn a_key_is_read_in_each_form() {
        let pem = pem();
        let escaped = pem.replace('\n', "\\n");
        for text in [
            pem.clone(),
            pem.replace('\n', "\r\n"),
            escaped.clone(),
            BASE64.encode(pem.as_bytes()),
            BASE64.encode(escaped.as_bytes()),
            format!(" {}\n", BASE64.encode(pem.as_bytes())),
        ] {
            assert!(PrivateKey::parse(&text).is_ok(), "{text}");
        }
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let pem = pem();
        for text in [
            String::new(),
            "a key".to_owned(),
            pem.replace(END, ""),
            pem.replace("PRIVATE", "EC PRIVATE"),
            format!("{BEGIN}\nAAAA\n{END}"),
            BASE64.encode(b"\xff\xfe"),
        ] {
            assert_eq!(PrivateKey::parse(&text).err(), Some(InvalidPrivateKey));
        }
    }

    #[test]
    fn a_key_is_not_printed() {
        let key = PrivateKey::parse(&pem()).unwrap();

        assert_eq!(format!("{key:?}"), "PrivateKey(***)");
    }
}
