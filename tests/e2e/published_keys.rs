//! `/.well-known/jwks.json` where access tokens are signed with a private key, and the system's
//! endpoints behind a prefix.

use data_encoding::{BASE64, BASE64URL_NOPAD};
use reqwest::Method;
use ring::{
    rand::SystemRandom,
    signature::{
        ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair,
        UnparsedPublicKey,
    },
};
use serde_json::{Value, json};

use crate::support::{Database, ServerBuilder};

/// What stands before the point in a `SubjectPublicKeyInfo` of the curve P-256 (RFC 5480).
const SPKI_OF_P256: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

fn pem(label: &str, der: &[u8]) -> String {
    let body = BASE64.encode(der);
    let lines: Vec<_> = body.as_bytes().chunks(64).map(str::from_utf8).collect();
    let lines: Vec<_> = lines.into_iter().map(Result::unwrap).collect();
    let body = lines.join("\n");
    format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n")
}

/// A setting that signs with a new key of the curve P-256.
fn es256() -> String {
    let random = SystemRandom::new();
    let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
    let private = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
    let pair = EcdsaKeyPair::from_pkcs8(algorithm, private.as_ref(), &random).unwrap();
    let public = [&SPKI_OF_P256, pair.public_key().as_ref()].concat();
    let secret = json!({
        "type": "ES256",
        "key": pem("PUBLIC KEY", &public),
        "signing_key": pem("PRIVATE KEY", private.as_ref()),
        "kid": "a-key",
    });
    secret.to_string()
}

fn decoded(text: &Value) -> Vec<u8> {
    BASE64URL_NOPAD
        .decode(text.as_str().unwrap().as_bytes())
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_public_key_and_nothing_else_is_published_and_verifies_access_tokens() {
    let server = ServerBuilder::new(&Database::sqlite())
        .set("HASURA_GRAPHQL_JWT_SECRET", &es256())
        .start()
        .await;
    let session = server.sign_up("ada@example.com").await;
    let (signed, signature) = session["accessToken"]
        .as_str()
        .unwrap()
        .rsplit_once('.')
        .unwrap();

    let keys = server.get("/.well-known/jwks.json").await.expect(200);

    let key = &keys["keys"][0];
    let expected = json!({ "keys": [{
        "alg": "ES256", "crv": "P-256", "kid": "a-key", "kty": "EC", "use": "sig",
        "x": key["x"], "y": key["y"],
    }] });
    assert_eq!(keys, expected);
    let point = [vec![4], decoded(&key["x"]), decoded(&key["y"])].concat();
    let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point);
    let signature = BASE64URL_NOPAD.decode(signature.as_bytes()).unwrap();
    key.verify(signed.as_bytes(), &signature).unwrap();
    let header = BASE64URL_NOPAD
        .decode(signed.split('.').next().unwrap().as_bytes())
        .unwrap();
    let header: Value = serde_json::from_slice(&header).unwrap();
    assert_eq!(
        (&header["alg"], &header["kid"]),
        (&json!("ES256"), &json!("a-key"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_a_prefix_health_is_asked_for_in_either_way_and_slashes_are_redirected_away() {
    let server = ServerBuilder::new(&Database::sqlite())
        .set("AUTH_API_PREFIX", "/v1/auth")
        .start()
        .await;

    for path in ["/healthz", "/v1/auth/healthz"] {
        let head = server.send(server.request(Method::HEAD, path)).await;
        assert_eq!((head.status, head.text.as_str()), (200, ""), "{path}");
    }
    let get = server.get("/v1/auth/healthz/?x=1").await;
    let post = server.post("/v1/auth/token/", &json!({})).await;
    let redirect = (get.status, get.header("location"));
    assert_eq!(redirect, (301, "/v1/auth/healthz?x=1"));
    let redirect = (post.status, post.header("location"));
    assert_eq!(redirect, (307, "/v1/auth/token"));
}
