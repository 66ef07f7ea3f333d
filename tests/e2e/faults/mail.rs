//! The mail server is unreachable, or hangs.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::{Database, Mood, PASSWORD, SmtpServer, on_both_databases};

/// The timeout of a mail server is ten seconds; the machine that runs the tests may add as much again.
const ANSWERED: Duration = Duration::from_secs(20);

/// A client requests a mail while the mail server refuses it. The retry delivers it later.
async fn asks_for_a_mail(database: Database, mood: Mood) {
    let smtp = SmtpServer::start(mood).await;
    let server = smtp.server(&database).start().await;
    let asked = Instant::now();

    let body = json!({ "email": "ada@example.com", "password": PASSWORD });
    let signed_up = server.post("/signup/email-password", &body).await;

    assert_eq!(signed_up.expect(200), json!({}));
    assert!(asked.elapsed() < ANSWERED, "{:?}", asked.elapsed());
    server.printed("a message was not handed over").await;
    server.get("/healthz").await.expect(200);
    smtp.becomes(Mood::Well);
    let mail = smtp.mail_to("ada@example.com").await;
    server.session_behind(&mail).await;
}

on_both_databases! {
    async fn a_mail_that_is_asked_for_while_the_mail_server_is_away_comes_later(database) {
        asks_for_a_mail(database, Mood::Away).await;
    }

    async fn a_mail_that_is_asked_for_while_the_mail_server_hangs_comes_later(database) {
        asks_for_a_mail(database, Mood::Hanging).await;
    }

    async fn a_concealed_request_for_a_mail_does_not_wait_for_a_mail_server_that_hangs(database) {
        let smtp = SmtpServer::start(Mood::Hanging).await;
        let builder = smtp.server(&database).set("AUTH_CONCEAL_ERRORS", "true");
        let server = builder.start().await;

        let body = json!({ "email": "ada@example.com", "password": PASSWORD });
        server.post("/signup/email-password", &body).await.expect(200);

        assert!(!server.output().contains("a message was not handed over"));
        server.printed("a message was not handed over").await;
        smtp.becomes(Mood::Well);
        let mail = smtp.mail_to("ada@example.com").await;
        server.session_behind(&mail).await;
    }
}
