//! `AUTH_EMAIL_LINK_CODE` and `POST /verify/code`

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{Answer, Database, PASSWORD, Server, ServerBuilder, on_both_databases};

const NEW: &str = "battery staple";

async fn with_codes(database: &Database) -> Server {
    ServerBuilder::new(database)
        .by_mail()
        .set("AUTH_EMAIL_LINK_CODE", "true")
        .start()
        .await
}

async fn type_code(server: &Server, email: &str, kind: &str, code: &Value) -> Answer {
    let body = json!({ "email": email, "type": kind, "code": code });
    server.post("/verify/code", &body).await
}

#[track_caller]
fn expect_invalid(answer: &Answer) {
    answer.expect_error(401, "invalid-ticket", "Invalid ticket");
}

on_both_databases! {
    async fn a_code_verifies_an_address_and_signs_in_once(database) {
        let server = with_codes(&database).await;
        let mail = server.verification_mail("ada@example.com").await;

        let answer = type_code(&server, "ADA@example.com", "emailVerify", &mail["code"]).await;

        let session = answer.expect(200)["session"].clone();
        assert_eq!(session["user"]["emailVerified"], true);
        server.refresh(&session["refreshToken"]).await.expect(200);
        server.sign_in("ada@example.com", PASSWORD).await.expect(200);
        expect_invalid(&type_code(&server, "ada@example.com", "emailVerify", &mail["code"]).await);
        server.follow(&mail).await.expect_error_at_client("invalid-ticket", "Invalid ticket");
    }

    async fn a_code_signs_in_as_the_link_beside_it_does(database) {
        let server = with_codes(&database).await;
        let mail = server.link_mail("ada@example.com").await;

        let answer = type_code(&server, "ada@example.com", "signinPasswordless", &mail["code"]).await;

        assert_eq!(answer.expect(200)["session"]["user"]["emailVerified"], true);
    }

    async fn a_code_of_a_reset_signs_in_and_the_session_sets_the_password(database) {
        let server = with_codes(&database).await;
        server.verified("ada@example.com").await;
        let ask = json!({ "email": "ada@example.com" });
        let mail = server.mail_after("/user/password/reset", &ask).await;

        let answer = type_code(&server, "ada@example.com", "passwordReset", &mail["code"]).await;

        let session = answer.expect(200)["session"].clone();
        let bearer = session["accessToken"].as_str().unwrap();
        let set = server.post_as(bearer, "/user/password", &json!({ "newPassword": NEW })).await;
        assert_eq!(set.expect(200), json!("OK"));
        server.sign_in("ada@example.com", NEW).await.expect(200);
    }

    async fn a_code_moves_an_account_to_the_mailbox_it_was_sent_to(database) {
        let server = with_codes(&database).await;
        let session = server.verified("ada@example.com").await;
        let bearer = session["accessToken"].as_str().unwrap();
        let wish = json!({ "newEmail": "new@example.com" });
        server.post_as(bearer, "/user/email/change", &wish).await.expect(200);
        let mail = server.mail_to("new@example.com").await;

        let answer = type_code(&server, "ada@example.com", "emailConfirmChange", &mail["code"]).await;

        assert_eq!(answer.expect(200)["session"]["user"]["email"], "new@example.com");
        server.sign_in("new@example.com", PASSWORD).await.expect(200);
    }

    async fn a_followed_link_makes_the_code_beside_it_worthless(database) {
        let server = with_codes(&database).await;
        let mail = server.link_mail("ada@example.com").await;

        server.session_behind(&mail).await;

        let answer = type_code(&server, "ada@example.com", "signinPasswordless", &mail["code"]).await;
        expect_invalid(&answer);
    }

    async fn a_code_is_good_for_nothing_but_what_its_mail_is_about(database) {
        let server = with_codes(&database).await;
        let mail = server.link_mail("ada@example.com").await;
        let code = &mail["code"];

        for kind in ["emailVerify", "passwordReset", "emailConfirmChange"] {
            expect_invalid(&type_code(&server, "ada@example.com", kind, code).await);
        }
        let as_sign_in_code = json!({ "email": "ada@example.com", "otp": code });
        expect_invalid(&server.post("/signin/otp/email/verify", &as_sign_in_code).await);
        expect_invalid(&type_code(&server, "eve@example.com", "signinPasswordless", code).await);

        type_code(&server, "ada@example.com", "signinPasswordless", code).await.expect(200);
    }

    async fn wrong_codes_are_counted_and_another_mail_buys_no_more(database) {
        let server = with_codes(&database).await;
        let mail = server.link_mail("ada@example.com").await;
        let wrong = if mail["code"] == "000000" { "000001" } else { "000000" };

        for _ in 0..5 {
            let guess = type_code(&server, "ada@example.com", "signinPasswordless", &json!(wrong)).await;
            expect_invalid(&guess);
        }
        let another = server.link_mail("ada@example.com").await;
        for code in [&mail["code"], &another["code"]] {
            expect_invalid(&type_code(&server, "ada@example.com", "signinPasswordless", code).await);
        }

        server.session_behind(&another).await;
    }

    async fn of_many_parallel_uses_of_one_code_one_gets_a_session(database) {
        let server = with_codes(&database).await;
        let mail = server.verification_mail("ada@example.com").await;

        let attempts = (0..8).map(|_| type_code(&server, "ada@example.com", "emailVerify", &mail["code"]));
        let answers = join_all(attempts).await;

        let winners = answers.iter().filter(|it| it.status == 200).count();
        assert_eq!(winners, 1);
        for loser in answers.iter().filter(|it| it.status != 200) {
            expect_invalid(loser);
        }
    }

    async fn what_is_expired_or_no_code_at_all_is_refused(database) {
        let server = with_codes(&database).await;
        let mail = server.link_mail("ada@example.com").await;
        database.execute("UPDATE auth.one_time_codes SET expires_at = (SELECT min(created_at) FROM auth.users)").await;

        for code in [&mail["code"], &json!(""), &json!("12345"), &json!("abcdef")] {
            expect_invalid(&type_code(&server, "ada@example.com", "signinPasswordless", code).await);
        }
        for body in [
            json!({}),
            json!({ "email": "ada@example.com", "code": "123456" }),
            json!({ "email": "ada@example.com", "code": "123456", "type": "mfaTotp" }),
            json!({ "email": "ada@example.com", "code": 123_456, "type": "emailVerify" }),
        ] {
            server.post("/verify/code", &body).await.expect_invalid_request();
        }
    }

    async fn mails_carry_no_code_unless_that_is_switched_on(database) {
        let server = ServerBuilder::new(&database).by_mail().start().await;
        let mail = server.verification_mail("ada@example.com").await;
        assert_eq!(mail.get("code"), None);

        let answer = type_code(&server, "ada@example.com", "emailVerify", &json!("123456")).await;

        answer.expect_error(409, "disabled-endpoint", "This endpoint is disabled");
    }

    async fn a_disabled_user_gets_no_session_by_a_code(database) {
        let server = with_codes(&database).await;
        let mail = server.link_mail("ada@example.com").await;
        database.execute("UPDATE auth.users SET disabled = true").await;

        let answer = type_code(&server, "ada@example.com", "signinPasswordless", &mail["code"]).await;

        answer.expect_error(401, "disabled-user", "User is disabled");
    }
}
