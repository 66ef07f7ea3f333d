//! `POST /user/email/change` and `POST /user/email/send-verification-email`

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{Database, PASSWORD, Server, ServerBuilder, on_both_databases};

const CHANGE: &str = "/user/email/change";
const SEND: &str = "/user/email/send-verification-email";

async fn by_mail(database: &Database) -> Server {
    ServerBuilder::new(database).by_mail().start().await
}

/// The mail whose link changes the address of this session's account.
async fn change_mail(server: &Server, session: &Value, new_email: &str) -> Value {
    let token = session["accessToken"].as_str().unwrap();
    let body = json!({ "newEmail": new_email });
    let answer = server.post_as(token, CHANGE, &body).await;
    assert_eq!(answer.expect(200), json!("OK"));
    server.last_mail()
}

async fn current_user(server: &Server, session: &Value) -> Value {
    let token = session["accessToken"].as_str().unwrap();
    server.get_as(token, "/user").await.expect(200)
}

on_both_databases! {
    async fn an_address_changes_once_the_link_in_the_new_mailbox_is_followed(database) {
        let server = by_mail(&database).await;
        let ada = server.verified("ada@example.com").await;
        let token = ada["accessToken"].as_str().unwrap();
        let options = json!({ "redirectTo": "http://localhost:3000/profile" });
        let body = json!({ "newEmail": "ada@new.example", "options": options });

        assert_eq!(server.post_as(token, CHANGE, &body).await.expect(200), json!("OK"));
        let mail = server.last_mail();
        let before = current_user(&server, &ada).await;
        let redirect = server.follow(&mail).await;
        let after = current_user(&server, &ada).await;

        assert_eq!(mail["template"], "email-confirm-change");
        assert_eq!(mail["to"], "ada@new.example");
        assert_eq!(mail["newEmail"], "ada@new.example");
        assert_eq!(mail["displayName"], "ada@example.com");
        let link = mail["link"].as_str().unwrap();
        assert!(link.ends_with("&type=emailConfirmChange"), "{link}");
        assert_eq!(before["email"], "ada@example.com");
        assert_eq!(redirect.target(), "http://localhost:3000/profile");
        assert_eq!(redirect.parameters()["type"], "emailConfirmChange");
        let session = server.refresh(&json!(redirect.parameters()["refreshToken"])).await;
        assert_eq!(session.expect(200)["user"]["email"], "ada@new.example");
        assert_eq!(after["email"], "ada@new.example");
        assert_eq!(after["emailVerified"], true);
        server.sign_in("ada@example.com", PASSWORD).await.expect(401);
        server.sign_in("ada@new.example", PASSWORD).await.expect(200);
    }

    async fn asking_for_a_change_verifies_no_address(database) {
        let server = ServerBuilder::new(&database)
            .by_mail()
            .set("AUTH_EMAIL_SIGNIN_EMAIL_VERIFIED_REQUIRED", "false")
            .start()
            .await;
        let ada = server.sign_up("ada@example.com").await;

        let mail = change_mail(&server, &ada, "ada@new.example").await;
        let before = current_user(&server, &ada).await;
        server.follow(&mail).await;
        let after = current_user(&server, &ada).await;

        assert_eq!(before["emailVerified"], false);
        assert_eq!(after["emailVerified"], true);
    }

    async fn a_link_moves_an_account_to_no_other_mailbox_than_its_own(database) {
        let server = by_mail(&database).await;
        let eve = server.verified("eve@example.com").await;

        let own = change_mail(&server, &eve, "eve@new.example").await;
        let foreign = change_mail(&server, &eve, "victim@example.com").await;
        let followed = server.follow(&own).await;

        followed.expect_error_at_client("invalid-ticket", "Invalid ticket");
        assert_eq!(current_user(&server, &eve).await["email"], "eve@example.com");
        server.follow(&foreign).await;
        assert_eq!(current_user(&server, &eve).await["email"], "victim@example.com");
    }

    async fn whoever_follows_and_asks_again_at_once_gets_no_foreign_address(database) {
        let server = by_mail(&database).await;
        let eve = server.verified("eve@example.com").await;
        let token = eve["accessToken"].as_str().unwrap();

        for round in 0..10 {
            let own = format!("eve{round}@example.com");
            let mail = change_mail(&server, &eve, &own).await;
            let body = json!({ "newEmail": "victim@example.com" });
            let asking = join_all((0..3).map(|_| server.post_as(token, CHANGE, &body)));
            let (_, _) = tokio::join!(server.follow(&mail), asking);

            let moved = "SELECT count(*) AS count FROM auth.users WHERE email = 'victim@example.com'";
            assert_eq!(database.count(moved).await, 0);
        }
    }

    async fn mails_to_the_former_address_are_worth_nothing_after_a_change(database) {
        let server = by_mail(&database).await;
        let ada = server.verified("ada@example.com").await;
        let mail = change_mail(&server, &ada, "ada@new.example").await;
        let sign_in = server.link_mail("ada@example.com").await;
        let body = json!({ "email": "ada@example.com" });
        let reset = server.mail_after("/user/password/reset", &body).await;

        server.session_behind(&mail).await;

        for former in [sign_in, reset, mail] {
            let answer = server.follow(&former).await;
            answer.expect_error_at_client("invalid-ticket", "Invalid ticket");
        }
    }

    async fn an_address_in_use_cannot_be_changed_to(database) {
        let server = by_mail(&database).await;
        server.verified("bob@example.com").await;
        let ada = server.verified("ada@example.com").await;
        let token = ada["accessToken"].as_str().unwrap();
        let mails = server.mails().len();

        for new_email in ["bob@example.com", "Bob@example.com", "ada@example.com"] {
            let answer = server.post_as(token, CHANGE, &json!({ "newEmail": new_email })).await;
            answer.expect_error(409, "email-already-in-use", "Email already in use");
        }

        assert_eq!(server.mails().len(), mails);
    }

    async fn an_address_that_was_taken_meanwhile_is_refused_at_the_link(database) {
        let server = by_mail(&database).await;
        let ada = server.verified("ada@example.com").await;
        let mail = change_mail(&server, &ada, "bob@example.com").await;
        server.verified("bob@example.com").await;

        let answer = server.follow(&mail).await;
        let again = server.follow(&mail).await;

        answer.expect_error_at_client("email-already-in-use", "Email already in use");
        again.expect_error_at_client("invalid-ticket", "Invalid ticket");
        assert_eq!(current_user(&server, &ada).await["email"], "ada@example.com");
    }

    async fn a_change_needs_a_user_an_address_and_an_allowed_place(database) {
        let server = ServerBuilder::new(&database)
            .by_mail()
            .set("AUTH_ACCESS_CONTROL_BLOCKED_EMAIL_DOMAINS", "blocked.example")
            .start()
            .await;
        let ada = server.verified("ada@example.com").await;
        let token = ada["accessToken"].as_str().unwrap();
        let mails = server.mails().len();

        let nobody = server.post(CHANGE, &json!({ "newEmail": "ada@new.example" })).await;
        let nothing = server.post_as(token, CHANGE, &json!({})).await;
        let options = json!({ "redirectTo": "https://evil.example" });
        let place = json!({ "newEmail": "ada@new.example", "options": options });
        let place = server.post_as(token, CHANGE, &place).await;
        let blocked = server.post_as(token, CHANGE, &json!({ "newEmail": "a@blocked.example" })).await;
        database.execute("UPDATE auth.users SET disabled = true").await;
        let disabled = server.post_as(token, CHANGE, &json!({ "newEmail": "ada@new.example" })).await;

        assert_eq!(nobody.status, 400);
        nothing.expect_invalid_request();
        let message = "The value of \"options.redirectTo\" is not allowed.";
        place.expect_error(400, "redirectTo-not-allowed", message);
        blocked.expect_error(401, "invalid-email-password", "Incorrect email or password");
        disabled.expect_error(401, "disabled-user", "User is disabled");
        assert_eq!(server.mails().len(), mails);
    }

    async fn another_verification_mail_is_sent_and_the_first_one_stays_good(database) {
        let server = by_mail(&database).await;
        let first = server.verification_mail("ada@example.com").await;
        let options = json!({ "redirectTo": "http://localhost:3000/verified" });
        let body = json!({ "email": "ADA@example.com", "options": options });

        let second = server.mail_after(SEND, &body).await;

        assert_eq!(second["template"], "email-verify");
        assert_eq!(second["to"], "ada@example.com");
        assert_eq!(second["redirectTo"], "http://localhost:3000/verified");
        assert_ne!(second["ticket"], first["ticket"]);
        let session = server.session_behind(&first).await;
        assert_eq!(session["user"]["emailVerified"], true);
        let answer = server.follow(&second).await;
        assert_eq!(answer.target(), "http://localhost:3000/verified");
        assert_eq!(answer.parameters()["error"], "invalid-ticket");
    }

    async fn a_verification_mail_is_for_those_who_need_one(database) {
        let server = by_mail(&database).await;
        server.verified("ada@example.com").await;
        server.verification_mail("bob@example.com").await;
        let disable = "UPDATE auth.users SET disabled = true WHERE email = 'bob@example.com'";
        database.execute(disable).await;
        let mails = server.mails().len();

        let verified = server.post(SEND, &json!({ "email": "ada@example.com" })).await;
        let disabled = server.post(SEND, &json!({ "email": "bob@example.com" })).await;
        let unknown = server.post(SEND, &json!({ "email": "eve@example.com" })).await;
        let options = json!({ "redirectTo": "https://evil.example" });
        let place = json!({ "email": "eve@example.com", "options": options });
        let place = server.post(SEND, &place).await;

        let message = "User's email is already verified";
        verified.expect_error(400, "email-already-verified", message);
        disabled.expect_error(401, "disabled-user", "User is disabled");
        unknown.expect_error(401, "invalid-email-password", "Incorrect email or password");
        let message = "The value of \"options.redirectTo\" is not allowed.";
        place.expect_error(400, "redirectTo-not-allowed", message);
        server.post(SEND, &json!({})).await.expect_invalid_request();
        assert_eq!(server.mails().len(), mails);
    }
}
