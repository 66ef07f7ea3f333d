//! The published keys.

use josekit::{jwk::Jwk, jws::JwsVerifier};

use super::*;

#[test]
fn tokens_verify_with_the_published_key_alone() {
    for secret in every_kind() {
        let signer = signer(&secret);
        let token = signer.sign(&claims()).unwrap().value;

        let keys = published(&signer);

        let Some(key) = keys.first() else {
            assert!(secret["type"].as_str().unwrap().starts_with("HS"));
            continue;
        };
        let verified = jws::deserialize_compact(&token, &*verifier_of(key));
        assert!(verified.is_ok(), "{key}");
    }
}

fn verifier_of(key: &Value) -> Box<dyn JwsVerifier> {
    let mut key = key.as_object().unwrap().clone();
    // Tokens name no key unless one is configured.
    key.remove("kid");
    let key = &Jwk::from_map(key).unwrap();
    match key.algorithm().unwrap() {
        "RS256" => Box::new(jws::RS256.verifier_from_jwk(key).unwrap()),
        "RS384" => Box::new(jws::RS384.verifier_from_jwk(key).unwrap()),
        "RS512" => Box::new(jws::RS512.verifier_from_jwk(key).unwrap()),
        "ES256" => Box::new(jws::ES256.verifier_from_jwk(key).unwrap()),
        "ES384" => Box::new(jws::ES384.verifier_from_jwk(key).unwrap()),
        "EdDSA" => Box::new(jws::EdDSA.verifier_from_jwk(key).unwrap()),
        other => panic!("published for {other}"),
    }
}

#[test]
fn an_rsa_key_is_published_with_exactly_the_members_hasura_auth_publishes() {
    let mut secret = paired("RS256", &RSA);
    secret["kid"] = json!("k1");

    let keys = published(&signer(&secret));

    let n = BASE64URL_NOPAD.encode(&RSA.rsa().unwrap().n().to_vec());
    let key =
        json!({ "alg": "RS256", "e": "AQAB", "kid": "k1", "kty": "RSA", "n": n, "use": "sig" });
    assert_eq!(keys, [key]);
}

#[test]
fn published_keys_of_curves_hold_no_private_part() {
    for (secret, algorithm, curve, coordinates) in [
        (paired("ES256", &EC), "ES256", "P-256", 2),
        (paired("ES384", &EC_384), "ES384", "P-384", 2),
        (paired("EdDSA", &ED), "EdDSA", "Ed25519", 1),
        (paired("Ed25519", &ED), "EdDSA", "Ed25519", 1),
    ] {
        let keys = published(&signer(&secret));

        let key = keys[0].as_object().unwrap();
        assert_eq!(
            (&key["alg"], &key["crv"]),
            (&json!(algorithm), &json!(curve))
        );
        assert_eq!(key.len(), 5 + coordinates);
        for member in ["alg", "crv", "kid", "kty", "use", "x"] {
            assert!(key.contains_key(member), "{member}");
        }
        assert_eq!(key.contains_key("y"), coordinates == 2);
    }
}

#[test]
fn a_key_without_an_id_is_published_under_a_random_one() {
    let keys = published(&signer(&paired("RS256", &RSA)));

    let key_id = keys[0]["kid"].as_str().unwrap();
    assert_eq!(Uuid::try_parse(key_id).unwrap().get_version_num(), 4);
}

#[test]
fn a_shared_secret_is_not_published() {
    assert_eq!(shared().public_keys().0, r#"{"keys":[]}"#);
}
