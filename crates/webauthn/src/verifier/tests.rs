use std::time::Duration;

use auth_domain::{
    security_key::{KeyNickname, SecurityKeyId},
    user::UserId,
};
use ring::{
    digest::{SHA256, digest},
    rand::SystemRandom,
    signature::{
        ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair,
        EcdsaSigningAlgorithm, KeyPair,
    },
};
use uuid::Uuid;

use super::*;

const CREDENTIAL: [u8; 4] = [1, 2, 3, 4];

fn judge() -> CoreWebAuthn {
    let origins = ["https://example.com", "android:apk-key-hash:abc"];
    let timeout = Duration::from_mins(1);
    let relying_party = RelyingParty::new("example.com", "Example", &origins, timeout).unwrap();
    CoreWebAuthn::new(relying_party).unwrap()
}

fn challenge() -> Challenge {
    Challenge::new([7; 24], [9; 24])
}

fn client_data(kind: &str) -> Vec<u8> {
    let data = json!({
        "type": kind, "challenge": challenge().text(), "origin": "https://example.com",
    });
    data.to_string().into_bytes()
}

fn authenticator_data(flags: u8, count: u32) -> Vec<u8> {
    let domain = digest(&SHA256, b"example.com");
    [domain.as_ref(), &[flags], &count.to_be_bytes()].concat()
}

/// An authenticator's response with a new key, without an attestation statement.
fn attestation(public_key: &[u8]) -> Attestation {
    let data = [
        authenticator_data(0b0100_0001, 3).as_slice(),
        &[0; 16],
        &[0, 4],
        &CREDENTIAL,
        public_key,
    ]
    .concat();
    let length = u16::try_from(data.len()).unwrap().to_be_bytes();
    let head = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x59";
    Attestation {
        credential_id: CredentialId::new(CREDENTIAL.to_vec()).unwrap(),
        client_data_json: client_data("webauthn.create"),
        attestation_object: [head.as_slice(), &length, &data].concat(),
    }
}

fn key(public_key: Vec<u8>, count: u32) -> SecurityKey {
    SecurityKey {
        id: SecurityKeyId(Uuid::nil()),
        user_id: UserId(Uuid::nil()),
        credential_id: CredentialId::new(CREDENTIAL.to_vec()).unwrap(),
        public_key,
        sign_count: SignCount(count),
        nickname: None::<KeyNickname>,
    }
}

async fn judged(assertion: Assertion, key: &SecurityKey) -> Result<SignCount, CeremonyError> {
    judge().verify_assertion(assertion, &challenge(), key).await
}

struct Signer {
    pair: EcdsaKeyPair,
    public_key: Vec<u8>,
}

impl Signer {
    /// A key on a curve with coordinates of so many bytes.
    fn new(algorithm: &'static EcdsaSigningAlgorithm, head: &[u8], size: u8) -> Self {
        let random = SystemRandom::new();
        let secret = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, secret.as_ref(), &random).unwrap();
        let point = pair.public_key().as_ref()[1..].to_vec();
        let (x, y) = point.split_at(size.into());
        let public_key = [head, &[0x21, 0x58, size], x, &[0x22, 0x58, size], y].concat();
        Self { pair, public_key }
    }

    fn es256() -> Self {
        let head = [0xa5, 1, 2, 3, 0x26, 0x20, 1];
        Self::new(&ECDSA_P256_SHA256_ASN1_SIGNING, &head, 32)
    }

    fn es384() -> Self {
        let head = [0xa5, 1, 2, 3, 0x38, 0x22, 0x20, 2];
        Self::new(&ECDSA_P384_SHA384_ASN1_SIGNING, &head, 48)
    }

    fn assertion(&self, count: u32) -> Assertion {
        let client_data_json = client_data("webauthn.get");
        let authenticator_data = authenticator_data(1, count);
        let hash = digest(&SHA256, &client_data_json);
        let signed = [&authenticator_data, hash.as_ref()].concat();
        let signature = self.pair.sign(&SystemRandom::new(), &signed).unwrap();
        Assertion {
            credential_id: CredentialId::new(CREDENTIAL.to_vec()).unwrap(),
            client_data_json,
            authenticator_data,
            signature: signature.as_ref().to_vec(),
            user_handle: None,
        }
    }
}

#[tokio::test]
async fn a_key_is_stored_as_its_authenticator_wrote_it_and_verifies() {
    for signer in [Signer::es256(), Signer::es384()] {
        let made = attestation(&signer.public_key);

        let registered = judge().verify_attestation(made, &challenge()).await;

        let registered = registered.unwrap();
        assert_eq!(registered.credential_id.as_bytes(), CREDENTIAL);
        assert_eq!(registered.public_key, signer.public_key);
        assert_eq!(registered.sign_count, SignCount(3));
        let key = key(registered.public_key, 3);
        assert_eq!(
            judged(signer.assertion(4), &key).await.unwrap(),
            SignCount(4)
        );
    }
}

#[tokio::test]
async fn what_stands_behind_a_stored_key_is_not_looked_at() {
    let signer = Signer::es256();
    let stored = [signer.public_key.as_slice(), &[0xa0]].concat();

    let judged = judged(signer.assertion(1), &key(stored, 0)).await;

    assert_eq!(judged.unwrap(), SignCount(1));
}

#[tokio::test]
async fn a_good_signature_that_was_counted_before_is_told_from_a_bad_one() {
    let signer = Signer::es256();
    let key = |count| key(signer.public_key.clone(), count);

    for (stored, presented) in [(4, 4), (4, 3), (4, 0)] {
        let assertion = signer.assertion(presented);
        let judged = judged(assertion, &key(stored)).await;
        assert!(matches!(judged, Err(CeremonyError::Cloned)));
    }
    let other = Signer::es256().assertion(4);
    let judged = judged(other, &key(4)).await;
    assert!(matches!(judged, Err(CeremonyError::Refused(_))));
}

#[tokio::test]
async fn keys_of_algorithms_that_cannot_be_verified_are_not_registered() {
    let eddsa = [
        &[0xa4, 1, 1, 3, 0x27, 0x20, 6, 0x21, 0x58, 32][..],
        &[9; 32],
    ]
    .concat();
    let es512 = [
        &[0xa5, 1, 2, 3, 0x38, 0x23, 0x20, 3, 0x21, 0x58, 66][..],
        &[1; 66],
        &[0x22, 0x58, 66],
        &[1; 66],
    ]
    .concat();
    for public_key in [eddsa, es512] {
        let judged = judge()
            .verify_attestation(attestation(&public_key), &challenge())
            .await;
        assert!(matches!(judged, Err(CeremonyError::Refused(_))));
    }
}

#[tokio::test]
async fn the_id_that_a_browser_tells_has_to_be_the_one_of_the_key() {
    let told = Attestation {
        credential_id: CredentialId::new(vec![5]).unwrap(),
        ..attestation(&Signer::es256().public_key)
    };

    let judged = judge().verify_attestation(told, &challenge()).await;

    assert!(matches!(judged, Err(CeremonyError::Refused(_))));
}

#[tokio::test]
async fn whatever_is_cut_off_or_turned_around_is_refused() {
    let signer = Signer::es256();
    let good = attestation(&signer.public_key);
    for length in 0..good.attestation_object.len() {
        let mut cut = good.clone();
        cut.attestation_object.truncate(length);
        let judged = judge().verify_attestation(cut, &challenge()).await;
        assert!(matches!(judged, Err(CeremonyError::Refused(_))), "{length}");
    }
    let key = key(signer.public_key.clone(), 0);
    let good = signer.assertion(1);
    for position in 0..good.authenticator_data.len() {
        let mut turned = good.clone();
        turned.authenticator_data[position] ^= 0xff;
        let judged = judged(turned, &key).await;
        assert!(
            matches!(judged, Err(CeremonyError::Refused(_))),
            "{position}"
        );
    }
}
