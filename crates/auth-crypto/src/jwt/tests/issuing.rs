//! The claims of issued tokens.

use super::*;

#[test]
fn a_token_says_what_hasura_wants_to_know() {
    let token = shared().sign(&claims()).unwrap();

    let (header, payload) = decoded(&token.value);
    assert_eq!(header, json!({ "alg": "HS256", "typ": "JWT" }));
    let expected = json!({
        "sub": "57c3f278-ea3c-4f5f-8f09-12a598d97c1c",
        "iss": "hasura-auth",
        "iat": NOW,
        "exp": NOW + 900,
        "sid": "7c4b324b-865b-4ee5-8919-0a187766fc10",
        "amr": ["pwd"],
        "https://hasura.io/jwt/claims": {
            "x-hasura-allowed-roles": ["user", "me"],
            "x-hasura-default-role": "user",
            "x-hasura-user-id": "57c3f278-ea3c-4f5f-8f09-12a598d97c1c",
            "x-hasura-user-is-anonymous": "false",
        },
    });
    assert_eq!(payload, expected);
    assert_eq!(token.ttl, Duration::from_mins(15));
}

#[test]
fn custom_claims_stand_beside_the_standard_ones() {
    let name = |text| CustomClaimName::parse(text).unwrap();
    let custom = CustomClaims::from_iter([
        (name("projects"), r#"{"a","b"}"#.to_owned()),
        (name("X-Hasura-Org"), "o1".to_owned()),
    ]);

    let token = shared().sign(&AccessClaims { custom, ..claims() }).unwrap();

    let said = decoded(&token.value).1["https://hasura.io/jwt/claims"].clone();
    let expected = json!({
        "x-hasura-allowed-roles": ["user", "me"],
        "x-hasura-default-role": "user",
        "X-Hasura-Org": "o1",
        "x-hasura-projects": "{\"a\",\"b\"}",
        "x-hasura-user-id": "57c3f278-ea3c-4f5f-8f09-12a598d97c1c",
        "x-hasura-user-is-anonymous": "false",
    });
    assert_eq!(said, expected);
}

#[test]
fn key_id_issuer_and_namespace_are_as_configured() {
    let signer = signer(&json!({
        "type": "HS256", "key": SHARED, "kid": "k1", "issuer": "me", "claims_namespace": "hasura",
    }));

    let token = signer
        .sign(&AccessClaims {
            is_anonymous: true,
            ..claims()
        })
        .unwrap();

    let (header, payload) = decoded(&token.value);
    assert_eq!(header["kid"], "k1");
    assert_eq!(payload["iss"], "me");
    assert_eq!(payload["hasura"]["x-hasura-user-is-anonymous"], "true");
    assert_eq!(verify(&signer, &token.value), Ok(plain_user()));
}

#[test]
fn tokens_of_every_algorithm_verify_and_name_it() {
    for secret in every_kind() {
        let signer = signer(&secret);

        let token = signer.sign(&claims()).unwrap().value;

        assert_eq!(decoded(&token).0["alg"], secret["type"]);
        assert_eq!(
            verify(&signer, &token),
            Ok(plain_user()),
            "{}",
            secret["type"]
        );
    }
}

#[test]
fn what_hasura_calls_ed25519_is_eddsa_in_tokens() {
    let token = signer(&paired("Ed25519", &ED))
        .sign(&claims())
        .unwrap()
        .value;

    assert_eq!(decoded(&token).0["alg"], "EdDSA");
    assert_eq!(
        verify(&signer(&paired("EdDSA", &ED)), &token),
        Ok(plain_user())
    );
}

#[test]
fn a_very_long_lifetime_ends_at_the_largest_number() {
    let endless = AccessClaims {
        ttl: Duration::MAX,
        ..claims()
    };

    let token = shared().sign(&endless).unwrap().value;

    assert_eq!(decoded(&token).1["exp"], i64::MAX);
}

#[test]
fn debug_output_hides_the_key() {
    for secret in every_kind() {
        let signer = signer(&secret);
        let output = format!("{signer:?}");

        assert!(output.contains("***"));
        assert!(
            !output.contains(SHARED) && !output.contains("PRIVATE"),
            "{output}"
        );
        let bytes = format!("{:?}", &signer.secret.successor_secret()[..8]);
        assert!(!output.contains(bytes.trim_matches(['[', ']'])), "{output}");
    }
}

#[test]
fn an_elevated_token_names_its_user_once_more() {
    let signer = shared();

    let token = signer
        .sign(&AccessClaims {
            is_elevated: true,
            ..claims()
        })
        .unwrap();

    let (_, payload) = decoded(&token.value);
    let hasura = &payload["https://hasura.io/jwt/claims"];
    assert_eq!(hasura["x-hasura-auth-elevated"], json!(USER));
    let elevated = AccessIdentity {
        is_elevated: true,
        ..plain_user()
    };
    assert_eq!(verify(&signer, &token.value), Ok(elevated));
    let plain = decoded(&signer.sign(&claims()).unwrap().value).1;
    let hasura = &plain["https://hasura.io/jwt/claims"];
    assert_eq!(hasura.get("x-hasura-auth-elevated"), None);
}

#[test]
fn a_token_tells_how_its_user_signed_in() {
    let methods = AuthMethods::from(AuthMethod::Password).and(AuthMethod::OneTimePassword);

    let both = shared()
        .sign(&AccessClaims {
            methods,
            ..claims()
        })
        .unwrap();

    assert_eq!(decoded(&both.value).1["amr"], json!(["pwd", "otp", "mfa"]));
    assert_eq!(verify(&shared(), &both.value).unwrap().methods, methods);
}

#[test]
fn a_token_without_authentication_methods_names_none() {
    let methods = AuthMethods::NONE;

    let token = shared()
        .sign(&AccessClaims {
            methods,
            ..claims()
        })
        .unwrap();

    assert_eq!(decoded(&token.value).1.get("amr"), None);
    assert_eq!(verify(&shared(), &token.value).unwrap().methods, methods);
}

/// The payload of a token of a signer whose secret has these members, too.
fn payload_with(members: &Value) -> Value {
    let mut secret = json!({ "type": "HS256", "key": SHARED });
    for (name, value) in members.as_object().unwrap() {
        secret[name] = value.clone();
    }
    let signer = signer(&secret);
    let elevated = AccessClaims {
        is_elevated: true,
        ..claims()
    };
    let token = signer.sign(&elevated).unwrap();
    let identity = verify(&signer, &token.value).unwrap();
    assert!(identity.is_elevated, "it reads what it wrote");
    decoded(&token.value).1
}

#[test]
fn hasuras_claims_are_where_their_path_leads() {
    let deep = payload_with(&json!({ "claims_namespace_path": "$.hasura['a b'].claims" }));
    let root = payload_with(&json!({ "claims_namespace_path": "$" }));

    assert_eq!(
        deep["hasura"]["a b"]["claims"]["x-hasura-default-role"],
        "user"
    );
    assert_eq!(root["x-hasura-default-role"], "user");
    for payload in [deep, root] {
        assert_eq!(payload["iss"], "hasura-auth");
        assert_eq!(payload["sub"], json!(USER));
        assert!(payload.get("https://hasura.io/jwt/claims").is_none());
    }
}

#[test]
fn hasuras_claims_are_a_text_where_that_was_asked_for() {
    let payload = payload_with(&json!({ "claims_format": "stringified_json" }));

    let text = payload["https://hasura.io/jwt/claims"].as_str().unwrap();
    let claims: Value = serde_json::from_str(text).unwrap();
    assert_eq!(claims["x-hasura-user-id"], json!(USER));
    assert_eq!(claims["x-hasura-allowed-roles"], json!(["user", "me"]));
}

#[test]
fn a_token_is_for_the_audience_of_its_secret() {
    assert_eq!(payload_with(&json!({})).get("aud"), None);
    assert_eq!(payload_with(&json!({ "audience": "app" }))["aud"], "app");
    let several = payload_with(&json!({ "audience": ["app", "site"] }));
    assert_eq!(several["aud"], json!(["app", "site"]));
}
