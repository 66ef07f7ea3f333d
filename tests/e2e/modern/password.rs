//! `POST /user/password/reset` and `POST /user/password`

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{Answer, Database, PASSWORD, Server, ServerBuilder, on_both_databases};

const RESET: &str = "/user/password/reset";
const SET: &str = "/user/password";
const NEW: &str = "battery staple";

async fn by_mail(database: &Database) -> Server {
    ServerBuilder::new(database).by_mail().start().await
}

async fn reset_mail(server: &Server, email: &str) -> Value {
    server.mail_after(RESET, &json!({ "email": email })).await
}

async fn set_with(server: &Server, mail: &Value) -> Answer {
    server
        .post(
            SET,
            &json!({ "newPassword": NEW, "ticket": mail["ticket"] }),
        )
        .await
}

#[track_caller]
fn expect_invalid_ticket(answer: &Answer) {
    answer.expect_error(401, "invalid-ticket", "Invalid ticket");
}

on_both_databases! {
    async fn a_reset_mail_goes_to_the_known_and_nobody_is_told_who_that_is(database) {
        let server = by_mail(&database).await;
        server.verified("ada@example.com").await;
        server.verification_mail("unverified@example.com").await;
        server.verified("disabled@example.com").await;
        let disable = "UPDATE auth.users SET disabled = true WHERE email = 'disabled@example.com'";
        database.execute(disable).await;
        let mails = server.mails().len();

        for email in ["nobody@example.com", "unverified@example.com", "disabled@example.com"] {
            let answer = server.post(RESET, &json!({ "email": email })).await;
            assert_eq!(answer.expect(200), json!("OK"), "{email}");
        }
        assert_eq!(server.mails().len(), mails);

        let options = json!({ "redirectTo": "http://localhost:3000/reset" });
        let body = json!({ "email": "ADA@example.com", "options": options });
        let mail = server.mail_after(RESET, &body).await;
        assert_eq!(mail["template"], "password-reset");
        assert_eq!(mail["to"], "ada@example.com");
        assert_eq!(mail["redirectTo"], "http://localhost:3000/reset");
        let link = mail["link"].as_str().unwrap();
        assert!(link.ends_with("&type=passwordReset"), "{link}");
    }

    async fn the_link_of_a_reset_signs_in_and_the_session_sets_the_password(database) {
        let server = by_mail(&database).await;
        server.verified("ada@example.com").await;

        let mail = reset_mail(&server, "ada@example.com").await;
        let redirect = server.follow(&mail).await;
        let session = server.refresh(&json!(redirect.parameters()["refreshToken"])).await.expect(200);
        server.sign_in("ada@example.com", PASSWORD).await.expect(200);
        let token = session["accessToken"].as_str().unwrap();
        let answer = server.post_as(token, SET, &json!({ "newPassword": NEW })).await;

        assert_eq!(redirect.parameters()["type"], "passwordReset");
        assert_eq!(answer.expect(200), json!("OK"));
        server.sign_in("ada@example.com", PASSWORD).await.expect(401);
        server.sign_in("ada@example.com", NEW).await.expect(200);
        expect_invalid_ticket(&set_with(&server, &mail).await);
    }

    async fn a_ticket_sets_the_password_once_and_ends_all_former_sessions(database) {
        let server = by_mail(&database).await;
        let first = server.verified("ada@example.com").await;
        let second = server.sign_in("ada@example.com", PASSWORD).await.expect(200)["session"].clone();

        let mail = reset_mail(&server, "ada@example.com").await;
        let answer = set_with(&server, &mail).await;
        let again = set_with(&server, &mail).await;

        assert_eq!(answer.expect(200), json!("OK"));
        expect_invalid_ticket(&again);
        for session in [first, second] {
            let message = "Invalid or expired refresh token";
            let refused = server.refresh(&session["refreshToken"]).await;
            refused.expect_error(401, "invalid-refresh-token", message);
        }
        server.sign_in("ada@example.com", PASSWORD).await.expect(401);
        server.sign_in("ada@example.com", NEW).await.expect(200);
        let followed = server.follow(&mail).await;
        followed.expect_error_at_client("invalid-ticket", "Invalid ticket");
    }

    async fn of_many_parallel_uses_of_one_ticket_one_sets_the_password(database) {
        let server = by_mail(&database).await;
        server.verified("ada@example.com").await;
        let mail = reset_mail(&server, "ada@example.com").await;

        let tries = (0..10).map(|n| {
            let body = json!({ "newPassword": format!("password {n}"), "ticket": mail["ticket"] });
            let server = &server;
            async move { server.post(SET, &body).await }
        });
        let answers = join_all(tries).await;

        let winners: Vec<_> = (0..10).filter(|n| answers[*n].status == 200).collect();
        assert_eq!(winners.len(), 1);
        let winner = format!("password {}", winners[0]);
        server.sign_in("ada@example.com", &winner).await.expect(200);
    }

    async fn a_changed_password_makes_the_mails_before_it_worthless(database) {
        let server = by_mail(&database).await;
        server.verified("ada@example.com").await;
        let sign_in = server.link_mail("ada@example.com").await;
        let one = reset_mail(&server, "ada@example.com").await;
        let other = reset_mail(&server, "ada@example.com").await;

        set_with(&server, &one).await.expect(200);

        expect_invalid_ticket(&set_with(&server, &other).await);
        for mail in [sign_in, other] {
            let answer = server.follow(&mail).await;
            answer.expect_error_at_client("invalid-ticket", "Invalid ticket");
        }
    }

    async fn tickets_for_anything_else_set_no_password(database) {
        let server = by_mail(&database).await;
        let verification = server.verification_mail("ada@example.com").await;
        let sign_in = server.link_mail("ada@example.com").await;

        for mail in [&verification, &sign_in] {
            set_with(&server, mail).await.expect_invalid_request();
            let (_, secret) = mail["ticket"].as_str().unwrap().split_once(':').unwrap();
            let renamed = json!({ "ticket": format!("passwordReset:{secret}") });
            expect_invalid_ticket(&set_with(&server, &renamed).await);
        }

        // The tickets stay valid for their own purpose.
        let redirect = server.follow(&sign_in).await;
        assert_eq!(redirect.parameters()["type"], "passwordlessEmail");
    }

    async fn a_ticket_that_is_unknown_or_expired_is_refused(database) {
        let server = by_mail(&database).await;
        server.verified("ada@example.com").await;
        let mail = reset_mail(&server, "ada@example.com").await;
        database.execute("UPDATE auth.tickets SET expires_at = created_at").await;

        expect_invalid_ticket(&set_with(&server, &mail).await);
        let unknown = json!({ "ticket": "passwordReset:e106bc23-a6ae-43e2-b12b-40cea9395407" });
        expect_invalid_ticket(&set_with(&server, &unknown).await);
        expect_invalid_ticket(&set_with(&server, &json!({ "ticket": "passwordReset:" })).await);
    }

    async fn a_password_that_cannot_be_chosen_leaves_the_ticket_good(database) {
        let server =
            ServerBuilder::new(&database).by_mail().set("AUTH_PASSWORD_MIN_LENGTH", "9").start().await;
        server.verified("ada@example.com").await;
        let mail = reset_mail(&server, "ada@example.com").await;

        let short = json!({ "newPassword": "1234567", "ticket": mail["ticket"] });
        let short = server.post(SET, &short).await;
        let long = json!({ "newPassword": "x".repeat(51), "ticket": mail["ticket"] });
        let long = server.post(SET, &long).await;
        let good = set_with(&server, &mail).await;

        short.expect_error(400, "password-too-short", "Password is too short");
        long.expect_invalid_request();
        assert_eq!(good.expect(200), json!("OK"));
    }

    async fn without_session_and_ticket_there_is_no_password_to_set(database) {
        let server = by_mail(&database).await;

        let nothing = server.post(SET, &json!({ "newPassword": NEW })).await;
        let bad_token = server.post_as("abc", SET, &json!({ "newPassword": NEW })).await;

        for answer in [nothing, bad_token] {
            answer.expect_error(400, "invalid-request", "The request payload is incorrect");
        }
        server.post(SET, &json!({})).await.expect_invalid_request();
    }

    async fn a_session_sets_its_own_password_whatever_the_ticket_says(database) {
        let server = by_mail(&database).await;
        server.verified("bob@example.com").await;
        let mail = reset_mail(&server, "bob@example.com").await;
        let ada = server.verified("ada@example.com").await;
        let elsewhere = server.sign_in("ada@example.com", PASSWORD).await.expect(200);
        let token = ada["accessToken"].as_str().unwrap();

        let body = json!({ "newPassword": NEW, "ticket": mail["ticket"] });
        server.post_as(token, SET, &body).await.expect(200);

        server.sign_in("ada@example.com", NEW).await.expect(200);
        server.sign_in("bob@example.com", PASSWORD).await.expect(200);
        server.refresh(&elsewhere["session"]["refreshToken"]).await.expect(401);
        server.refresh(&ada["refreshToken"]).await.expect(200);
        set_with(&server, &mail).await.expect(200);
    }

    async fn refused_users_keep_their_password(database) {
        let server = by_mail(&database).await;
        let ada = server.verified("ada@example.com").await;
        let mail = reset_mail(&server, "ada@example.com").await;
        let anonymous = server.post("/signin/anonymous", &json!({})).await.expect(200);
        let body = json!({ "newPassword": NEW });
        // An anonymous user of a server that requires no verification.
        let lax = ServerBuilder::new(&database)
            .by_mail()
            .set("AUTH_EMAIL_SIGNIN_EMAIL_VERIFIED_REQUIRED", "false")
            .start()
            .await;
        let own = lax.post("/signin/anonymous", &json!({})).await.expect(200);
        let anonymous_token = own["session"]["accessToken"].as_str().unwrap();
        database.execute("UPDATE auth.users SET disabled = true WHERE NOT is_anonymous").await;

        let by_token = server.post_as(ada["accessToken"].as_str().unwrap(), SET, &body).await;
        let by_ticket = set_with(&server, &mail).await;
        let by_anonymous = lax.post_as(anonymous_token, SET, &body).await;

        assert_eq!(anonymous["session"]["user"]["isAnonymous"], true);
        by_token.expect_error(401, "disabled-user", "User is disabled");
        by_ticket.expect_error(401, "disabled-user", "User is disabled");
        by_anonymous.expect_error(403, "forbidden-anonymous", "Forbidden, user is anonymous.");
        database.execute("UPDATE auth.users SET disabled = false").await;
        server.sign_in("ada@example.com", PASSWORD).await.expect(200);
    }

    async fn a_reset_may_not_lead_anywhere_else(database) {
        let server = by_mail(&database).await;
        let options = json!({ "redirectTo": "https://evil.example" });

        let answer = json!({ "email": "nobody@example.com", "options": options });
        let answer = server.post(RESET, &answer).await;

        let message = "The value of \"options.redirectTo\" is not allowed.";
        answer.expect_error(400, "redirectTo-not-allowed", message);
        server.post(RESET, &json!({})).await.expect_invalid_request();
    }
}
