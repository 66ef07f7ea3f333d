//! `POST /signin/webauthn` and `/signin/webauthn/verify`

use std::collections::BTreeSet;

use data_encoding::BASE64URL_NOPAD;
use reqwest::Method;
use serde_json::json;

use super::{EMAIL, expect_invalid, session_of, with_keys};
use crate::support::{BrowserTale, Database, PASSWORD, SecurityKey, on_both_databases};

const BEGIN: &str = "/signin/webauthn";

on_both_databases! {
    async fn the_options_name_the_keys_of_an_address_and_otherwise_none(database) {
        let server = with_keys(&database)
            .set("AUTH_WEBAUTHN_ATTESTATION_TIMEOUT", "90000")
            .start()
            .await;
        let owner = server.owner(EMAIL).await;

        let mut discoverable = server.request_options().await;
        let body = json!({ "email": "ADA@example.com" });
        let mut of_ada = server.post(BEGIN, &body).await.expect(200);

        for options in [&mut discoverable, &mut of_ada] {
            let challenge = options["challenge"].take();
            assert_eq!(challenge.as_str().unwrap().len(), 43, "32 bytes");
        }
        let mut expected = json!({
            "challenge": null,
            "timeout": 90000,
            "rpId": "localhost",
            "userVerification": "preferred",
        });
        assert_eq!(discoverable, expected);
        expected["allowCredentials"] =
            json!([{ "type": "public-key", "id": owner.key.credential_id() }]);
        assert_eq!(of_ada, expected);
    }

    async fn a_body_is_not_needed(database) {
        let server = with_keys(&database).start().await;

        let bare = server.send(server.request(Method::POST, BEGIN)).await;

        assert!(bare.expect(200)["challenge"].is_string());
        for body in [json!(null), json!(7), json!("x"), json!({ "email": null }),
                     json!({ "email": "ada" }), json!({ "mail": EMAIL })] {
            server.post(BEGIN, &body).await.expect_invalid_request();
        }
    }

    async fn a_key_signs_in_again_and_again(database) {
        let server = with_keys(&database).start().await;
        let mut owner = server.owner(EMAIL).await;
        let id = owner.session["user"]["id"].clone();

        for _ in 0..2 {
            let session = session_of(&server.sign_in_with_key(&mut owner.key).await);
            assert_eq!(session["user"]["id"], id);
            server.refresh(&session["refreshToken"]).await.expect(200);
        }
        let options = server.post(BEGIN, &json!({ "email": EMAIL })).await.expect(200);
        let body = json!({ "credential": owner.key.sign(&options), "email": "x@example.com" });
        session_of(&server.post("/signin/webauthn/verify", &body).await);
        assert_eq!(database.sign_count().await, 4);
    }

    async fn whom_the_key_is_for_may_be_told_in_either_form_or_not_at_all(database) {
        let server = with_keys(&database).start().await;
        let mut owner = server.owner(EMAIL).await;
        let id = owner.session["user"]["id"].as_str().unwrap().to_owned();
        let decoded = BASE64URL_NOPAD.decode(id.as_bytes()).unwrap();
        let eve = server.owner("eve@example.com").await;
        let other = eve.session["user"]["id"].as_str().unwrap().to_owned();

        for handle in [Some(id.into_bytes()), Some(decoded), Some(Vec::new()), None] {
            owner.key.user_handle = handle;
            session_of(&server.sign_in_with_key(&mut owner.key).await);
        }
        for handle in [other.into_bytes(), b"ada".to_vec(), vec![0; 27]] {
            owner.key.user_handle = Some(handle);
            expect_invalid(&server.sign_in_with_key(&mut owner.key).await);
        }
    }

    async fn an_address_without_an_account_or_a_key_is_refused(database) {
        let server = with_keys(&database).start().await;
        server.sign_up(EMAIL).await;

        let unknown = server.post(BEGIN, &json!({ "email": "eve@example.com" })).await;
        let without_key = server.post(BEGIN, &json!({ "email": EMAIL })).await;

        unknown.expect_error(401, "invalid-email-password", "Incorrect email or password");
        expect_invalid(&without_key);
    }

    async fn an_account_that_may_not_be_used_is_refused_at_both_ends(database) {
        let server = with_keys(&database).start().await;
        let mut owner = server.owner(EMAIL).await;
        let body = json!({ "email": EMAIL });

        database.execute("UPDATE auth.users SET disabled = true").await;
        for answer in [
            server.post(BEGIN, &body).await,
            server.sign_in_with_key(&mut owner.key).await,
        ] {
            answer.expect_error(401, "disabled-user", "User is disabled");
        }
        assert_eq!(database.sign_count().await, 1, "what is refused leaves no trace");
        database.execute("UPDATE auth.users SET disabled = false").await;
        drop(server);
        let strict = with_keys(&database)
            .set("AUTH_EMAIL_SIGNIN_EMAIL_VERIFIED_REQUIRED", "true")
            .start()
            .await;
        for answer in [
            strict.post(BEGIN, &body).await,
            strict.sign_in_with_key(&mut owner.key).await,
        ] {
            answer.expect_error(401, "unverified-user", "User is not verified.");
        }
        drop(strict);
        let shut = with_keys(&database)
            .set("AUTH_ACCESS_CONTROL_BLOCKED_EMAILS", EMAIL)
            .start()
            .await;
        for answer in [
            shut.post(BEGIN, &body).await,
            shut.sign_in_with_key(&mut owner.key).await,
        ] {
            answer.expect_error(401, "invalid-email-password", "Incorrect email or password");
        }
    }

    async fn concealed_errors_do_not_tell_whether_an_account_exists(database) {
        let server = with_keys(&database).set("AUTH_CONCEAL_ERRORS", "true").start().await;
        server.sign_up(EMAIL).await;
        let mut owner = server.owner("eve@example.com").await;
        let statement = "UPDATE auth.users SET disabled = true WHERE email = 'eve@example.com'";
        database.execute(statement).await;

        let mut decoys = BTreeSet::new();
        for email in [EMAIL, "eve@example.com", "nobody@example.com"] {
            let options = server.post(BEGIN, &json!({ "email": email })).await.expect(200);
            let again = json!({ "email": email.to_uppercase() });
            let again = server.post(BEGIN, &again).await.expect(200);
            assert_eq!(options["allowCredentials"].as_array().unwrap().len(), 1, "{email}");
            assert_eq!(options["allowCredentials"], again["allowCredentials"], "{email}");
            assert_ne!(options["challenge"], again["challenge"]);
            decoys.insert(options["allowCredentials"][0]["id"].to_string());
        }
        assert_eq!(decoys.len(), 3);
        let real = owner.key.credential_id();
        assert!(decoys.iter().all(|it| !it.contains(&real)), "{decoys:?}");
        expect_invalid(&server.sign_in_with_key(&mut owner.key).await);
    }

    async fn a_second_factor_is_not_asked_for(database) {
        let server = with_keys(&database).with_mfa().start().await;
        let ada = server.protected(EMAIL).await;
        let mut key = server.added_key(&ada.token).await;

        session_of(&server.sign_in_with_key(&mut key).await);

        let by_password = server.sign_in(EMAIL, PASSWORD).await.expect(200);
        assert!(by_password["mfa"]["ticket"].is_string());
    }

    async fn a_key_that_does_not_count_on_may_be_cloned_and_is_refused(database) {
        let server = with_keys(&database).start().await;
        let email = "cloned@example.com";
        let mut owner = server.owner(email).await;
        owner.key.count = 10;
        session_of(&server.sign_in_with_key(&mut owner.key).await);
        assert_eq!(database.sign_count().await, 11);

        // A cloned key: the copy was made before the key was used.
        for count in [10, 5] {
            owner.key.count = count;
            expect_invalid(&server.sign_in_with_key(&mut owner.key).await);
            assert_eq!(database.sign_count().await, 11, "nothing is changed");
        }
        owner.key.count = 0;
        expect_invalid(&server.sign_in_with_key(&mut owner.key).await);

        server.printed("did not count on").await;
        let log = server.output();
        assert!(!log.contains(&owner.key.credential_id()), "{log}");
        assert!(!log.contains(email), "{log}");
        owner.key.count = 11;
        session_of(&server.sign_in_with_key(&mut owner.key).await);
    }

    async fn a_key_that_never_counts_is_as_good_as_any(database) {
        let server = with_keys(&database).start().await;
        let options = server.creation_options(EMAIL).await;
        let mut key = SecurityKey::new(&options);
        key.count = 0;
        session_of(&server.sign_up_verify(&key.attest(&options)).await);

        for _ in 0..2 {
            session_of(&server.sign_in_with_key(&mut key).await);
        }
        assert_eq!(database.sign_count().await, 0);
    }

    async fn a_person_has_to_be_there_but_need_not_be_recognised(database) {
        let server = with_keys(&database).start().await;
        let mut owner = server.owner(EMAIL).await;

        let present = BrowserTale { flags: 0b0001, ..BrowserTale::default() };
        let options = server.request_options().await;
        session_of(&server.sign_in_verify(&owner.key.sign_as(&options, &present)).await);

        let absent = BrowserTale { flags: 0b0100, ..BrowserTale::default() };
        let options = server.request_options().await;
        expect_invalid(&server.sign_in_verify(&owner.key.sign_as(&options, &absent)).await);
    }

    async fn a_key_may_become_a_synchronised_one(database) {
        let server = with_keys(&database).start().await;
        let mut owner = server.owner(EMAIL).await;

        for flags in [0b0000_1101, 0b0001_1101, 0b0000_0101] {
            let tale = BrowserTale { flags, ..BrowserTale::default() };
            let options = server.request_options().await;
            session_of(&server.sign_in_verify(&owner.key.sign_as(&options, &tale)).await);
        }
        // Contradictory flags: backed up, and yet not eligible for backup.
        let tale = BrowserTale { flags: 0b0001_0101, ..BrowserTale::default() };
        let options = server.request_options().await;
        expect_invalid(&server.sign_in_verify(&owner.key.sign_as(&options, &tale)).await);
    }
}
