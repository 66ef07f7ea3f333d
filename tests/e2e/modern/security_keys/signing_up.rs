//! `POST /signup/webauthn` and `/signup/webauthn/verify`

use serde_json::{Value, json};

use super::{EMAIL, expect_invalid, session_of, with_keys};
use crate::support::{Answer, Database, SecurityKey, Server, on_both_databases};

const BEGIN: &str = "/signup/webauthn";
const VERIFY: &str = "/signup/webauthn/verify";

/// Signs up with a new key; the members of `later` are sent beside the credential.
async fn sign_up(server: &Server, begin: &Value, later: Value) -> Answer {
    let options = server.post(BEGIN, begin).await.expect(200);
    let mut body = later;
    body["credential"] = SecurityKey::new(&options).attest(&options);
    server.post(VERIFY, &body).await
}

on_both_databases! {
    async fn the_options_are_those_of_hasura_auth(database) {
        let server = with_keys(&database).set("AUTH_WEBAUTHN_RP_NAME", "Acme").start().await;

        let mut options = server.creation_options(EMAIL).await;

        let id = options["user"]["id"].take();
        assert_eq!(id.as_str().unwrap().len(), 36, "the text of a UUID");
        let challenge = options["challenge"].take();
        assert_eq!(challenge.as_str().unwrap().len(), 43, "32 bytes");
        let algorithms = [-7, -35, -36, -257, -258, -259, -37, -38, -39, -8];
        let expected = json!({
            "rp": { "id": "localhost", "name": "Acme" },
            "user": { "id": null, "name": EMAIL, "displayName": EMAIL },
            "challenge": null,
            "pubKeyCredParams": algorithms.map(|alg| json!({ "type": "public-key", "alg": alg })),
            "timeout": 60000,
            "excludeCredentials": [],
            "authenticatorSelection": {
                "requireResidentKey": false,
                "residentKey": "preferred",
                "userVerification": "preferred",
            },
            "attestation": "indirect",
        });
        assert_eq!(options, expected);
        assert_eq!(database.users().await, 0, "nothing is made before there is a key");
    }

    async fn a_key_makes_an_account_and_signs_in_to_it(database) {
        let server = with_keys(&database).start().await;
        let options = server.creation_options("Ada@Example.com").await;
        let mut key = SecurityKey::new(&options);

        let session = session_of(&server.sign_up_verify(&key.attest(&options)).await);

        assert_eq!(session["user"]["id"], options["user"]["id"]);
        assert_eq!(session["user"]["email"], "Ada@Example.com");
        assert_eq!(session["user"]["emailVerified"], false);
        assert_eq!(session["user"]["displayName"], "Ada@Example.com");
        server.refresh(&session["refreshToken"]).await.expect(200);
        let stored = format!(
            "SELECT count(*) AS count FROM auth.user_security_keys \
             WHERE credential_id = '{}' AND counter = 1 AND transports = '' AND nickname = ''",
            key.credential_id()
        );
        assert_eq!(database.count(&stored).await, 1);
        session_of(&server.sign_in_with_key(&mut key).await);
    }

    async fn what_is_told_later_takes_the_place_of_what_was_told_before(database) {
        let server = with_keys(&database)
            .set("AUTH_USER_DEFAULT_ALLOWED_ROLES", "user,me")
            .set("AUTH_LOCALE_ALLOWED_LOCALES", "en,fr,de")
            .start()
            .await;
        let told = json!({ "email": EMAIL, "options": {
            "displayName": "Ada",
            "locale": "fr",
            "allowedRoles": ["user"],
            "metadata": { "told": "before" },
        }});
        let later = json!({ "nickname": "Ada's phone", "options": { "locale": "de" } });

        let session = session_of(&sign_up(&server, &told, later).await);

        let user = &session["user"];
        assert_eq!(user["displayName"], "Ada");
        assert_eq!(user["locale"], "de");
        assert_eq!(user["roles"], json!(["user"]));
        assert_eq!(user["metadata"], json!({ "told": "before" }));
        let named = "SELECT count(*) AS count FROM auth.user_security_keys \
                     WHERE nickname = 'Ada''s phone'";
        assert_eq!(database.count(named).await, 1);
        // The key is created for the display name.
        let options = server.post(BEGIN, &json!({
            "email": "eve@example.com", "options": { "displayName": "Eve" }
        })).await.expect(200);
        assert_eq!(options["user"]["displayName"], "Eve");
        assert_eq!(options["user"]["name"], "Eve");
    }

    async fn a_key_may_be_named_among_the_options(database) {
        let server = with_keys(&database).start().await;
        let named = |name: &str| json!({ "options": { "nickname": name } });
        let both = json!({ "nickname": "beside", "options": { "nickname": "among" } });

        session_of(&sign_up(&server, &json!({ "email": EMAIL }), named("phone")).await);
        session_of(&sign_up(&server, &json!({ "email": "bob@example.com" }), both).await);

        for name in ["phone", "beside"] {
            let named = format!(
                "SELECT count(*) AS count FROM auth.user_security_keys WHERE nickname = '{name}'"
            );
            assert_eq!(database.count(&named).await, 1, "{name}");
        }
    }

    async fn options_are_checked_at_both_ends(database) {
        let server = with_keys(&database).start().await;
        let refused = [
            (json!({ "redirectTo": "https://evil.example.com" }), 400, "redirectTo-not-allowed",
             "The value of \"options.redirectTo\" is not allowed."),
            (json!({ "allowedRoles": ["admin"] }), 400, "role-not-allowed", "Role not allowed"),
            (json!({ "defaultRole": "me", "allowedRoles": ["user"] }), 400,
             "default-role-must-be-in-allowed-roles", "Default role must be in allowed roles"),
        ];

        for (options, status, code, message) in refused {
            let begin = json!({ "email": EMAIL, "options": options });
            server.post(BEGIN, &begin).await.expect_error(status, code, message);
            let later = json!({ "options": options });
            let answer = sign_up(&server, &json!({ "email": EMAIL }), later).await;
            answer.expect_error(status, code, message);
        }
        assert_eq!(database.users().await, 0);
        assert_eq!(database.keys().await, 0);
    }

    async fn the_access_lists_hold_for_keys(database) {
        let server = with_keys(&database)
            .set("AUTH_ACCESS_CONTROL_ALLOWED_EMAIL_DOMAINS", "acme.com")
            .start()
            .await;

        let refused = server.post(BEGIN, &json!({ "email": EMAIL })).await;

        refused.expect_error(401, "invalid-email-password", "Incorrect email or password");
        server.owner("ada@acme.com").await;
    }

    async fn sign_up_can_be_closed(database) {
        let open = with_keys(&database).start().await;
        let options = open.creation_options(EMAIL).await;
        let key = SecurityKey::new(&options);
        drop(open);
        let closed = with_keys(&database).set("AUTH_DISABLE_SIGNUP", "true").start().await;

        let begin = closed.post(BEGIN, &json!({ "email": EMAIL })).await;
        let verify = closed.sign_up_verify(&key.attest(&options)).await;
        let malformed = closed.sign_up_verify(&json!({})).await;

        for answer in [begin, verify, malformed] {
            answer.expect_error(403, "signup-disabled", "Sign up is disabled.");
        }
        assert_eq!(database.users().await, 0);
    }

    async fn an_address_that_is_taken_is_told_at_the_end(database) {
        let server = with_keys(&database).start().await;
        server.sign_up("ADA@example.com").await;

        let answer = sign_up(&server, &json!({ "email": EMAIL }), json!({})).await;

        answer.expect_error(409, "email-already-in-use", "Email already in use");
        assert_eq!(database.keys().await, 0);
        assert_eq!(database.users().await, 1);
    }

    async fn a_key_that_is_registered_makes_no_second_account(database) {
        let server = with_keys(&database).start().await;
        let owner = server.owner(EMAIL).await;
        let options = server.creation_options("eve@example.com").await;

        let answer = server.sign_up_verify(&owner.key.attest(&options)).await;

        expect_invalid(&answer);
        assert_eq!(database.users().await, 1);
        assert_eq!(database.keys().await, 1);
    }

    async fn where_new_users_wait_to_be_enabled_the_account_is_made_and_closed(database) {
        let server = with_keys(&database)
            .set("AUTH_DISABLE_NEW_USERS", "true")
            .set("AUTH_EMAIL_SIGNIN_EMAIL_VERIFIED_REQUIRED", "true")
            .start()
            .await;
        let options = server.creation_options(EMAIL).await;
        let mut key = SecurityKey::new(&options);

        let answer = server.sign_up_verify(&key.attest(&options)).await;

        answer.expect_error(401, "disabled-user", "User is disabled");
        assert_eq!(database.keys().await, 1);
        assert!(server.mails().is_empty());
        let signed_in = server.sign_in_with_key(&mut key).await;
        signed_in.expect_error(401, "disabled-user", "User is disabled");
    }

    async fn where_addresses_are_verified_a_mail_comes_before_the_session(database) {
        let server = with_keys(&database)
            .set("AUTH_EMAIL_SIGNIN_EMAIL_VERIFIED_REQUIRED", "true")
            .start()
            .await;
        let options = server.creation_options(EMAIL).await;
        let mut key = SecurityKey::new(&options);

        let answer = server.sign_up_verify(&key.attest(&options)).await;

        assert_eq!(answer.expect(200), json!({}));
        let refused = server.sign_in_with_key(&mut key).await;
        refused.expect_error(401, "unverified-user", "User is not verified.");
        let mail = server.mail_to(EMAIL).await;
        assert_eq!(mail["template"], "email-verify");
        server.session_behind(&mail).await;
        session_of(&server.sign_in_with_key(&mut key).await);
    }

    async fn concealed_sign_ups_do_not_tell_whether_an_account_exists(database) {
        let server = with_keys(&database)
            .set("AUTH_EMAIL_SIGNIN_EMAIL_VERIFIED_REQUIRED", "true")
            .set("AUTH_CONCEAL_ERRORS", "true")
            .start()
            .await;

        for email in [EMAIL, EMAIL, "eve@example.com"] {
            let answer = sign_up(&server, &json!({ "email": email }), json!({})).await;
            assert_eq!(answer.expect(200), json!({}), "{email}");
        }
        server.mail_to("eve@example.com").await;
        assert_eq!(database.keys().await, 2);
    }
}
