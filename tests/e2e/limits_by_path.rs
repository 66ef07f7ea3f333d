//! Which rate limits and bot checks apply to which paths.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    rate_limits::{allowed, ask, expect_refusal, limit, limited},
    support::{
        Answer, Database, PASSWORD, Phones, Server, ServerBuilder, WebService, on_both_databases,
        other_than,
    },
};

const ADA: &str = "ada@example.com";
const NUMBER: &str = "+41790000001";

fn bearer(session: &Value) -> &str {
    session["accessToken"].as_str().unwrap()
}

/// A client with a new address.
fn client(at: usize) -> String {
    format!("192.0.2.{at}")
}

/// Each path allows a client its three requests, and refuses the next.
async fn expect_limited_to_three(server: &Server, paths: &[&str]) {
    for (at, path) in paths.iter().enumerate() {
        let client = client(at);
        assert_eq!(
            allowed(server, &client, path, &json!({})).await,
            3,
            "{path}"
        );
        expect_refusal(&ask(server, &client, path, &json!({})).await);
    }
}

async fn expect_unlimited(server: &Server, paths: &[&str]) {
    for (at, path) in paths.iter().enumerate() {
        assert_eq!(
            allowed(server, &client(at), path, &json!({})).await,
            10,
            "{path}"
        );
    }
}

/// Paths that mail where addresses are verified.
const MAILED_IF_VERIFIED: [&str; 3] = [
    "/signup/email-password",
    "/user/deanonymize",
    "/user/email/send-verification-email",
];

#[tokio::test(flavor = "multi_thread")]
async fn everything_that_mails_is_in_the_bucket_for_mails() {
    let database = Database::sqlite();
    let server = limit(limited(&database), "EMAIL", "3").start().await;
    let paths = [
        "/user/email/change",
        "/user/password/reset",
        "/signin/passwordless/email",
        "/signin/otp/email",
        "/signup/passwordless/email",
        "/signup/otp/email",
        "/elevate/otp/email",
    ];

    expect_limited_to_three(&server, &paths).await;
    expect_unlimited(&server, &MAILED_IF_VERIFIED).await;
    drop(server);
    let verifying = limit(limited(&database), "EMAIL", "3")
        .set("AUTH_EMAIL_SIGNIN_EMAIL_VERIFIED_REQUIRED", "true")
        .start()
        .await;
    let all = [&paths[..], &MAILED_IF_VERIFIED].concat();
    expect_limited_to_three(&verifying, &all).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mails_can_be_limited_for_all_clients_together() {
    let server = limit(limited(&Database::sqlite()), "EMAIL", "3")
        .set("AUTH_RATE_LIMIT_EMAIL_IS_GLOBAL", "true")
        .start()
        .await;
    let path = "/user/password/reset";
    assert_eq!(allowed(&server, &client(1), path, &json!({})).await, 3);

    for path in [path, "/user/email/change"] {
        expect_refusal(&ask(&server, &client(2), path, &json!({})).await);
    }

    let elsewhere = ask(&server, &client(2), "/token", &json!({})).await;
    elsewhere.expect_invalid_request();
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_that_judges_a_proof_is_in_the_bucket_for_attempts() {
    let server = limit(limited(&Database::sqlite()), "BRUTE_FORCE", "3")
        .start()
        .await;
    let paths = [
        "/elevate/totp",
        "/elevate/otp/email",
        "/elevate/webauthn",
        "/signin/passwordless/sms/otp",
        "/user/webauthn/verify",
        "/user/phone/change/verify",
        // The limit holds for the last part of any path.
        "/nowhere/otp",
    ];

    expect_limited_to_three(&server, &paths).await;
    let follow = async || {
        let request = server.request(Method::GET, "/verify?ticket=x&redirectTo=/");
        server
            .send(request.header("X-Forwarded-For", "192.0.2.99"))
            .await
    };
    for _ in 0..3 {
        assert_eq!(follow().await.status, 302);
    }
    expect_refusal(&follow().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_bucket_refuses_counts_in_none_behind_it() {
    let builder = limit(limited(&Database::sqlite()), "BRUTE_FORCE", "3");
    let server = limit(builder, "EMAIL", "1").start().await;
    assert_eq!(
        allowed(&server, &client(1), "/signin/otp/email", &json!({})).await,
        1
    );

    let attempts = allowed(&server, &client(1), "/signin/email-password", &json!({})).await;

    assert_eq!(attempts, 2);
}

on_both_databases! {
    async fn a_mailbox_gets_no_more_mails_than_its_limit_for_whatever_reason(database) {
        let server = limit(limited(&database).by_mail(), "RECIPIENT", "2").start().await;
        let session = server.verified(ADA).await;
        let guests = [server.anonymous().await, server.anonymous().await, server.anonymous().await];
        let deanonymize = json!({ "signInMethod": "passwordless", "email": "f@example.com" });
        let plain = |email: &str| (["", "", ""], json!({ "email": email }), email.to_owned());
        let adas = [bearer(&session); 3];
        let endpoints = [
            ("/signin/otp/email", plain("a@example.com")),
            ("/signup/otp/email", plain("b@example.com")),
            ("/signup/passwordless/email", plain("c@example.com")),
            ("/signup/email-password",
                (["", "", ""], json!({ "email": "d@example.com", "password": PASSWORD }),
                    "d@example.com".to_owned())),
            ("/user/email/change",
                (adas, json!({ "newEmail": "e@example.com" }), "e@example.com".to_owned())),
            ("/user/deanonymize",
                ([0, 1, 2].map(|at: usize| bearer(&guests[at])), deanonymize,
                    "f@example.com".to_owned())),
            ("/elevate/otp/email", (adas, json!({}), ADA.to_owned())),
        ];

        for (path, (tokens, body, mailbox)) in endpoints {
            let before = server.mails().len();
            for token in &tokens[..2] {
                let answer = server.post_as(token, path, &body).await;
                assert!([200, 409].contains(&answer.status), "{path}: {}", answer.text);
            }
            let sent = server.mails().len();
            assert!(sent > before, "{path}");
            let third = server.post_as(tokens[2], path, &body).await;
            assert_eq!(third.status, 429, "{path}: {}", third.text);
            expect_refusal(&third);
            assert_eq!(server.mails().len(), sent, "{path}");
            assert_eq!(server.last_mail()["to"], mailbox.as_str(), "{path}");
        }
    }

    async fn a_phone_gets_no_more_codes_to_elevate_with_than_its_limit(database) {
        let phones = Phones::start().await;
        let server = limit(counting(&phones, &database), "RECIPIENT", "2").start().await;
        let session = server.sign_in_by_text(&phones, NUMBER).await;
        let sent = phones.count();
        let ask_for_code =
            async || server.post_as(bearer(&session), "/elevate/otp/sms", &json!({})).await;

        for _ in 0..2 {
            assert_eq!(ask_for_code().await.expect(200), json!("OK"));
        }

        expect_refusal(&ask_for_code().await);
        assert_eq!(phones.count(), sent + 2);
        // Another kind of message has another counter.
        server.ask_for_text(NUMBER).await.expect(200);
    }

    async fn wrong_codes_close_a_number_wherever_they_come_from(database) {
        let phones = Phones::start().await;
        let server = limit(counting(&phones, &database), "ACCOUNT", "3").start().await;
        server.ask_for_text(NUMBER).await.expect(200);
        let code = phones.last_code(NUMBER);
        let path = "/signin/passwordless/sms/otp";
        let claim = |otp: &str| json!({ "phoneNumber": NUMBER, "otp": otp });
        for at in 1..=3 {
            let wrong = ask(&server, &client(at), path, &claim(&other_than(&code))).await;
            wrong.expect_error(400, "invalid-request", "The request payload is incorrect");
        }

        expect_refusal(&ask(&server, &client(4), path, &claim(&code)).await);

        let sessions = "SELECT count(*) AS count FROM auth.refresh_tokens";
        assert_eq!(database.count(sessions).await, 0);
        server.sign_in_by_text(&phones, "+41790000002").await;
    }
}

/// A server that sends text messages, and whose other limits are too high to be reached.
fn counting(phones: &Phones, database: &Database) -> ServerBuilder {
    let builder = phones
        .server(database)
        .set("AUTH_RATE_LIMIT_ENABLE", "true")
        .set("AUTH_TRUSTED_PROXIES", "127.0.0.1");
    let buckets = [
        "GLOBAL",
        "SMS",
        "BRUTE_FORCE",
        "SIGNUPS",
        "ACCOUNT",
        "RECIPIENT",
    ];
    buckets
        .into_iter()
        .fold(builder, |builder, bucket| limit(builder, bucket, "10000"))
}

#[track_caller]
fn expect_only_for_people(answer: &Answer, context: &str) {
    assert_eq!(answer.status, 403, "{context}: {}", answer.text);
    let missing = json!({ "error": "missing x-cf-turnstile-response header" });
    assert_eq!(answer.json(), missing, "{context}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_turnstile_guards_depends_on_the_version() {
    let service = WebService::start(|_| (500, String::new())).await;
    let sign_ups = [
        "/signup/email-password",
        "/signup/passwordless/email",
        "/signup/passwordless/sms",
        "/signup/otp/email",
        "/signup/webauthn",
        // An unknown path: the answer does not tell programs so.
        "/signup/nothing",
    ];
    let sign_ins = [
        "/signin/passwordless/email",
        "/signin/passwordless/sms",
        "/signin/otp/email",
        "/user/password/reset",
    ];
    let never = [
        "/signup/webauthn/verify",
        "/signin/otp/email/verify",
        "/signin/passwordless/sms/otp",
        "/signin/email-password",
        "/signin/webauthn",
        "/user/password",
        "/token",
    ];
    for compat in ["0.42", "latest"] {
        let server = ServerBuilder::new(&Database::sqlite())
            .by_mail()
            .set("AUTH_WEBAUTHN_ENABLED", "true")
            .set(
                "AUTH_TURNSTILE_SECRET",
                "1x0000000000000000000000000000000AA",
            )
            .set("AUTH_TURNSTILE_URL", service.url())
            .set("AUTH_EGRESS_ALLOWED_HOSTS", "127.0.0.1")
            .set("AUTH_API_COMPAT", compat)
            .start()
            .await;

        for path in sign_ups {
            let answer = server.post(path, &json!({})).await;
            expect_only_for_people(&answer, &format!("{compat} {path}"));
        }
        for path in sign_ins {
            let answer = server.post(path, &json!({})).await;
            if compat == "latest" {
                expect_only_for_people(&answer, &format!("{compat} {path}"));
            } else {
                assert!(
                    [400, 409].contains(&answer.status),
                    "{path}: {}",
                    answer.text
                );
            }
        }
        for path in never {
            let answer = server.post(path, &json!({})).await;
            assert_ne!(answer.status, 403, "{compat} {path}: {}", answer.text);
            assert_ne!(answer.status, 500, "{compat} {path}: {}", answer.text);
        }
    }
    assert!(service.received().is_empty());
}
