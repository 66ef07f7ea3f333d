//! Lockout: attackers who guess codes lock out each other, and not the account owner.

use serde_json::{Value, json};

use crate::{
    rate_limits::ask,
    support::{
        Answer, Database, PASSWORD, Phones, Server, ServerBuilder, on_both_databases, other_than,
    },
};

const ADA: &str = "ada@example.com";
const NUMBER: &str = "+41790000001";
const ASK: &str = "/signin/otp/email";
const TYPE: &str = "/signin/otp/email/verify";

/// The network where Ada signs in.
const HOME: &str = "192.0.2.1";
/// Networks without an earlier sign-in.
const ELSEWHERE: [&str; 3] = ["198.51.100.1", "203.0.113.1", "2001:db8::1"];

fn reachable(server: ServerBuilder) -> ServerBuilder {
    server
        .set("AUTH_TRUSTED_PROXIES", "127.0.0.1")
        .set("AUTH_OTP_EMAIL_ENABLED", "true")
        .with_mfa()
}

/// Ada, who signed up and in from that network.
async fn signed_in_at_home(server: &Server) -> Value {
    server.sign_up(ADA).await;
    let body = json!({ "email": ADA, "password": PASSWORD });
    let answer = ask(server, HOME, "/signin/email-password", &body).await;
    answer.expect(200)["session"].clone()
}

async fn mailed_code(server: &Server) -> String {
    let mail = server.mail_after(ASK, &json!({ "email": ADA })).await;
    mail["ticket"].as_str().unwrap().to_owned()
}

async fn guess(server: &Server, client: &str, code: &str) -> Answer {
    ask(server, client, TYPE, &json!({ "email": ADA, "otp": code })).await
}

#[track_caller]
fn expect_refused(answer: &Answer) {
    answer.expect_error(401, "invalid-ticket", "Invalid ticket");
}

on_both_databases! {
    async fn wrong_codes_close_nothing_while_no_code_is_open(database) {
        let phones = Phones::start().await;
        let server = reachable(phones.server(&database)).start().await;
        let ada = signed_in_at_home(&server).await;
        let token = ada["accessToken"].as_str().unwrap();
        let proven = format!(
            "UPDATE auth.users SET email_verified = true, phone_number = '{NUMBER}', \
             phone_number_verified = true"
        );
        database.execute(&proven).await;

        for _ in 0..6 {
            expect_refused(&guess(&server, ELSEWHERE[0], "123456").await);
            server.type_text_code(NUMBER, "123456").await.expect(400);
            let otp = json!({ "otp": "123456" });
            let elevating = server.post_as(token, "/elevate/otp/email/verify", &otp).await;
            expect_refused(&elevating);
        }

        assert_eq!(database.count("SELECT count(*) AS count FROM auth.wrong_codes").await, 0);
        let code = mailed_code(&server).await;
        guess(&server, ELSEWHERE[1], &code).await.expect(200);
        server.ask_for_text(NUMBER).await.expect(200);
        let code = phones.last_code(NUMBER);
        server.type_text_code(NUMBER, &code).await.expect(200);
        server.post_as(token, "/elevate/otp/email", &json!({})).await.expect(200);
        let otp = json!({ "otp": server.last_mail()["ticket"] });
        server.post_as(token, "/elevate/otp/email/verify", &otp).await.expect(200);
    }

    async fn the_owner_comes_in_where_they_usually_do_while_strangers_guess(database) {
        let server = reachable(ServerBuilder::new(&database)).start().await;
        signed_in_at_home(&server).await;
        let code = mailed_code(&server).await;
        for client in ELSEWHERE.iter().cycle().take(5) {
            expect_refused(&guess(&server, client, &other_than(&code)).await);
        }

        expect_refused(&guess(&server, "198.51.100.77", &code).await);
        let code = mailed_code(&server).await;
        expect_refused(&guess(&server, "198.51.100.78", &code).await);
        guess(&server, HOME, &code).await.expect(200);

        let places = "SELECT count(*) AS count FROM auth.known_places";
        assert!(database.count(places).await > 0);
        let plain = format!("{places} WHERE place LIKE '%{HOME}%'");
        assert_eq!(database.count(&plain).await, 0);
    }

    async fn whoever_knows_the_password_does_not_close_the_app_at_home(database) {
        let server = reachable(ServerBuilder::new(&database)).start().await;
        let ada = server.protected(ADA).await;
        let step = async |client: &str, code: &str| {
            let body = json!({ "email": ADA, "password": PASSWORD });
            let first = ask(&server, client, "/signin/email-password", &body).await;
            let ticket = first.expect(200)["mfa"]["ticket"].clone();
            let body = json!({ "ticket": ticket, "otp": code });
            ask(&server, client, "/signin/mfa/totp", &body).await
        };
        step(HOME, &ada.app.code()).await.expect(200);

        for client in ELSEWHERE.iter().cycle().take(5) {
            let wrong = step(client, &ada.app.wrong_code()).await;
            wrong.expect_error(401, "invalid-totp", "Invalid TOTP code");
        }

        let right = ada.app.next_code();
        let stranger = step("198.51.100.77", &right).await;
        stranger.expect_error(401, "invalid-totp", "Invalid TOTP code");
        step(HOME, &right).await.expect(200);
    }
}
