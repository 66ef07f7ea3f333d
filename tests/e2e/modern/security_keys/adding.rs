//! `POST /user/webauthn/add` and `/user/webauthn/verify`

use serde_json::json;

use super::{EMAIL, expect_invalid, session_of, with_keys};
use crate::support::{Database, PASSWORD, SecurityKey, on_both_databases};

const ADD: &str = "/user/webauthn/add";
const VERIFY: &str = "/user/webauthn/verify";

on_both_databases! {
    async fn a_person_adds_keys_and_signs_in_with_any(database) {
        let server = with_keys(&database).start().await;
        let session = server.sign_up(EMAIL).await;
        let token = session["accessToken"].as_str().unwrap();

        let first_options = server.post_as(token, ADD, &json!({})).await.expect(200);
        let mut first = SecurityKey::new(&first_options);
        let body = json!({ "credential": first.attest(&first_options), "nickname": "Phone" });
        let first_reply = server.post_as(token, VERIFY, &body).await.expect(200);
        let second_options = server.post_as(token, ADD, &json!({})).await.expect(200);
        let mut second = SecurityKey::new(&second_options);
        let second_reply = server.add_verify(token, &second.attest(&second_options)).await;

        assert_eq!(first_options["user"]["id"], session["user"]["id"]);
        assert_eq!(first_options["user"]["name"], EMAIL);
        assert_eq!(first_options["excludeCredentials"], json!([]));
        assert_eq!(
            second_options["excludeCredentials"],
            json!([{ "type": "public-key", "id": first.credential_id() }])
        );
        assert_eq!(first_reply["nickname"], "Phone");
        assert_eq!(first_reply["id"].as_str().unwrap().len(), 36);
        let second_reply = second_reply.expect(200);
        assert_eq!(second_reply.as_object().unwrap().len(), 1, "{second_reply}");
        for key in [&mut first, &mut second] {
            session_of(&server.sign_in_with_key(key).await);
        }
    }

    async fn a_session_and_an_account_that_may_be_used_are_needed(database) {
        let server = with_keys(&database).start().await;
        let session = server.sign_up(EMAIL).await;
        let token = session["accessToken"].as_str().unwrap();

        for path in [ADD, VERIFY] {
            let body = json!({ "credential": {} });
            let nobody = server.post(path, &body).await;
            assert!(nobody.expect(400)["error"].as_str().unwrap().contains("Security"));
        }
        database.execute("UPDATE auth.users SET disabled = true").await;
        for path in [ADD, VERIFY] {
            let body = json!({ "credential": {} });
            let disabled = server.post_as(token, path, &body).await;
            disabled.expect_error(401, "disabled-user", "User is disabled");
        }
    }

    async fn a_key_that_is_registered_is_refused_whoever_has_it(database) {
        let server = with_keys(&database).start().await;
        let ada = server.owner(EMAIL).await;
        let eve = server.owner("eve@example.com").await;

        for token in [ada.token(), eve.token()] {
            let options = server.post_as(token, ADD, &json!({})).await.expect(200);
            expect_invalid(&server.add_verify(token, &ada.key.attest(&options)).await);
        }
        assert_eq!(database.keys().await, 2);
    }

    async fn a_nickname_is_one_short_line(database) {
        let server = with_keys(&database).start().await;
        let session = server.sign_up(EMAIL).await;
        let token = session["accessToken"].as_str().unwrap();

        for nickname in [json!("x".repeat(256)), json!("a\nb"), json!(null), json!(7)] {
            let options = server.post_as(token, ADD, &json!({})).await.expect(200);
            let credential = SecurityKey::new(&options).attest(&options);
            let body = json!({ "credential": credential, "nickname": nickname });
            server.post_as(token, VERIFY, &body).await.expect_invalid_request();
        }
        assert_eq!(database.keys().await, 0);
    }

    async fn whoever_took_an_address_first_is_out_with_their_keys_when_its_owner_moves_in(database) {
        let server = with_keys(&database).by_mail()
            .set("AUTH_EMAIL_SIGNIN_EMAIL_VERIFIED_REQUIRED", "false")
            .start()
            .await;
        let mut thief = server.owner(EMAIL).await;
        let begun = server
            .post_as(thief.token(), ADD, &json!({}))
            .await
            .expect(200);

        let mail = server.link_mail(EMAIL).await;
        let session = server.session_behind(&mail).await;

        assert_eq!(database.keys().await, 0);
        expect_invalid(&server.sign_in_with_key(&mut thief.key).await);
        let late = SecurityKey::new(&begun);
        server.add_verify(thief.token(), &late.attest(&begun)).await.expect_void_token();
        // Pre-hijacking: from now on the account is its owner's, and so are the keys.
        let token = session["accessToken"].as_str().unwrap();
        let mut own = server.added_key(token).await;
        server.session_behind(&server.link_mail(EMAIL).await).await;
        session_of(&server.sign_in_with_key(&mut own).await);
    }

    async fn a_password_reset_by_the_owner_of_the_mailbox_drops_the_keys_of_a_thief(database) {
        let server = with_keys(&database).by_mail()
            .set("AUTH_EMAIL_SIGNIN_EMAIL_VERIFIED_REQUIRED", "false")
            .start()
            .await;
        let mut thief = server.owner(EMAIL).await;

        let mail = server.mail_after("/user/password/reset", &json!({ "email": EMAIL })).await;
        let body = json!({ "newPassword": PASSWORD, "ticket": mail["ticket"] });
        server.post("/user/password", &body).await.expect(200);

        expect_invalid(&server.sign_in_with_key(&mut thief.key).await);
        assert_eq!(database.keys().await, 0);
        server.sign_in(EMAIL, PASSWORD).await.expect(200);
    }
}
