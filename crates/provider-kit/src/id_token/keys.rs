//! Public keys of a provider (RFC 7517).

use data_encoding::BASE64URL_NOPAD;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};
use serde::Deserialize;
use serde_json::Value;

use super::jws::Jws;

/// How many bytes a coordinate on P-256 has.
const COORDINATE: usize = 32;

/// The usable keys of a provider.
#[derive(Deserialize)]
#[serde(from = "PublishedSet")]
pub(super) struct KeySet(Vec<Key>);

/// One key.
pub(super) struct Key {
    id: Option<String>,
    material: Material,
}

enum Material {
    Rsa { n: Vec<u8>, e: Vec<u8> },
    P256(Vec<u8>),
}

#[derive(Deserialize)]
struct PublishedSet {
    // Values, so that an unreadable key does not make the others unreadable.
    keys: Vec<Value>,
}

#[derive(Deserialize)]
struct PublishedKey {
    kty: String,
    kid: Option<String>,
    alg: Option<String>,
    #[serde(rename = "use")]
    purpose: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

impl From<PublishedSet> for KeySet {
    fn from(set: PublishedSet) -> Self {
        let published = set.keys.into_iter();
        let read = published.filter_map(|it| serde_json::from_value(it).ok());
        Self(read.filter_map(Key::read).collect())
    }
}

impl KeySet {
    /// The key that a token names. A token without a key id is verified with the only key for its
    /// algorithm (OpenID Connect Core §10.1).
    pub(super) fn find(&self, jws: &Jws<'_>) -> Option<&Key> {
        let mut fitting = (self.0.iter())
            .filter(|key| key.algorithm() == jws.algorithm)
            .filter(|key| jws.key_id.is_none() || key.id == jws.key_id);
        let first = fitting.next();
        let is_ambiguous = jws.key_id.is_none() && fitting.next().is_some();
        first.filter(|_| !is_ambiguous)
    }
}

impl Key {
    fn read(key: PublishedKey) -> Option<Self> {
        let is_for_signatures = key.purpose.as_deref().is_none_or(|it| it == "sig");
        let material = match key.kty.as_str() {
            "RSA" => Material::Rsa {
                n: decoded(key.n.as_deref())?,
                e: decoded(key.e.as_deref())?,
            },
            "EC" if key.crv.as_deref() == Some("P-256") => {
                let coordinate = |text: &Option<String>| {
                    decoded(text.as_deref()).filter(|it| it.len() == COORDINATE)
                };
                Material::P256([vec![4], coordinate(&key.x)?, coordinate(&key.y)?].concat())
            }
            _ => return None,
        };
        let read = Self {
            id: key.kid,
            material,
        };
        let fits = key.alg.is_none_or(|it| it == read.algorithm());
        (is_for_signatures && fits).then_some(read)
    }

    /// The only algorithm it may be used with.
    fn algorithm(&self) -> &'static str {
        match self.material {
            Material::Rsa { .. } => "RS256",
            Material::P256(_) => "ES256",
        }
    }

    /// Whether it signed the token.
    pub(super) fn signed(&self, jws: &Jws<'_>) -> bool {
        let verified = match &self.material {
            Material::Rsa { n, e } => RsaPublicKeyComponents { n, e }.verify(
                &RSA_PKCS1_2048_8192_SHA256,
                jws.signed,
                &jws.signature,
            ),
            Material::P256(point) => UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point)
                .verify(jws.signed, &jws.signature),
        };
        verified.is_ok()
    }
}

fn decoded(text: Option<&str>) -> Option<Vec<u8>> {
    BASE64URL_NOPAD.decode(text?.as_bytes()).ok()
}
