//! `/.well-known/jwks.json` where access tokens are signed with a private key, and the system's
//! endpoints behind a prefix.

use data_encoding::BASE64URL_NOPAD;
use reqwest::Method;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, KeyPair, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents,
    UnparsedPublicKey,
};
use serde_json::{Value, json};

use crate::support::{Database, ServerBuilder, ec_key, pem, rsa_key};

/// What stands before the point in a `SubjectPublicKeyInfo` of the curve P-256 (RFC 5480).
const SPKI_OF_P256: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

/// What stands before the key in that of an RSA key with 2048 bits (RFC 8017 §A.1).
const SPKI_OF_RSA: [u8; 24] = [
    0x30, 0x82, 0x01, 0x22, 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01,
    0x01, 0x05, 0x00, 0x03, 0x82, 0x01, 0x0f, 0x00,
];

/// A setting that signs with this key.
fn secret(algorithm: &str, public: &[u8], private: &[u8]) -> String {
    let secret = json!({
        "type": algorithm,
        "key": pem("PUBLIC KEY", public),
        "signing_key": pem("PRIVATE KEY", private),
        "kid": "a-key",
    });
    secret.to_string()
}

/// A setting that signs with a new key of the curve P-256.
fn es256() -> String {
    let (pair, private) = ec_key();
    let public = [&SPKI_OF_P256, pair.public_key().as_ref()].concat();
    secret("ES256", &public, &private)
}

/// A setting that signs with an RSA key.
fn rs256() -> String {
    let (pair, private) = rsa_key();
    let public = [&SPKI_OF_RSA, pair.public().as_ref()].concat();
    secret("RS256", &public, &private)
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
async fn keys_that_the_client_knows_are_not_sent_again() {
    let server = ServerBuilder::new(&Database::sqlite())
        .set("HASURA_GRAPHQL_JWT_SECRET", &es256())
        .start()
        .await;
    let ask = async |known: Option<&str>| {
        let mut request = server.request(Method::GET, "/.well-known/jwks.json");
        if let Some(known) = known {
            request = request.header("If-None-Match", known);
        }
        server.send(request).await
    };

    let first = ask(None).await;
    let tag = first.header("etag").to_owned();

    assert!(tag.starts_with('"') && tag.len() > 2, "{tag}");
    first.expect(200);
    for known in [&tag, &format!("W/{tag}"), &format!("\"other\", {tag}"), "*"] {
        let again = ask(Some(known)).await;
        assert_eq!((again.status, again.text.as_str()), (304, ""), "{known}");
        assert_eq!(again.header("etag"), tag);
        assert_eq!(again.header("cache-control"), "public, max-age=300");
    }
    for unknown in ["\"other\"", "nonsense", ""] {
        ask(Some(unknown)).await.expect(200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_rsa_key_is_published_by_its_modulus_and_exponent() {
    let server = ServerBuilder::new(&Database::sqlite())
        .set("HASURA_GRAPHQL_JWT_SECRET", &rs256())
        .start()
        .await;
    let session = server.sign_up("ada@example.com").await;
    let token = session["accessToken"].as_str().unwrap();
    let (signed, signature) = token.rsplit_once('.').unwrap();

    let keys = server.get("/.well-known/jwks.json").await.expect(200);

    let key = &keys["keys"][0];
    let expected = json!({ "keys": [{
        "alg": "RS256", "kid": "a-key", "kty": "RSA", "use": "sig", "n": key["n"], "e": key["e"],
    }] });
    assert_eq!(keys, expected);
    let published = RsaPublicKeyComponents {
        n: decoded(&key["n"]),
        e: decoded(&key["e"]),
    };
    let signature = BASE64URL_NOPAD.decode(signature.as_bytes()).unwrap();
    published
        .verify(&RSA_PKCS1_2048_8192_SHA256, signed.as_bytes(), &signature)
        .unwrap();
    server.get_as(token, "/user").await.expect(200);
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
