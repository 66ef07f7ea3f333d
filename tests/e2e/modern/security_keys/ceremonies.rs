//! Rules of every ceremony: a challenge is valid once (replay), for one purpose and one user, and the
//! signed data has to match the request.

use std::{iter, sync::Arc};

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{EMAIL, expect_invalid, session_of, with_keys};
use crate::support::{
    BrowserTale, Database, SecurityKey, Server, ServerBuilder, on_both_databases,
};

/// The second request of every ceremony.
const VERIFIED: [&str; 4] = [
    "/signup/webauthn/verify",
    "/signin/webauthn/verify",
    "/elevate/webauthn/verify",
    "/user/webauthn/verify",
];

/// The first request of the same.
const BEGUN: [&str; 4] = [
    "/signup/webauthn",
    "/signin/webauthn",
    "/elevate/webauthn",
    "/user/webauthn/add",
];

/// Browsers and keys whose data does not match the request.
fn lies() -> [BrowserTale; 10] {
    let honest = BrowserTale::default;
    [
        BrowserTale {
            origin: "http://evil.example.com",
            ..honest()
        },
        BrowserTale {
            origin: "http://localhost:3001",
            ..honest()
        },
        BrowserTale {
            origin: "https://localhost:3000",
            ..honest()
        },
        BrowserTale {
            origin: "http://app.localhost:3000",
            ..honest()
        },
        BrowserTale {
            rp_id: "evil.example.com",
            ..honest()
        },
        BrowserTale {
            kind: Some("webauthn.other"),
            ..honest()
        },
        BrowserTale {
            kind: Some(""),
            ..honest()
        },
        BrowserTale {
            flags: 0,
            ..honest()
        },
        BrowserTale {
            cross_origin: true,
            ..honest()
        },
        BrowserTale {
            challenge: Some("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA".to_owned()),
            ..honest()
        },
    ]
}

/// Invalid credentials.
fn malformed() -> Vec<Value> {
    let good = json!({
        "id": "AAAA", "rawId": "AAAA", "type": "public-key",
        "response": {
            "clientDataJSON": "e30", "attestationObject": "oA",
            "authenticatorData": "AA", "signature": "AA", "userHandle": null,
        },
    });
    let spoilt = [
        ("/id", json!("BBBB")),
        ("/rawId", json!("")),
        ("/rawId", json!({})),
        ("/type", json!("password")),
        ("/response", json!(null)),
        ("/response/clientDataJSON", json!("%")),
        ("/response/clientDataJSON", json!("bnVsbA")),
        ("/response/clientDataJSON", json!("eyJjaGFsbGVuZ2UiOiIifQ")),
    ];
    let spoilt = spoilt.map(|(path, value)| {
        let mut credential = good.clone();
        *credential.pointer_mut(path).unwrap() = value;
        credential
    });
    [good, json!({})].into_iter().chain(spoilt).collect()
}

on_both_databases! {
    async fn every_route_is_closed_where_keys_are_switched_off(database) {
        let server = Server::on(&database).await;
        let session = server.sign_up(EMAIL).await;
        let token = session["accessToken"].as_str().unwrap();

        let bodies = [json!({ "email": EMAIL }), json!({}), json!({}), json!({})];
        for (path, body) in iter::zip(BEGUN, bodies) {
            let answer = server.post_as(token, path, &body).await;
            answer.expect_error(409, "disabled-endpoint", "This endpoint is disabled");
        }
        for path in VERIFIED {
            let answer = server.post_as(token, path, &json!({ "credential": {} })).await;
            answer.expect_error(409, "disabled-endpoint", "This endpoint is disabled");
        }
    }

    async fn what_cannot_be_a_credential_is_refused_everywhere(database) {
        let server = with_keys(&database).start().await;
        let owner = server.owner(EMAIL).await;

        for path in VERIFIED {
            for credential in malformed() {
                let body = json!({ "credential": credential });
                expect_invalid(&server.post_as(owner.token(), path, &body).await);
            }
            for body in [json!({}), json!({ "credential": null }), json!({ "credential": [] }),
                         json!({ "credential": "x" }), json!({ "credential": {}, "more": 1 })] {
                server.post_as(owner.token(), path, &body).await.expect_invalid_request();
            }
        }
        assert_eq!(database.keys().await, 1);
    }

    async fn what_is_signed_has_to_be_what_was_asked_for(database) {
        let server = with_keys(&database).start().await;
        let mut owner = server.owner(EMAIL).await;

        for tale in lies() {
            let options = server.creation_options("eve@example.com").await;
            let key = SecurityKey::new(&options);
            expect_invalid(&server.sign_up_verify(&key.attest_as(&options, &tale)).await);

            let options = server.request_options().await;
            let signed = owner.key.sign_as(&options, &tale);
            expect_invalid(&server.sign_in_verify(&signed).await);

            let token = owner.token().to_owned();
            let options = server.post_as(&token, "/elevate/webauthn", &json!({})).await.expect(200);
            let signed = owner.key.sign_as(&options, &tale);
            expect_invalid(&server.elevate_verify(&token, &signed).await);

            let options = server.post_as(&token, "/user/webauthn/add", &json!({})).await.expect(200);
            let key = SecurityKey::new(&options);
            let made = key.attest_as(&options, &tale);
            expect_invalid(&server.add_verify(&token, &made).await);
        }
        assert_eq!(database.users().await, 1);
        assert_eq!(database.keys().await, 1);
        assert_eq!(database.sign_count().await, 1);
    }

    async fn a_signature_of_another_key_or_of_something_else_is_refused(database) {
        let server = with_keys(&database).start().await;
        let mut owner = server.owner(EMAIL).await;
        let options = server.request_options().await;
        let mut stranger = SecurityKey::new(&options);

        expect_invalid(&server.sign_in_verify(&stranger.sign(&options)).await);
        let options = server.request_options().await;
        let mut forged = stranger.sign(&options);
        for member in ["id", "rawId"] {
            forged[member] = json!(owner.key.credential_id());
        }
        forged["response"]["userHandle"] = json!(null);
        expect_invalid(&server.sign_in_verify(&forged).await);
        for part in ["authenticatorData", "signature"] {
            let options = server.request_options().await;
            let mut other = owner.key.sign(&options);
            let more = format!("{}AAAA", other["response"][part].as_str().unwrap());
            other["response"][part] = json!(more);
            expect_invalid(&server.sign_in_verify(&other).await);
        }
        session_of(&server.sign_in_with_key(&mut owner.key).await);
    }

    async fn a_challenge_is_good_once(database) {
        let server = with_keys(&database).start().await;
        let options = server.creation_options(EMAIL).await;
        let mut key = SecurityKey::new(&options);
        let made = key.attest(&options);
        session_of(&server.sign_up_verify(&made).await);
        expect_invalid(&server.sign_up_verify(&made).await);

        let options = server.request_options().await;
        session_of(&server.sign_in_verify(&key.sign(&options)).await);
        // Replay: a higher counter does not help, because the challenge is spent.
        expect_invalid(&server.sign_in_verify(&key.sign(&options)).await);

        let options = server.request_options().await;
        let lie = BrowserTale { origin: "http://evil.example.com", ..BrowserTale::default() };
        expect_invalid(&server.sign_in_verify(&key.sign_as(&options, &lie)).await);
        expect_invalid(&server.sign_in_verify(&key.sign(&options)).await);
        let challenges = "SELECT count(*) AS count FROM auth.security_key_challenges";
        assert_eq!(database.count(challenges).await, 0);
    }

    async fn of_many_who_present_one_challenge_at_once_one_is_let_in(database) {
        let server = with_keys(&database).start().await;
        let mut owner = server.owner(EMAIL).await;
        let options = server.request_options().await;
        let signed: Vec<Value> = (0..20).map(|_| owner.key.sign(&options)).collect();

        let server = Arc::new(server);
        let answers = join_all(signed.iter().map(|it| server.sign_in_verify(it))).await;

        let let_in = answers.iter().filter(|it| it.status == 200).count();
        assert_eq!(let_in, 1);
        for answer in answers.iter().filter(|it| it.status != 200) {
            expect_invalid(answer);
        }
    }

    async fn a_challenge_expires(database) {
        let server = with_keys(&database).start().await;
        let mut owner = server.owner(EMAIL).await;
        let moment = match &database {
            Database::Sqlite(_) => "0",
            Database::Postgres(_) => "now()",
        };

        let options = server.request_options().await;
        let statement = format!("UPDATE auth.security_key_challenges SET expires_at = {moment}");
        database.execute(&statement).await;

        expect_invalid(&server.sign_in_verify(&owner.key.sign(&options)).await);
    }

    async fn a_challenge_for_one_thing_is_none_for_another(database) {
        let server = with_keys(&database).start().await;
        let mut owner = server.owner(EMAIL).await;
        let token = owner.token().to_owned();
        let begin = async |path: &str| {
            let body = match path {
                "/signup/webauthn" => json!({ "email": "eve@example.com" }),
                _ => json!({}),
            };
            server.post_as(&token, path, &body).await.expect(200)
        };

        for (begun, verified) in [
            ("/signin/webauthn", "/elevate/webauthn/verify"),
            ("/elevate/webauthn", "/signin/webauthn/verify"),
            ("/user/webauthn/add", "/signin/webauthn/verify"),
            ("/signup/webauthn", "/elevate/webauthn/verify"),
        ] {
            let options = begin(begun).await;
            let body = json!({ "credential": owner.key.sign(&options) });
            expect_invalid(&server.post_as(&token, verified, &body).await);
        }
        for (begun, verified) in [
            ("/signup/webauthn", "/user/webauthn/verify"),
            ("/user/webauthn/add", "/signup/webauthn/verify"),
            ("/signin/webauthn", "/user/webauthn/verify"),
            ("/elevate/webauthn", "/signup/webauthn/verify"),
        ] {
            let options = begin(begun).await;
            let body = json!({ "credential": SecurityKey::new(&options).attest(&options) });
            expect_invalid(&server.post_as(&token, verified, &body).await);
        }
        assert_eq!(database.users().await, 1);
        assert_eq!(database.keys().await, 1);
    }

    async fn a_challenge_for_one_person_is_none_for_another(database) {
        let server = with_keys(&database).start().await;
        let mut ada = server.owner(EMAIL).await;
        let mut eve = server.owner("eve@example.com").await;
        let (adas, eves) = (ada.token().to_owned(), eve.token().to_owned());

        let options = server.post("/signin/webauthn", &json!({ "email": EMAIL })).await.expect(200);
        expect_invalid(&server.sign_in_verify(&eve.key.sign(&options)).await);

        let options = server.post_as(&adas, "/elevate/webauthn", &json!({})).await.expect(200);
        expect_invalid(&server.elevate_verify(&adas, &eve.key.sign(&options)).await);
        let options = server.post_as(&adas, "/elevate/webauthn", &json!({})).await.expect(200);
        expect_invalid(&server.elevate_verify(&eves, &ada.key.sign(&options)).await);
        let options = server.post_as(&adas, "/elevate/webauthn", &json!({})).await.expect(200);
        expect_invalid(&server.elevate_verify(&eves, &eve.key.sign(&options)).await);

        let options = server.post_as(&adas, "/user/webauthn/add", &json!({})).await.expect(200);
        let key = SecurityKey::new(&options);
        expect_invalid(&server.add_verify(&eves, &key.attest(&options)).await);
        assert_eq!(database.keys().await, 2);
    }

    async fn a_ceremony_may_begin_on_one_server_and_end_on_another(database) {
        let one = with_keys(&database).start().await;
        let other = with_keys(&database).start().await;
        let options = one.creation_options(EMAIL).await;
        let mut key = SecurityKey::new(&options);

        session_of(&other.sign_up_verify(&key.attest(&options)).await);
        let options = other.request_options().await;
        session_of(&one.sign_in_verify(&key.sign(&options)).await);
    }

    async fn other_origins_and_another_domain_can_be_allowed(database) {
        let server = ServerBuilder::new(&database)
            .set("AUTH_CLIENT_URL", "https://app.example.com/welcome")
            .set("AUTH_WEBAUTHN_ENABLED", "true")
            .set("AUTH_WEBAUTHN_RP_ID", "example.com")
            .set("AUTH_WEBAUTHN_RP_ORIGINS", "https://example.com, android:apk-key-hash:abc")
            .start()
            .await;
        let tale = |origin| BrowserTale { origin, rp_id: "example.com", ..BrowserTale::default() };
        let options = server.creation_options(EMAIL).await;
        assert_eq!(options["rp"], json!({ "id": "example.com", "name": "example.com" }));
        let mut key = SecurityKey::new(&options);
        let made = key.attest_as(&options, &tale("https://app.example.com"));
        session_of(&server.sign_up_verify(&made).await);

        for origin in ["https://example.com", "android:apk-key-hash:abc"] {
            let options = server.request_options().await;
            session_of(&server.sign_in_verify(&key.sign_as(&options, &tale(origin))).await);
        }
        for origin in ["https://other.example.com", "android:apk-key-hash:abd"] {
            let options = server.request_options().await;
            expect_invalid(&server.sign_in_verify(&key.sign_as(&options, &tale(origin))).await);
        }
    }
}
