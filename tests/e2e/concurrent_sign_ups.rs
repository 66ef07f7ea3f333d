//! Races: concurrent requests for an address or a number without an account.

use std::collections::BTreeSet;

use futures_util::future::{join, join_all};
use serde_json::{Value, json};

use crate::support::{Answer, Database, Phones, Server, ServerBuilder, on_both_databases};

const ADA: &str = "ada@example.com";
const NUMBER: &str = "+41790000001";
const USERS: &str = "SELECT count(*) AS count FROM auth.users";
/// As many as wrong codes that are allowed.
const AT_ONCE: usize = 4;

fn bearer(session: &Value) -> &str {
    session["accessToken"].as_str().unwrap()
}

async fn by_mail(database: &Database) -> Server {
    ServerBuilder::new(database).by_mail().start().await
}

/// The answers to the same request, made many times at once.
async fn all_at_once(server: &Server, path: &str, body: &Value) -> Vec<Answer> {
    join_all((0..AT_ONCE).map(|_| server.post(path, body))).await
}

#[track_caller]
fn expect_all_told_alike(answers: &[Answer], path: &str) {
    for answer in answers {
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        assert_eq!(answer.json(), json!("OK"), "{path}");
    }
}

on_both_databases! {
    async fn of_many_first_requests_for_a_link_none_is_told_that_the_address_is_taken(database) {
        let server = by_mail(&database).await;
        for (at, path) in ["/signin/passwordless/email", "/signup/passwordless/email"].iter().enumerate() {
            let email = format!("ada{at}@example.com");

            let answers = all_at_once(&server, path, &json!({ "email": email })).await;

            expect_all_told_alike(&answers, path);
            let users = format!("{USERS} WHERE email = '{email}'");
            assert_eq!(database.count(&users).await, 1);
            let session = server.session_behind(&server.mail_to(&email).await).await;
            assert_eq!(session["user"]["email"], email.as_str());
        }
    }

    async fn of_many_first_requests_for_a_code_none_is_told_that_the_address_is_taken(database) {
        let server = by_mail(&database).await;

        let path = "/signin/otp/email";
        let answers = all_at_once(&server, path, &json!({ "email": ADA })).await;

        expect_all_told_alike(&answers, path);
        assert_eq!(database.count(USERS).await, 1);
        // Which of them was stored last depends on timing.
        let codes: BTreeSet<_> = server.mails().iter().map(|it| it["ticket"].to_string()).collect();
        let mut let_in = 0;
        for code in codes {
            let code: Value = serde_json::from_str(&code).unwrap();
            let body = json!({ "email": ADA, "otp": code });
            let answer = server.post("/signin/otp/email/verify", &body).await;
            let_in += usize::from(answer.status == 200);
        }
        assert_eq!(let_in, 1);
    }

    async fn of_many_first_requests_for_a_text_none_is_told_that_the_number_is_taken(database) {
        let phones = Phones::start().await;
        let server = phones.server(&database).start().await;

        let path = "/signin/passwordless/sms";
        let answers = all_at_once(&server, path, &json!({ "phoneNumber": NUMBER })).await;

        expect_all_told_alike(&answers, path);
        assert_eq!(database.count(USERS).await, 1);
        server.sign_in_by_text(&phones, NUMBER).await;
        assert_eq!(database.count(USERS).await, 1);
    }

    async fn of_two_who_prove_one_number_at_once_one_gets_it(database) {
        let phones = Phones::start().await;
        let server = phones.server(&database).start().await;
        let ada = server.sign_up(ADA).await;
        let anonymous = server.anonymous().await;
        let wish = json!({ "newPhoneNumber": NUMBER });
        server.post_as(bearer(&ada), "/user/phone/change", &wish).await.expect(200);
        let adas = phones.last_code(NUMBER);
        let wish = json!({ "phoneNumber": NUMBER });
        server.post_as(bearer(&anonymous), "/user/deanonymize/sms", &wish).await.expect(200);
        let staged = phones.last_code(NUMBER);

        let confirmation = json!({ "newPhoneNumber": NUMBER, "otp": adas });
        let (moved, named) = join(
            server.post_as(bearer(&ada), "/user/phone/change/verify", &confirmation),
            server.type_text_code(NUMBER, &staged),
        ).await;

        let winners = [&moved, &named].into_iter().filter(|it| it.status == 200).count();
        assert_eq!(winners, 1, "{moved:?} {named:?}");
        for loser in [&moved, &named].into_iter().filter(|it| it.status != 200) {
            if loser.status == 409 {
                loser.expect_error(409, "user-already-exists", "User already exists");
            } else {
                loser.expect_error(400, "invalid-request", "The request payload is incorrect");
            }
        }
        let holders = format!("{USERS} WHERE phone_number = '{NUMBER}'");
        assert_eq!(database.count(&holders).await, 1);
    }

    async fn of_two_anonymous_users_who_want_one_address_one_stays_anonymous(database) {
        let server = ServerBuilder::new(&database)
            .by_mail()
            .set("AUTH_EMAIL_SIGNIN_EMAIL_VERIFIED_REQUIRED", "false")
            .start()
            .await;
        let sessions = [server.anonymous().await, server.anonymous().await];
        let body = json!({
            "signInMethod": "email-password", "email": ADA, "password": "correct horse",
        });
        let wish = |at: usize| server.post_as(bearer(&sessions[at]), "/user/deanonymize", &body);

        let answers = join_all([wish(0), wish(1)]).await;

        let loser = answers.iter().position(|it| it.status != 200).unwrap();
        assert_eq!(answers[1 - loser].expect(200), json!("OK"));
        answers[loser].expect_error(409, "email-already-in-use", "Email already in use");
        let refreshed = server.refresh(&sessions[loser]["refreshToken"]).await.expect(200);
        assert_eq!(refreshed["user"]["isAnonymous"], true);
        assert_eq!(refreshed["user"]["roles"], json!(["anonymous"]));
        let refreshed = server.refresh(&sessions[1 - loser]["refreshToken"]).await.expect(200);
        assert_eq!(refreshed["user"]["email"], ADA);
    }
}
