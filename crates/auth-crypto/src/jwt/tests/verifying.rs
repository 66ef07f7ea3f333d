//! Which tokens are accepted, and which are not.

use super::*;

#[test]
fn a_token_of_another_program_with_the_key_verifies() {
    assert_eq!(verify(&shared(), &signed(&good_claims())), Ok(plain_user()));
    // It may leave out when it was issued.
    assert_eq!(
        verify(&shared(), &signed(&without("iat"))),
        Ok(plain_user())
    );
}

#[test]
fn a_token_is_good_until_the_second_before_it_expires() {
    let token = shared().sign(&claims()).unwrap().value;

    assert_eq!(shared().verify(&token, at(NOW)), Ok(plain_user()));
    assert_eq!(shared().verify(&token, at(NOW + 899)), Ok(plain_user()));
    assert_eq!(
        shared().verify(&token, at(NOW + 900)),
        Err(InvalidAccessToken)
    );
}

/// Two servers never agree on the second, and a token is often used in the one it was issued in.
#[test]
fn the_issuers_clock_may_be_a_minute_ahead_and_no_more() {
    for claim in ["iat", "nbf"] {
        let ahead = |seconds: i64| signed(&with(claim, json!(NOW + seconds)));

        assert_eq!(verify(&shared(), &ahead(1)), Ok(plain_user()), "{claim}");
        assert_eq!(verify(&shared(), &ahead(60)), Ok(plain_user()), "{claim}");
        assert!(is_refused(&shared(), &ahead(61)), "{claim}");
    }
    let own = shared().sign(&claims()).unwrap().value;
    assert_eq!(shared().verify(&own, at(NOW - 60)), Ok(plain_user()));
    assert_eq!(shared().verify(&own, at(NOW - 61)), Err(InvalidAccessToken));
}

/// Whichever clock is right, the end of a token is what its issuer promised.
#[test]
fn nothing_is_added_to_the_life_of_a_token() {
    let early = with("exp", json!(NOW));
    let with_leeway = json!({
        "iss": "hasura-auth", "sub": USER, "iat": NOW + 30, "nbf": NOW + 30, "exp": NOW,
    });
    for claims in [early, with_leeway] {
        assert!(is_refused(&shared(), &signed(&claims)), "{claims}");
    }
}

#[test]
fn claims_that_do_not_make_a_good_token_are_refused() {
    let refused = [
        without("exp"),
        with("exp", json!(NOW)),
        with("exp", json!(-1)),
        with("exp", json!((NOW + 900).to_string())),
        with("exp", json!(f64::from(2_000_000_000) + 0.5)),
        with("exp", json!(2_000_000_000.0)),
        with("exp", json!(1e300)),
        with("exp", json!(u64::MAX)),
        with("exp", json!(null)),
        with("exp", json!([NOW + 900])),
        with("iat", json!(i64::MAX)),
        with("iat", json!(u64::MAX)),
        with("iat", json!(1.5)),
        with("iat", json!(null)),
        with("nbf", json!(i64::MAX)),
        with("nbf", json!("now")),
        without("iss"),
        with("iss", json!("Hasura-auth")),
        with("iss", json!(["hasura-auth"])),
        with("iss", json!(null)),
        without("sub"),
        with("sub", json!("")),
        with("sub", json!("admin")),
        with("sub", json!(7)),
        with("sub", json!(USER.simple().to_string())),
        with("sub", json!(USER.urn().to_string())),
        with("sub", json!(format!("{USER} "))),
        json!([]),
        json!("hasura-auth"),
        json!(null),
    ];
    for claims in refused {
        assert!(is_refused(&shared(), &signed(&claims)), "{claims}");
    }
}

#[test]
fn the_largest_whole_second_is_no_reason_to_fail() {
    let claims = with("exp", json!(i64::MAX));

    assert_eq!(verify(&shared(), &signed(&claims)), Ok(plain_user()));
}

#[test]
fn a_payload_that_is_not_json_is_refused() {
    let deep = "[".repeat(5_000);
    let huge_number = format!(r#"{{"exp":{}}}"#, "9".repeat(5_000));
    let trailing = format!("{} x", good_claims());
    for payload in ["", "{", "\u{0}", &deep, &huge_number, &trailing] {
        assert!(is_refused(&shared(), &signed_text(payload)));
    }
}

#[test]
fn the_header_cannot_choose_the_algorithm() {
    let payload = good_claims().to_string();
    let key = hs256(SHARED.as_bytes());
    for algorithm in ["none", "None", "HS384", "hs256", "RS256", ""] {
        let header = json!({ "alg": algorithm });

        assert!(is_refused(&shared(), &token(&header, &payload, &key)));
        let unsigned = token(&header, &payload, |_| Vec::new());
        assert!(is_refused(&shared(), &unsigned), "{algorithm}");
    }
    for header in [
        json!({}),
        json!({ "alg": null }),
        json!({ "alg": ["HS256"] }),
    ] {
        assert!(is_refused(&shared(), &token(&header, &payload, &key)));
    }
}

#[test]
fn a_public_key_is_not_taken_for_a_shared_secret() {
    let signer = signer(&paired("RS256", &RSA));
    let public_key = public_pem(&RSA);
    let payload = good_claims().to_string();
    for algorithm in ["HS256", "RS256"] {
        for key in [public_key.as_str(), public_key.trim_end()] {
            let header = json!({ "alg": algorithm });
            let forged = token(&header, &payload, hs256(key.as_bytes()));

            assert!(is_refused(&signer, &forged));
        }
    }
}

#[test]
fn the_header_cannot_choose_the_key() {
    let attacker = signer(&paired("RS256", &OTHER_RSA));
    let signer = signer(&paired("RS256", &RSA));
    let payload = good_claims().to_string();
    let own_key = &published(&attacker)[0];
    for header in [
        json!({ "alg": "RS256" }),
        json!({ "alg": "RS256", "jwk": own_key }),
        json!({ "alg": "RS256", "jku": "https://attacker.example/keys", "kid": own_key["kid"] }),
        json!({ "alg": "RS256", "x5u": "https://attacker.example/cert" }),
        json!({ "alg": "RS256", "kid": "../../../dev/null" }),
        json!({ "alg": "RS256", "kid": "' UNION SELECT 'key" }),
    ] {
        let forged = token(&header, &payload, rs256(&OTHER_RSA));

        assert!(is_refused(&signer, &forged), "{header}");
    }
}

#[test]
fn the_key_id_of_a_token_has_no_effect() {
    let signer = signer(&json!({ "type": "HS256", "key": SHARED, "kid": "k1" }));
    let payload = good_claims().to_string();
    for header in [
        json!({ "alg": "HS256" }),
        json!({ "alg": "HS256", "kid": "k0" }),
    ] {
        let token = token(&header, &payload, hs256(SHARED.as_bytes()));

        assert_eq!(verify(&signer, &token), Ok(plain_user()), "{header}");
    }
}

#[test]
fn critical_extensions_are_refused() {
    let payload = good_claims().to_string();
    for critical in [
        json!(["exp"]),
        json!(["b64"]),
        json!([]),
        json!("exp"),
        json!(null),
    ] {
        let header = json!({ "alg": "HS256", "crit": critical, "b64": true, "exp": 1 });
        let token = token(&header, &payload, hs256(SHARED.as_bytes()));

        assert!(is_refused(&shared(), &token), "{critical}");
    }
}

/// Token confusion: the same key may sign access tokens of OAuth clients, ID tokens and more.
#[test]
fn a_token_for_another_purpose_is_no_session_token() {
    let named = |name: &str| {
        [
            with(name, json!("x")),
            with(name, json!("")),
            with(name, json!(null)),
            with(name, json!({})),
        ]
    };
    for name in [
        "client_id",
        "scope",
        "scp",
        "azp",
        "act",
        "may_act",
        "cnf",
        "nonce",
        "at_hash",
        "c_hash",
        "events",
        "token_use",
    ] {
        for claims in named(name) {
            assert!(is_refused(&shared(), &signed(&claims)), "{claims}");
        }
    }
    // The claims of the original's tokens: nothing but Hasura's.
    let mut original = without("sid");
    original.as_object_mut().unwrap().remove("amr");
    original["https://hasura.io/jwt/claims"] = json!({ "x-hasura-default-role": "user" });
    assert!(verify(&shared(), &signed(&original)).is_ok());
}

#[test]
fn a_token_for_an_audience_is_refused_unless_the_secret_names_it() {
    let secret =
        |audience: Value| signer(&json!({ "type": "HS256", "key": SHARED, "audience": audience }));
    let aimless = signed(&good_claims());
    let at = |audience: Value| signed(&with("aud", audience));

    for without_audience in [shared(), secret(json!([])), secret(json!(""))] {
        assert_eq!(verify(&without_audience, &aimless), Ok(plain_user()));
        for audience in [
            json!("app"),
            json!(["app"]),
            json!("hasura-auth"),
            json!(""),
            json!([]),
            json!(null),
            json!(7),
        ] {
            let token = at(audience.clone());
            assert!(is_refused(&without_audience, &token), "{audience}");
        }
    }
    for ours in [secret(json!("app")), secret(json!(["site", "app"]))] {
        assert_eq!(verify(&ours, &aimless), Ok(plain_user()));
        assert_eq!(verify(&ours, &at(json!("app"))), Ok(plain_user()));
        assert_eq!(verify(&ours, &at(json!(["app"]))), Ok(plain_user()));
        for audience in [
            json!("App"),
            json!("other"),
            json!(["app", "other"]),
            json!([]),
            json!([["app"]]),
            json!({ "app": true }),
            json!(null),
        ] {
            assert!(is_refused(&ours, &at(audience.clone())), "{audience}");
        }
    }
}

#[test]
fn the_type_of_a_token_is_that_of_a_session_token_or_left_out() {
    let typed = |kind: &Value| {
        let header = json!({ "alg": "HS256", "typ": kind });
        token(
            &header,
            &good_claims().to_string(),
            hs256(SHARED.as_bytes()),
        )
    };
    for kind in ["JWT", "jwt", "Jwt", "application/jwt", "application/JWT"] {
        assert_eq!(
            verify(&shared(), &typed(&json!(kind))),
            Ok(plain_user()),
            "{kind}"
        );
    }
    for kind in [
        json!("at+jwt"),
        json!("AT+JWT"),
        json!("application/at+jwt"),
        json!("logout+jwt"),
        json!("dpop+jwt"),
        json!("secevent+jwt"),
        json!("id+jwt"),
        json!("JOSE"),
        json!("JWE"),
        json!(" JWT"),
        json!("JWT "),
        json!(""),
        json!(null),
        json!(["JWT"]),
        json!(true),
    ] {
        assert!(is_refused(&shared(), &typed(&kind)), "{kind}");
    }
}

#[test]
fn a_token_around_another_token_is_refused() {
    let inner = signed(&good_claims());
    let key = || hs256(SHARED.as_bytes());
    for content_type in [json!("JWT"), json!("json"), json!(""), json!(null)] {
        let header = json!({ "alg": "HS256", "typ": "JWT", "cty": content_type });

        let claims = token(&header, &good_claims().to_string(), key());
        let nested = token(&header, &inner, key());

        assert!(is_refused(&shared(), &claims), "{content_type}");
        assert!(is_refused(&shared(), &nested), "{content_type}");
    }
    let undeclared = token(&json!({ "alg": "HS256", "typ": "JWT" }), &inner, key());
    assert!(is_refused(&shared(), &undeclared));
    // Five parts are an encrypted token (RFC 7516 §3.1), which is never accepted.
    assert!(is_refused(&shared(), &format!("{inner}.AAAA.AAAA")));
}

/// `b64` needs `crit` (RFC 7797 §6); without that it must not change how the payload is read.
#[test]
fn an_unencoded_payload_is_refused() {
    let payload = good_claims().to_string();
    let header = BASE64URL_NOPAD.encode(br#"{"alg":"HS256","b64":false}"#);
    let message = format!("{header}.{payload}");
    let signature = hs256(SHARED.as_bytes())(message.as_bytes());
    let unencoded = format!("{message}.{}", BASE64URL_NOPAD.encode(&signature));

    assert!(is_refused(&shared(), &unencoded));
}

#[test]
fn a_token_of_another_key_or_issuer_is_refused() {
    let good = good_claims();
    let other_key = token(
        &json!({ "alg": "HS256" }),
        &good.to_string(),
        hs256(b"another"),
    );
    let other_issuer = signer(&json!({ "type": "HS256", "key": SHARED, "issuer": "other" }));

    assert!(is_refused(&shared(), &other_key));
    assert!(is_refused(&other_issuer, &signed(&good)));
}

#[test]
fn any_change_of_a_token_is_noticed() {
    for secret in every_kind() {
        let signer = signer(&secret);
        let token = signer.sign(&claims()).unwrap().value;
        for position in 0..token.len() {
            let mut changed = token.clone().into_bytes();
            changed[position] = if changed[position] == b'A' {
                b'B'
            } else {
                b'A'
            };
            let changed = String::from_utf8(changed).unwrap();

            assert!(is_refused(&signer, &changed), "{changed}");
        }
    }
}

#[test]
fn a_truncated_or_prolonged_token_is_refused() {
    for secret in every_kind() {
        let signer = signer(&secret);
        let token = signer.sign(&claims()).unwrap().value;

        for end in 0..token.len() {
            assert!(is_refused(&signer, &token[..end]));
        }
        for longer in ["=", "==", "A", "AAAA", ".", ".AAAA", " ", "\n", "\0", "ü"] {
            let after = format!("{token}{longer}");
            let before = format!("{longer}{token}");
            assert!(is_refused(&signer, &after), "{longer:?}");
            assert!(is_refused(&signer, &before), "{longer:?}");
        }
    }
}

#[test]
fn the_signature_of_another_token_is_refused() {
    for secret in every_kind() {
        let signer = signer(&secret);
        let one = signer.sign(&claims()).unwrap().value;
        let other = signer
            .sign(&AccessClaims {
                is_anonymous: true,
                ..claims()
            })
            .unwrap()
            .value;

        let (message, _) = one.rsplit_once('.').unwrap();
        let (_, signature) = other.rsplit_once('.').unwrap();
        let mixed = format!("{message}.{signature}");
        let unsigned = format!("{message}.");

        assert!(is_refused(&signer, &mixed));
        assert!(is_refused(&signer, &unsigned));
    }
}

#[test]
fn an_elliptic_signature_of_zeros_is_refused() {
    let payload = good_claims().to_string();
    let zeros = token(&json!({ "alg": "ES256" }), &payload, |_| vec![0; 64]);

    assert!(is_refused(&signer(&paired("ES256", &EC)), &zeros));
}

#[test]
fn only_the_compact_form_is_a_token() {
    let compact = signed(&good_claims());
    let parts: Vec<_> = compact.split('.').collect();
    let json_form = json!({
        "protected": parts[0], "payload": parts[1], "signature": parts[2],
    });

    assert!(is_refused(&shared(), &json_form.to_string()));
    assert!(is_refused(&shared(), &format!("Bearer {compact}")));
}

#[test]
fn a_token_may_be_long_but_not_endless() {
    let padded = |bytes: usize| signed(&with("padding", json!("x".repeat(bytes))));
    let long = padded(11_000);
    let too_long = padded(13_000);
    assert!(long.len() < TOKEN_MAX_BYTES && TOKEN_MAX_BYTES < too_long.len());

    assert_eq!(verify(&shared(), &long), Ok(plain_user()));
    assert!(is_refused(&shared(), &too_long));
}

#[test]
fn a_token_is_elevated_for_its_own_user_alone() {
    let namespace = "https://hasura.io/jwt/claims";
    for (claim, is_elevated) in [
        (json!(USER), true),
        (json!(Uuid::from_u128(7)), false),
        (json!("true"), false),
        (json!(true), false),
        (json!(null), false),
    ] {
        let claims = with(namespace, json!({ "x-hasura-auth-elevated": claim }));
        let identity = verify(&shared(), &signed(&claims)).unwrap();
        assert_eq!(identity.is_elevated, is_elevated, "{claim}");
    }
    for namespaced in [json!("text"), json!([]), json!(null)] {
        let identity = verify(&shared(), &signed(&with(namespace, namespaced))).unwrap();
        assert!(!identity.is_elevated);
    }
    let elsewhere = with("x-hasura-auth-elevated", json!(USER));
    assert!(!verify(&shared(), &signed(&elsewhere)).unwrap().is_elevated);
}

#[test]
fn a_token_of_another_program_need_not_name_a_session() {
    for claims in [
        without("sid"),
        with("sid", json!(7)),
        with("sid", json!("x")),
    ] {
        let bearer = verify(&shared(), &signed(&claims)).unwrap();

        assert_eq!(bearer.session, None, "{claims}");
        assert_eq!(bearer.user_id, UserId(USER));
    }
}

#[test]
fn methods_that_are_not_known_are_left_out() {
    for (amr, known) in [
        (json!(["fpt", "pwd", 7]), AuthMethod::Password.into()),
        (json!("pwd"), AuthMethods::NONE),
        (json!(null), AuthMethods::NONE),
    ] {
        let bearer = verify(&shared(), &signed(&with("amr", amr))).unwrap();

        assert_eq!(bearer.methods, known);
    }
}
