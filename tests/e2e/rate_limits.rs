//! `AUTH_RATE_LIMIT_…`
//!
//! No test waits for a window to pass: all windows are long enough that none does.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{
    Answer, Database, PASSWORD, Server, ServerBuilder, legacy_credentials, on_both_databases,
};

/// Every limit that a test does not set is too high to be reached.
pub(crate) fn limited(database: &Database) -> ServerBuilder {
    let mut builder = ServerBuilder::new(database)
        .set("AUTH_RATE_LIMIT_ENABLE", "true")
        .set("AUTH_TRUSTED_PROXIES", "127.0.0.1");
    for bucket in [
        "GLOBAL",
        "EMAIL",
        "SMS",
        "BRUTE_FORCE",
        "SIGNUPS",
        "OAUTH2_SERVER",
        "ACCOUNT",
        "RECIPIENT",
    ] {
        builder = limit(builder, bucket, "10000");
    }
    builder
}

pub(crate) fn limit(builder: ServerBuilder, bucket: &str, burst: &str) -> ServerBuilder {
    builder
        .set(&format!("AUTH_RATE_LIMIT_{bucket}_BURST"), burst)
        .set(&format!("AUTH_RATE_LIMIT_{bucket}_INTERVAL"), "1000h")
}

/// The answer to a request that a proxy forwards for `client`.
pub(crate) async fn ask(server: &Server, client: &str, path: &str, body: &Value) -> Answer {
    let request = server.request(Method::POST, path);
    let request = request.header("X-Forwarded-For", client).json(body);
    server.send(request).await
}

/// How many of ten requests are not refused.
pub(crate) async fn allowed(server: &Server, client: &str, path: &str, body: &Value) -> usize {
    let mut count = 0;
    for _ in 0..10 {
        let answer = ask(server, client, path, body).await;
        assert!(answer.status < 500, "{path}: {answer:?}");
        count += usize::from(answer.status != 429);
    }
    count
}

fn credentials(email: &str, password: &str) -> Value {
    json!({ "email": email, "password": password })
}

#[track_caller]
pub(crate) fn expect_refusal(answer: &Answer) {
    assert_eq!(
        (answer.status, answer.text.as_str()),
        (429, ""),
        "{answer:?}"
    );
    let seconds: u64 = answer.header("retry-after").parse().unwrap();
    assert!((1..=2 * 3_600_000).contains(&seconds), "{seconds}");
    assert!(!answer.headers.contains_key("content-type"), "{answer:?}");
}

on_both_databases! {
    async fn each_bucket_allows_its_burst_and_refuses_what_follows(database) {
        let sign_in = credentials("nobody@example.com", "wrong");
        let email = json!({ "email": "nobody@example.com" });
        let buckets = [
            ("GLOBAL", "/token/nowhere", json!({})),
            ("EMAIL", "/user/password/reset", email.clone()),
            ("EMAIL", "/signin/passwordless/email", email),
            ("SMS", "/signin/passwordless/sms", json!({})),
            ("BRUTE_FORCE", "/signin/email-password", sign_in),
            ("BRUTE_FORCE", "/verify/code", json!({})),
            ("BRUTE_FORCE", "/token/verify", json!({})),
            ("BRUTE_FORCE", "/v1/login", legacy_credentials("nobody", "wrong")),
            ("SIGNUPS", "/signup/email-password", json!({})),
            ("SIGNUPS", "/v1/signup", json!({})),
            ("OAUTH2_SERVER", "/oauth2/token", json!({})),
        ];
        for (bucket, path, body) in buckets {
            let server = limit(limited(&database), bucket, "3").start().await;

            assert_eq!(allowed(&server, "192.0.2.1", path, &body).await, 3, "{path}");

            let refused = ask(&server, "192.0.2.1", path, &body).await;
            if path.starts_with("/v1/") {
                refused.expect_legacy_error(429, "too-many-requests", "too many requests");
                assert!(!refused.header("retry-after").is_empty());
            } else {
                expect_refusal(&refused);
            }
            assert_eq!(allowed(&server, "192.0.2.2", path, &body).await, 3, "{path}");
            if bucket != "GLOBAL" {
                assert_eq!(server.get("/healthz").await.status, 200);
            }
        }
    }

    async fn signing_up_and_signing_in_are_counted_apart(database) {
        let builder = limit(limited(&database), "BRUTE_FORCE", "3");
        let server = limit(builder, "SIGNUPS", "3").start().await;
        let wrong = credentials("ada@example.com", "wrong");
        assert_eq!(allowed(&server, "192.0.2.1", "/signin/email-password", &wrong).await, 3);

        let right = credentials("ada@example.com", PASSWORD);
        let signed_up = ask(&server, "192.0.2.1", "/signup/email-password", &right).await;
        let signed_in = ask(&server, "192.0.2.1", "/signin/email-password", &right).await;

        signed_up.expect(200);
        expect_refusal(&signed_in);
    }

    async fn after_too_many_wrong_passwords_an_account_is_closed_to_strangers_alone(database) {
        let server = limit(limited(&database), "ACCOUNT", "3").start().await;
        server.sign_up("ada@example.com").await;
        let path = "/signin/email-password";
        let right = credentials("ada@example.com", PASSWORD);
        let wrong = credentials("ada@example.com", "wrong");
        ask(&server, "192.0.2.7", path, &right).await.expect(200);

        for client in 1..=3 {
            let client = format!("192.0.2.{client}");
            ask(&server, &client, path, &wrong).await.expect(401);
        }

        expect_refusal(&ask(&server, "192.0.2.4", path, &right).await);
        ask(&server, "192.0.2.7", path, &right).await.expect(200);
        // The legacy generation has limits of its own, and so counters of its own.
        server.legacy_sign_up("ada").await;
    }

    async fn a_mailbox_gets_no_more_mails_than_its_limit_whoever_asks(database) {
        let server = limit(limited(&database), "RECIPIENT", "2").start().await;
        server.sign_up("ada@example.com").await;
        let reset = async |client: &str, email: &str| {
            ask(&server, client, "/user/password/reset", &json!({ "email": email })).await
        };

        reset("192.0.2.1", "ada@example.com").await.expect(200);
        reset("192.0.2.2", "ada@example.com").await.expect(200);
        expect_refusal(&reset("192.0.2.3", "ADA@example.com").await);
        assert_eq!(server.mails().len(), 2);
        // User enumeration: an address without an account gets the same answers.
        reset("192.0.2.1", "nobody@example.com").await.expect(200);
        reset("192.0.2.2", "nobody@example.com").await.expect(200);
        expect_refusal(&reset("192.0.2.3", "nobody@example.com").await);
    }

    async fn while_errors_are_concealed_a_limit_does_not_tell_who_has_an_account(database) {
        let builder = limit(limited(&database), "ACCOUNT", "3").by_mail();
        let server = limit(builder, "RECIPIENT", "2")
            .set("AUTH_CONCEAL_ERRORS", "true")
            .start()
            .await;
        let sign_up = credentials("ada@example.com", PASSWORD);
        server.post("/signup/email-password", &sign_up).await.expect(200);
        server.mail_to("ada@example.com").await;

        let mut answers = Vec::new();
        for email in ["ada@example.com", "nobody@example.com"] {
            let mut seen = Vec::new();
            for path in ["/signin/passwordless/email", "/user/email/send-verification-email"] {
                for _ in 0..4 {
                    let answer = server.post(path, &json!({ "email": email })).await;
                    seen.push((answer.status, answer.text));
                }
            }
            for _ in 0..5 {
                let answer = server.sign_in(email, "a wrong guess").await;
                seen.push((answer.status, answer.text));
            }
            answers.push(seen);
        }

        assert_eq!(answers[0], answers[1]);
        assert!(answers[0].iter().any(|(status, _)| *status == 429));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_trusted_proxy_nobody_names_their_own_address() {
    let database = Database::sqlite();
    let builder = limit(limited(&database), "BRUTE_FORCE", "3");
    let server = builder
        .set("AUTH_TRUSTED_PROXIES", "10.0.0.0/8,2001:db8::/32")
        .start()
        .await;
    let path = "/signin/email-password";
    let body = credentials("nobody@example.com", "wrong");
    assert_eq!(allowed(&server, "192.0.2.1", path, &body).await, 3);

    for spoofed in [
        "192.0.2.2",
        "10.0.0.1",
        "2001:db8::1, 192.0.2.3",
        "garbage",
        "",
    ] {
        expect_refusal(&ask(&server, spoofed, path, &body).await);
    }
    for header in [
        "X-Real-IP",
        "Forwarded",
        "CF-Connecting-IP",
        "True-Client-IP",
    ] {
        let request = server.request(Method::POST, path).json(&body);
        expect_refusal(&server.send(request.header(header, "192.0.2.4")).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_a_trusted_proxy_what_a_client_adds_to_the_header_changes_nothing() {
    let builder = limit(limited(&Database::sqlite()), "BRUTE_FORCE", "3");
    let server = builder.start().await;
    let path = "/signin/email-password";
    let body = credentials("nobody@example.com", "wrong");
    assert_eq!(allowed(&server, "2001:db8:1:2::1", path, &body).await, 3);

    for spoofed in [
        "192.0.2.9, 2001:db8:1:2::1",
        "127.0.0.1, 2001:db8:1:2::1",
        "garbage, 2001:db8:1:2::1",
        "2001:db8:1:2:ffff::2",
        "[2001:DB8:1:2::3]:4711",
    ] {
        expect_refusal(&ask(&server, spoofed, path, &body).await);
    }
    assert_eq!(allowed(&server, "2001:db8:1:3::1", path, &body).await, 3);
    // A malformed header counts as the proxy's own request.
    assert_eq!(allowed(&server, "garbage", path, &body).await, 3);
    expect_refusal(&ask(&server, "192.0.2.1, rubbish", path, &body).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_spelling_of_a_path_is_the_same_path() {
    for prefix in ["", "/v1/auth"] {
        let mut builder = limit(limited(&Database::sqlite()), "BRUTE_FORCE", "3");
        if !prefix.is_empty() {
            builder = builder.set("AUTH_API_PREFIX", prefix);
        }
        let server = builder.start().await;
        let body = credentials("nobody@example.com", "wrong");
        let plain = format!("{prefix}/signin/email-password");
        assert_eq!(allowed(&server, "192.0.2.1", &plain, &body).await, 3);

        let encoded = format!("{prefix}/sign%69n/email-p%61ssword");
        let answer = ask(&server, "192.0.2.1", &encoded, &body).await;

        expect_refusal(&answer);
        let stranger = ask(&server, "192.0.2.2", &encoded, &body).await;
        stranger.expect(401);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_latest_form_of_a_refusal_says_what_it_is() {
    let builder = limit(limited(&Database::sqlite()), "BRUTE_FORCE", "1");
    let server = limit(builder, "RECIPIENT", "1")
        .set("AUTH_API_COMPAT", "latest")
        .start()
        .await;
    let message = "Too many requests, please try again later";
    let body = credentials("nobody@example.com", "wrong");
    let path = "/signin/email-password";
    ask(&server, "192.0.2.1", path, &body).await.expect(401);

    let refused = ask(&server, "192.0.2.1", path, &body).await;

    refused.expect_error(429, "too-many-requests", message);
    assert!(!refused.header("retry-after").is_empty());
    let email = json!({ "email": "nobody@example.com" });
    let reset = async || server.post("/user/password/reset", &email).await;
    reset().await.expect(200);
    reset()
        .await
        .expect_error(429, "too-many-requests", message);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preflight_request_is_not_counted() {
    let builder = limit(limited(&Database::sqlite()), "GLOBAL", "3");
    let server = builder.start().await;

    for _ in 0..10 {
        let request = server.request(Method::OPTIONS, "/token");
        assert_eq!(server.send(request).await.status, 204);
    }

    assert_eq!(allowed(&server, "192.0.2.1", "/token", &json!({})).await, 3);
    let refused = ask(&server, "192.0.2.1", "/token", &json!({})).await;
    assert_eq!(refused.header("cache-control"), "no-store");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_switch_nothing_is_limited() {
    let builder = limit(limited(&Database::sqlite()), "GLOBAL", "1");
    let builder = limit(limit(builder, "ACCOUNT", "1"), "RECIPIENT", "1");
    let server = builder.set("AUTH_RATE_LIMIT_ENABLE", "false").start().await;
    let body = credentials("nobody@example.com", "wrong");

    let path = "/signin/email-password";
    assert_eq!(allowed(&server, "192.0.2.1", path, &body).await, 10);
    let body = json!({ "email": "nobody@example.com" });
    let path = "/user/password/reset";
    assert_eq!(allowed(&server, "192.0.2.1", path, &body).await, 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_address_of_a_client_or_account_is_in_the_log_of_a_refusal() {
    let builder = limit(limited(&Database::sqlite()), "ACCOUNT", "1");
    let server = limit(builder, "RECIPIENT", "1")
        .set("AUTH_LOG_LEVEL", "trace")
        .start()
        .await;
    let body = credentials("ada.secret@example.com", "wrong");
    for _ in 0..3 {
        ask(&server, "203.0.113.77", "/signin/email-password", &body).await;
        let body = json!({ "email": "ada.secret@example.com" });
        ask(&server, "203.0.113.77", "/user/password/reset", &body).await;
    }

    let log = server.output();

    for secret in ["203.0.113.77", "ada.secret"] {
        assert!(!log.contains(secret), "{secret} in:\n{log}");
    }
}
