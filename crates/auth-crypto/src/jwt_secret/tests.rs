use auth_domain::session::{PlainRefreshToken, SuccessorKey};
use openssl::{asn1::Asn1Time, hash::MessageDigest, nid::Nid, symm::Cipher, x509::X509Builder};
use serde_json::json;
use uuid::Uuid;

use super::*;
use crate::testing::{
    EC, ED, OTHER_RSA, RSA, SHARED, ec, every_kind, paired, private_pem, public_pem, rsa,
};

fn parse(secret: &Value) -> Result<JwtSecret, InvalidJwtSecret> {
    JwtSecret::parse(&secret.to_string())
}

fn with(mut secret: Value, member: &str, value: Value) -> Value {
    secret[member] = value;
    secret
}

fn shared(key: &str) -> Value {
    json!({ "type": "HS256", "key": key })
}

/// The message of the error and of all its causes.
fn complaint(secret: &str) -> String {
    let error = JwtSecret::parse(secret).unwrap_err();
    let mut text = format!("{error} {error:?}");
    let mut cause = std::error::Error::source(&error);
    while let Some(error) = cause {
        text = format!("{text} {error}");
        cause = error.source();
    }
    text
}

#[test]
fn every_supported_type_is_read() {
    for secret in every_kind() {
        let algorithm = parse(&secret)
            .unwrap()
            .key
            .signer
            .algorithm()
            .name()
            .to_owned();

        assert_eq!(secret["type"], algorithm);
    }
}

#[test]
fn what_is_not_given_or_empty_has_its_default() {
    let empty = json!({
        "type": "HS256", "key": "k", "kid": "", "issuer": "", "claims_namespace": null,
        "audience": "",
    });
    for secret in [shared("k"), empty] {
        let secret = parse(&secret).unwrap();

        assert_eq!(secret.key_id, None);
        assert_eq!(secret.profile.issuer, "hasura-auth");
        assert_eq!(secret.profile.place.path, ["https://hasura.io/jwt/claims"]);
        assert_eq!(secret.profile.audiences, [""; 0]);
        assert_eq!(secret.warnings(), [""; 0]);
    }
}

#[test]
fn what_only_hasura_obeys_is_named_with_what_it_will_do() {
    for (member, value, what) in [
        (
            "claims_map",
            json!({ "x-hasura-default-role": "user" }),
            "takes each claim from where",
        ),
        (
            "header",
            json!({ "type": "Cookie", "name": "x" }),
            "looks for tokens where",
        ),
        ("allowed_skew", json!(30), "goes on taking tokens"),
        (
            "jwk_url",
            json!("https://keys.example"),
            "takes keys from there",
        ),
        (
            "claims_nmespace",
            json!("x"),
            "known neither here nor to Hasura",
        ),
    ] {
        let secret = parse(&with(shared(SHARED), member, value)).unwrap();

        let warnings = secret.warnings();
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        assert!(warnings[0].contains(&format!("`{member}`")), "{warnings:?}");
        assert!(warnings[0].contains(what), "{warnings:?}");
    }
    let obeyed = json!({
        "type": "HS256", "key": SHARED, "kid": "k", "issuer": "me", "audience": "app",
        "claims_format": "json", "claims_namespace": "hasura", "header": null, "jwk_url": "",
    });
    assert_eq!(parse(&obeyed).unwrap().warnings(), [""; 0]);
}

#[test]
fn a_name_that_hasura_does_not_know_is_told_with_the_one_it_knows() {
    let warnings = |name| parse(&paired(name, &ED)).unwrap().warnings().to_vec();

    assert_eq!(warnings("Ed25519"), [""; 0]);
    let told = warnings("EdDSA").join("\n");
    assert!(told.contains("Ed25519"), "{told}");
}

#[test]
fn no_warning_repeats_what_may_be_the_key() {
    let key = "f00dfacecafebeef";
    let secret = json!({
        "type": "HS512", "key": key.repeat(3), key: "x", "claims_format": key, "header": key,
        "allowed_skew": key,
    });

    let warnings = parse(&secret).unwrap().warnings().join("\n");

    assert_eq!(warnings.lines().count(), 5, "{warnings}");
    assert!(!warnings.contains(key), "{warnings}");
}

#[test]
fn a_key_that_is_too_short_for_hasura_is_named() {
    for (name, length, is_short) in [
        ("HS256", 32, false),
        ("HS384", 47, true),
        ("HS384", 48, false),
        ("HS512", 63, true),
        ("HS512", 64, false),
    ] {
        let secret = json!({ "type": name, "key": "k".repeat(length) });
        let secret = parse(&secret).unwrap();

        assert_eq!(
            secret.warnings().len(),
            usize::from(is_short),
            "{name} {length}"
        );
        assert!(!secret.is_weak());
    }
}

#[test]
fn an_audience_is_a_text_or_a_list_as_hasura_reads_it() {
    for (audience, expected) in [
        (json!("app"), &["app"][..]),
        (json!(["app", "site"]), &["app", "site"]),
        (json!([]), &[]),
        (json!(null), &[]),
    ] {
        let secret = parse(&with(shared("k"), "audience", audience)).unwrap();

        assert_eq!(secret.profile.audiences, expected);
    }
}

#[test]
fn what_is_wrong_is_named() {
    let pem = public_pem(&RSA);
    for (secret, expected) in [
        (json!("text"), "not a JSON object"),
        (json!([shared(SHARED)]), "not a JSON object"),
        (json!({ "key": SHARED }), "no `type`"),
        (json!({ "type": "HS256" }), "no `key`"),
        (shared(""), "no `key`"),
        (
            json!({ "type": "HS256", "key": 5 }),
            "`key` of the JWT secret is not a string",
        ),
        (
            json!({ "type": "none", "key": SHARED }),
            "not one of HS256,",
        ),
        (
            json!({ "type": "PS256", "key": SHARED }),
            "not one of HS256,",
        ),
        (json!({ "type": "RS256", "key": pem }), "no `signing_key`"),
        (with(paired("RS256", &RSA), "key", json!(null)), "no `key`"),
        (
            with(shared("k"), "kid", json!(1)),
            "`kid` of the JWT secret is not a string",
        ),
        (
            with(shared("k"), "issuer", json!({})),
            "`issuer` of the JWT secret is not a string",
        ),
        (
            with(shared("k"), "claims_namespace", json!("sub")),
            "registered claim",
        ),
        (
            with(shared("k"), "claims_namespace", json!("scope")),
            "no session token has",
        ),
        (
            with(shared("k"), "claims_namespace_path", json!("$.sub.x")),
            "registered claim",
        ),
        (
            with(shared("k"), "claims_namespace_path", json!("hasura")),
            "not a path of names",
        ),
        (
            json!({
                "type": "HS256", "key": "k", "claims_namespace_path": "$",
                "claims_format": "stringified_json",
            }),
            "needs a claim to put the text into",
        ),
        (
            with(shared("k"), "audience", json!(7)),
            "neither a string nor a list",
        ),
        (
            with(shared("k"), "audience", json!(["app", ""])),
            "neither a string nor a list",
        ),
    ] {
        expect_complaint(&secret, expected);
    }
}

#[test]
fn a_key_that_does_not_fit_its_place_or_its_type_is_named() {
    let pem = public_pem(&RSA);
    for (secret, expected) in [
        (
            with(paired("RS256", &RSA), "key", json!("x")),
            "`key` of the JWT secret is not an unenc",
        ),
        (
            with(paired("RS256", &RSA), "signing_key", json!("x")),
            "`signing_key` of the JWT secret",
        ),
        (
            with(paired("RS256", &RSA), "signing_key", json!(pem)),
            "not an unencrypted key",
        ),
        (
            with(paired("RS256", &RSA), "key", json!(private_pem(&RSA))),
            "not an unencrypted key",
        ),
        (
            with(paired("RS256", &RSA), "key", json!(public_pem(&OTHER_RSA))),
            "not the public half",
        ),
        (
            with(paired("RS256", &RSA), "key", json!(public_pem(&EC))),
            "not the public half",
        ),
        (paired("RS256", &EC), "an RSA key of at least 2048 bits"),
        (
            paired("RS512", &rsa(1024)),
            "an RSA key of at least 2048 bits",
        ),
        (paired("ES256", &RSA), "an EC key on the curve P-256"),
        (
            paired("ES256", &ec(Nid::SECP384R1)),
            "an EC key on the curve P-256",
        ),
        (
            paired("ES256", &ec(Nid::SECP256K1)),
            "an EC key on the curve P-256",
        ),
        (paired("ES384", &EC), "an EC key on the curve P-384"),
        (paired("EdDSA", &EC), "an Ed25519 key"),
        (paired("Ed25519", &EC), "an Ed25519 key"),
        (
            paired("EdDSA", &PKey::generate_ed448().unwrap()),
            "an Ed25519 key",
        ),
    ] {
        expect_complaint(&secret, expected);
    }
}

#[track_caller]
fn expect_complaint(secret: &Value, expected: &str) {
    let complaint = parse(secret).unwrap_err().to_string();

    assert!(
        complaint.contains(expected),
        "{expected:?} in {complaint:?}"
    );
}

#[test]
fn text_that_is_not_json_is_refused() {
    for text in [
        "",
        SHARED,
        "{",
        r#"{"type":"HS256","key":"k"}}"#,
        "{'type':'HS256'}",
    ] {
        assert!(complaint(text).contains("not JSON"), "{text}");
    }
}

#[test]
fn no_complaint_repeats_the_key() {
    let key = "f00dfacecafebeef";
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{key}\n-----END PRIVATE KEY-----\n");
    for secret in [
        key.to_owned(),
        format!("\"{key}\""),
        format!("[\"{key}\"]"),
        format!("{{\"type\":\"HS256\",\"key\":\"{key}"),
        format!("{{\"type\":\"HS256\",\"key\":\"{key}\\u\"}}"),
        json!({ "type": key }).to_string(),
        json!({ "type": key, "key": key }).to_string(),
        json!({ "type": "HS256", "key": [key] }).to_string(),
        json!({ "type": "RS256", "key": key, "signing_key": key }).to_string(),
        json!({ "type": "RS256", "key": pem, "signing_key": pem }).to_string(),
        json!({ "type": "RS256", "key": pem, "signing_key": private_pem(&RSA) }).to_string(),
    ] {
        let complaint = complaint(&secret);

        assert!(!complaint.contains(key), "{complaint}");
        assert!(!complaint.contains("BEGIN"), "{complaint}");
    }
}

#[test]
fn older_notations_of_keys_are_read() {
    let key = RSA.rsa().unwrap();
    let pkcs1 = json!({
        "type": "RS256",
        "key": String::from_utf8(key.public_key_to_pem_pkcs1().unwrap()).unwrap(),
        "signing_key": String::from_utf8(key.private_key_to_pem().unwrap()).unwrap(),
    });
    let sec1 = EC.ec_key().unwrap().private_key_to_pem().unwrap();
    let sec1 = with(
        paired("ES256", &EC),
        "signing_key",
        json!(String::from_utf8(sec1).unwrap()),
    );
    let indented = format!("\n{}\n\n", private_pem(&ED));
    let indented = with(paired("EdDSA", &ED), "signing_key", json!(indented));

    for secret in [pkcs1, sec1, indented] {
        parse(&secret).unwrap();
    }
}

#[test]
fn a_certificate_may_take_the_place_of_the_public_key() {
    let mut certificate = X509Builder::new().unwrap();
    certificate.set_pubkey(&RSA).unwrap();
    certificate
        .set_not_before(&Asn1Time::from_unix(0).unwrap())
        .unwrap();
    certificate
        .set_not_after(&Asn1Time::from_unix(1).unwrap())
        .unwrap();
    certificate.sign(&RSA, MessageDigest::sha256()).unwrap();
    let pem = String::from_utf8(certificate.build().to_pem().unwrap()).unwrap();

    parse(&with(paired("RS256", &RSA), "key", json!(pem))).unwrap();
}

#[test]
fn an_encrypted_key_is_refused_without_asking_for_its_passphrase() {
    let cipher = Cipher::aes_256_cbc();
    let pem = RSA
        .private_key_to_pem_pkcs8_passphrase(cipher, b"passphrase")
        .unwrap();
    let pem = String::from_utf8(pem).unwrap();

    let refused = parse(&with(paired("RS256", &RSA), "signing_key", json!(pem)));

    assert!(matches!(
        refused,
        Err(InvalidJwtSecret::NotPem {
            member: "signing_key",
            ..
        })
    ));
}

#[test]
fn a_shared_secret_is_weak_below_thirty_two_bytes() {
    assert!(parse(&shared(&"x".repeat(31))).unwrap().is_weak());
    assert!(!parse(&shared(&"x".repeat(32))).unwrap().is_weak());
    assert!(!parse(&shared(&"ü".repeat(16))).unwrap().is_weak());
    assert!(!parse(&paired("EdDSA", &ED)).unwrap().is_weak());
}

#[test]
fn the_successor_secret_depends_on_the_key_and_not_on_how_it_is_written() {
    let successor = |secret: &Value| {
        let secret = parse(secret).unwrap();
        let key = SuccessorKey::derive(secret.successor_secret());
        PlainRefreshToken::new(Uuid::nil()).successor(&key)
    };
    let pkcs1 = RSA.rsa().unwrap().private_key_to_pem().unwrap();
    let pkcs1 = json!(String::from_utf8(pkcs1).unwrap());

    let one = successor(&paired("RS256", &RSA));

    assert_eq!(
        one,
        successor(&with(paired("RS512", &RSA), "signing_key", pkcs1))
    );
    assert_ne!(one, successor(&paired("RS256", &OTHER_RSA)));
    assert_ne!(successor(&shared("one")), successor(&shared("other")));
}

#[test]
fn debug_output_hides_the_key() {
    for secret in every_kind() {
        let output = format!("{:?}", parse(&secret).unwrap());

        assert!(
            output.contains("***") && output.contains("hasura-auth"),
            "{output}"
        );
        assert!(
            !output.contains(SHARED) && !output.contains("PRIVATE"),
            "{output}"
        );
    }
}
