//! `POST /signin/passwordless/email` and `POST /signup/passwordless/email`

use futures_util::future::join_all;
use serde_json::json;

use crate::support::{Database, PASSWORD, Server, ServerBuilder, on_both_databases};

const SIGN_IN: &str = "/signin/passwordless/email";
const SIGN_UP: &str = "/signup/passwordless/email";
const USERS: &str = "SELECT count(*) AS count FROM auth.users";

async fn by_mail(database: &Database) -> Server {
    ServerBuilder::new(database).by_mail().start().await
}

on_both_databases! {
    async fn a_link_signs_up_whoever_is_unknown(database) {
        let server = ServerBuilder::new(&database)
            .by_mail()
            .set("AUTH_LOCALE_ALLOWED_LOCALES", "en,fr")
            .start()
            .await;
        let options = json!({
            "displayName": "Ada Lovelace",
            "locale": "fr",
            "metadata": { "a": 1 },
            "redirectTo": "http://localhost:3000/welcome?a=1",
        });

        let body = json!({ "email": "ada@example.com", "options": options });
        let mail = server.mail_after(SIGN_IN, &body).await;
        let redirect = server.follow(&mail).await;
        let token = &redirect.parameters()["refreshToken"];
        let user = server.refresh(&json!(token)).await.expect(200)["user"].clone();

        assert_eq!(mail["template"], "signin-passwordless");
        assert_eq!(mail["locale"], "fr");
        assert_eq!(mail["displayName"], "Ada Lovelace");
        let link = mail["link"].as_str().unwrap();
        assert!(link.ends_with("&type=signinPasswordless"), "{link}");
        assert_eq!(redirect.target(), "http://localhost:3000/welcome");
        assert_eq!(redirect.parameters()["type"], "passwordlessEmail");
        assert_eq!(redirect.parameters()["a"], "1");
        assert_eq!(user["displayName"], "Ada Lovelace");
        assert_eq!(user["emailVerified"], true);
        assert_eq!(user["metadata"], json!({ "a": 1 }));
        assert_eq!(user["roles"], json!(["me", "user"]));
    }

    async fn a_link_signs_in_whoever_is_known_and_changes_nothing_but_where_it_leads(database) {
        let server = ServerBuilder::new(&database)
            .by_mail()
            .set("AUTH_LOCALE_ALLOWED_LOCALES", "en,fr")
            .start()
            .await;
        let options = json!({ "locale": "fr", "displayName": "Ada" });
        let first = json!({ "email": "ada@example.com", "options": options });
        let first = server.mail_after(SIGN_IN, &first).await;
        let ada = server.session_behind(&first).await;

        let options = json!({
            "locale": "en",
            "displayName": "Eve",
            "redirectTo": "http://localhost:3000/b",
        });
        let second = json!({ "email": "ADA@example.com", "options": options });
        let second = server.mail_after(SIGN_IN, &second).await;
        let again = server.session_behind(&second).await;

        assert_eq!(second["locale"], "fr");
        assert_eq!(second["redirectTo"], "http://localhost:3000/b");
        assert_eq!(again["user"], ada["user"]);
        assert_ne!(again["refreshTokenId"], ada["refreshTokenId"]);
    }

    async fn a_password_stays_good_beside_links_once_the_address_is_verified(database) {
        let server = by_mail(&database).await;
        let session = server.verified("ada@example.com").await;

        let mail = server.link_mail("ada@example.com").await;
        server.session_behind(&mail).await;

        server.sign_in("ada@example.com", PASSWORD).await.expect(200);
        server.refresh(&session["refreshToken"]).await.expect(200);
    }

    async fn without_automatic_sign_up_the_unknown_are_neither_told_nor_added(database) {
        let server = ServerBuilder::new(&database)
            .by_mail()
            .set("AUTH_DISABLE_AUTO_SIGNUP", "true")
            .start()
            .await;

        let unknown = server.post(SIGN_IN, &json!({ "email": "ada@example.com" })).await;

        assert_eq!(unknown.expect(200), json!("OK"));
        assert!(server.mails().is_empty());
        assert_eq!(database.count(USERS).await, 0);
        server.mail_after(SIGN_UP, &json!({ "email": "ada@example.com" })).await;
        server.link_mail("ada@example.com").await;
        assert_eq!(database.count(USERS).await, 1);
    }

    async fn a_sign_up_for_a_known_address_sends_nothing_and_tells_nobody(database) {
        let server = by_mail(&database).await;
        let body = json!({ "email": "ada@example.com" });

        let mail = server.mail_after(SIGN_UP, &body).await;
        let again = server.post(SIGN_UP, &body).await;

        assert_eq!(again.expect(200), json!("OK"));
        assert_eq!(server.mails().len(), 1);
        let session = server.session_behind(&mail).await;
        assert_eq!(session["user"]["emailVerified"], true);
    }

    async fn whoever_took_an_address_beforehand_is_out_when_its_owner_comes(database) {
        let server = ServerBuilder::new(&database)
            .by_mail()
            .set("AUTH_EMAIL_SIGNIN_EMAIL_VERIFIED_REQUIRED", "false")
            .start()
            .await;
        let strict = by_mail(&database).await;
        // Pre-hijacking: without required verification, the attacker even has sessions already.
        let intruder = server.sign_up("victim@example.com").await;

        let mail = strict.link_mail("victim@example.com").await;
        let owner = strict.session_behind(&mail).await;

        assert_eq!(owner["user"]["id"], intruder["user"]["id"]);
        for server in [&strict, &server] {
            let message = "Incorrect email or password";
            let answer = server.sign_in("victim@example.com", PASSWORD).await;
            answer.expect_error(401, "invalid-email-password", message);
        }
        let message = "Invalid or expired refresh token";
        let refused = server.refresh(&intruder["refreshToken"]).await;
        refused.expect_error(401, "invalid-refresh-token", message);
        strict.refresh(&owner["refreshToken"]).await.expect(200);
    }

    async fn a_password_that_was_never_verified_is_gone_after_a_link(database) {
        let server = by_mail(&database).await;
        server.verification_mail("victim@example.com").await;

        let mail = server.link_mail("victim@example.com").await;
        server.session_behind(&mail).await;

        let message = "Incorrect email or password";
        let refused = server.sign_in("victim@example.com", PASSWORD).await;
        refused.expect_error(401, "invalid-email-password", message);
    }

    async fn links_are_off_unless_they_are_switched_on(database) {
        let server = Server::on(&database).await;

        for path in [SIGN_IN, SIGN_UP] {
            let answer = server.post(path, &json!({ "email": "ada@example.com" })).await;
            answer.expect_error(409, "disabled-endpoint", "This endpoint is disabled");
        }
    }

    async fn where_nobody_may_sign_up_only_the_known_get_a_link(database) {
        let open = by_mail(&database).await;
        open.verified("ada@example.com").await;
        let server = ServerBuilder::new(&database)
            .by_mail()
            .set("AUTH_DISABLE_SIGNUP", "true")
            .start()
            .await;

        let unknown = server.post(SIGN_IN, &json!({ "email": "bob@example.com" })).await;
        let new = server.post(SIGN_UP, &json!({ "email": "ada@example.com" })).await;

        unknown.expect_error(403, "signup-disabled", "Sign up is disabled.");
        new.expect_error(403, "signup-disabled", "Sign up is disabled.");
        server.link_mail("ada@example.com").await;
    }

    async fn users_who_start_disabled_get_no_link(database) {
        let server = ServerBuilder::new(&database)
            .by_mail()
            .set("AUTH_DISABLE_NEW_USERS", "true")
            .start()
            .await;
        let body = json!({ "email": "ada@example.com" });

        let new = server.post(SIGN_IN, &body).await;
        let known = server.post(SIGN_IN, &body).await;

        new.expect_error(401, "disabled-user", "User is disabled");
        known.expect_error(401, "disabled-user", "User is disabled");
        assert!(server.mails().is_empty());
        assert_eq!(database.count(USERS).await, 1);
    }

    async fn addresses_and_options_that_are_not_allowed_are_refused(database) {
        let server = ServerBuilder::new(&database)
            .by_mail()
            .set("AUTH_ACCESS_CONTROL_BLOCKED_EMAILS", "spam@example.com")
            .start()
            .await;
        let with = |options| json!({ "email": "ada@example.com", "options": options });

        for path in [SIGN_IN, SIGN_UP] {
            let blocked = server.post(path, &json!({ "email": "spam@example.com" })).await;
            let redirect = with(json!({ "redirectTo": "https://evil.example" }));
            let redirect = server.post(path, &redirect).await;
            let role = server.post(path, &with(json!({ "allowedRoles": ["admin"] }))).await;
            let default = server.post(path, &with(json!({ "defaultRole": "admin" }))).await;

            let message = "Incorrect email or password";
            blocked.expect_error(401, "invalid-email-password", message);
            let message = "The value of \"options.redirectTo\" is not allowed.";
            redirect.expect_error(400, "redirectTo-not-allowed", message);
            role.expect_error(400, "role-not-allowed", "Role not allowed");
            let message = "Default role must be in allowed roles";
            default.expect_error(400, "default-role-must-be-in-allowed-roles", message);
        }
        assert!(server.mails().is_empty());
        assert_eq!(database.count(USERS).await, 0);
    }

    async fn bodies_that_do_not_fit_the_description_are_refused(database) {
        let server = by_mail(&database).await;

        for body in [json!({}), json!({ "email": "ada" }), json!({ "email": "a@b.io", "x": 1 })] {
            server.post(SIGN_IN, &body).await.expect_invalid_request();
        }
    }

    async fn of_many_who_ask_for_a_new_address_at_once_nobody_is_refused(database) {
        let server = by_mail(&database).await;
        let body = json!({ "email": "ada@example.com" });

        let answers = join_all((0..8).map(|_| server.post(SIGN_IN, &body))).await;

        for answer in answers {
            assert_eq!(answer.expect(200), json!("OK"));
        }
        assert_eq!(database.count(USERS).await, 1);
        assert_eq!(server.mails().len(), 8);
    }
}
