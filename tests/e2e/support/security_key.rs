//! A software security key, and the browser in front of it.

use data_encoding::BASE64URL_NOPAD;
use ring::{
    digest::{SHA256, digest},
    rand::{SecureRandom, SystemRandom},
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair},
};
use serde_json::{Value, json};

use super::CLIENT_URL;

/// User present and user verified.
const USUAL_FLAGS: u8 = 0b0000_0101;
/// Attested credential data included.
const ATTESTED: u8 = 0b0100_0000;

/// A key with one credential, of the algorithm ES256.
pub(crate) struct SecurityKey {
    pair: EcdsaKeyPair,
    credential_id: Vec<u8>,
    /// The signature counter; at 0 the key does not count.
    pub(crate) count: u32,
    /// The user handle that it returns.
    pub(crate) user_handle: Option<Vec<u8>>,
}

/// What a browser reports to a key and to the server. An honest one tells the truth.
#[derive(Clone)]
pub(crate) struct BrowserTale {
    pub(crate) origin: &'static str,
    pub(crate) rp_id: &'static str,
    pub(crate) flags: u8,
    pub(crate) kind: Option<&'static str>,
    pub(crate) challenge: Option<String>,
    pub(crate) cross_origin: bool,
}

impl Default for BrowserTale {
    fn default() -> Self {
        Self {
            origin: CLIENT_URL,
            rp_id: "localhost",
            flags: USUAL_FLAGS,
            kind: None,
            challenge: None,
            cross_origin: false,
        }
    }
}

impl BrowserTale {
    fn client_data(&self, options: &Value, kind: &str) -> Vec<u8> {
        let told = options["challenge"].as_str().unwrap();
        let data = json!({
            "type": self.kind.unwrap_or(kind),
            "challenge": self.challenge.as_deref().unwrap_or(told),
            "origin": self.origin,
            "crossOrigin": self.cross_origin,
        });
        data.to_string().into_bytes()
    }

    fn authenticator_data(&self, flags: u8, count: u32) -> Vec<u8> {
        let mut data = digest(&SHA256, self.rp_id.as_bytes()).as_ref().to_vec();
        data.push(self.flags | flags);
        data.extend(count.to_be_bytes());
        data
    }
}

impl SecurityKey {
    /// A new key, for the user in `options`.
    pub(crate) fn new(options: &Value) -> Self {
        let random = SystemRandom::new();
        let algorithm = &ECDSA_P256_SHA256_ASN1_SIGNING;
        let secret = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
        let mut credential_id = vec![0; 32];
        random.fill(&mut credential_id).unwrap();
        let user = options["user"]["id"].as_str().unwrap_or_default();
        Self {
            pair: EcdsaKeyPair::from_pkcs8(algorithm, secret.as_ref(), &random).unwrap(),
            credential_id,
            count: 1,
            user_handle: Some(user.as_bytes().to_vec()),
        }
    }

    /// The registration response for the new key.
    pub(crate) fn attest(&self, options: &Value) -> Value {
        self.attest_as(options, &BrowserTale::default())
    }

    /// The same from a dishonest browser.
    pub(crate) fn attest_as(&self, options: &Value, tale: &BrowserTale) -> Value {
        let mut data = tale.authenticator_data(ATTESTED, self.count);
        data.extend([0; 16]);
        data.extend(
            u16::try_from(self.credential_id.len())
                .unwrap()
                .to_be_bytes(),
        );
        data.extend(&self.credential_id);
        data.extend(self.public_key());
        let mut object = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58".to_vec();
        object.push(u8::try_from(data.len()).unwrap());
        object.extend(data);
        self.credential(&json!({
            "clientDataJSON": encoded(&tale.client_data(options, "webauthn.create")),
            "attestationObject": encoded(&object),
            "transports": ["internal"],
        }))
    }

    /// The authentication response of the key. Increments a counter that is not 0.
    pub(crate) fn sign(&mut self, options: &Value) -> Value {
        self.sign_as(options, &BrowserTale::default())
    }

    /// The same from a dishonest browser.
    pub(crate) fn sign_as(&mut self, options: &Value, tale: &BrowserTale) -> Value {
        if self.count > 0 {
            self.count += 1;
        }
        let data = tale.authenticator_data(0, self.count);
        let client_data = tale.client_data(options, "webauthn.get");
        let signed = [&data, digest(&SHA256, &client_data).as_ref()].concat();
        let signature = self.pair.sign(&SystemRandom::new(), &signed).unwrap();
        self.credential(&json!({
            "clientDataJSON": encoded(&client_data),
            "authenticatorData": encoded(&data),
            "signature": encoded(signature.as_ref()),
            "userHandle": self.user_handle.as_deref().map(encoded),
        }))
    }

    /// The id in Hasura Auth's stored form.
    pub(crate) fn credential_id(&self) -> String {
        encoded(&self.credential_id)
    }

    /// The public key in Hasura Auth's stored form: `COSE_Key` of an ES256 key.
    pub(crate) fn public_key(&self) -> Vec<u8> {
        let point = self.pair.public_key().as_ref();
        let (x, y) = point[1..].split_at(32);
        let head = [0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 0x20];
        [&head, x, &[0x22, 0x58, 0x20], y].concat()
    }

    fn credential(&self, response: &Value) -> Value {
        json!({
            "id": self.credential_id(),
            "rawId": self.credential_id(),
            "type": "public-key",
            "response": response,
            "clientExtensionResults": {},
            "authenticatorAttachment": "platform",
        })
    }
}

fn encoded(bytes: &[u8]) -> String {
    BASE64URL_NOPAD.encode(bytes)
}
