//! The log lines of requests, and the ids by which they are found.

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::support::{
    Answer, Database, PASSWORD, Server, ServerBuilder, on_both_databases, within,
};

/// A server whose log is JSON.
fn logging(database: &Database) -> ServerBuilder {
    ServerBuilder::new(database).set("AUTH_LOG_FORMAT_TEXT", "false")
}

fn id_of(answer: &Answer) -> String {
    answer.header("x-request-id").to_owned()
}

/// The log line of the request with this answer.
async fn line_of(server: &Server, answer: &Answer) -> Value {
    let id = id_of(answer);
    assert!(!id.is_empty(), "{answer:?}");
    server.printed(&id).await;
    within(async {
        loop {
            let found = lines(server).find(|it| it["span"]["request_id"] == id.as_str());
            if let Some(line) = found {
                return line;
            }
            tokio::task::yield_now().await;
        }
    })
    .await
}

/// The log lines of requests.
fn lines(server: &Server) -> impl Iterator<Item = Value> {
    let output = server.output();
    let lines: Vec<Value> = output
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .filter(|line: &Value| {
            let message = line["message"].as_str();
            message.is_some_and(|it| it.starts_with("call completed"))
        })
        .collect();
    lines.into_iter()
}

pub(crate) fn is_uuid(text: &str) -> bool {
    text.len() == 36 && text.bytes().all(|it| it.is_ascii_hexdigit() || it == b'-')
}

on_both_databases! {
    async fn a_refusal_is_logged_with_its_code_and_the_user(database) {
        let server = logging(&database)
            .set("AUTH_CONCEAL_ERRORS", "true")
            .set("AUTH_PASSWORD_MIN_LENGTH", "9")
            .start()
            .await;
        let ada = server.sign_up("ada@example.com").await;
        let id = &ada["user"]["id"];
        let token = ada["accessToken"].as_str().unwrap();
        server.legacy_sign_up("john").await;

        let wrong = server.sign_in("ada@example.com", "hunter2").await;
        let nobody = server.sign_in("nobody@example.com", "hunter2").await;
        let malformed = server.post("/signin/email-password", &json!({})).await;
        let no_token = server.get("/user").await;
        let short = json!({ "newPassword": "abc" });
        let short = server.post_as(token, "/user/password", &short).await;
        let legacy = json!({
            "provider": "username", "data": { "username": "john", "password": "hunter2" },
        });
        let legacy = server.post("/v1/login", &legacy).await;
        let followed = "/verify?ticket=passwordlessEmail%3Ax&type=signinPasswordless\
             &redirectTo=http://localhost:3000";
        let followed = server.get(followed).await;
        let fine = server.get_as(token, "/user").await;

        // Enumeration protection hides it from clients; operators find it in the log.
        wrong.expect_error(400, "invalid-request", "The request payload is incorrect");
        for (answer, status, error, user) in [
            (&wrong, 400, json!("invalid-email-password"), id),
            (&nobody, 400, json!("invalid-email-password"), &Value::Null),
            (&malformed, 400, json!("schema-validation-error"), &Value::Null),
            (&no_token, 400, json!("unauthorized"), &Value::Null),
            (&short, 400, json!("password-too-short"), id),
            (&followed, 302, json!("invalid-ticket"), &Value::Null),
            (&fine, 200, Value::Null, id),
        ] {
            let line = line_of(&server, answer).await;
            assert_eq!(line["status"], status, "{line}");
            assert_eq!(line["error"], error, "{line}");
            assert_eq!(&line["span"]["user_id"], user, "{line}");
        }
        let line = line_of(&server, &legacy).await;
        assert_eq!(line["error"], "invalid-creds");
        assert!(is_uuid(line["span"]["user_id"].as_str().unwrap()), "{line}");
        // The banner before it is for the developer, and has an example.
        let log: String = server.output().lines().filter(|it| it.starts_with('{')).collect();
        for secret in ["ada@example", "nobody@example", "john", "hunter2"] {
            assert!(!log.contains(secret), "{secret} in:\n{log}");
        }
    }

    async fn whose_code_is_refused_is_logged(database) {
        let server = logging(&database)
            .set("AUTH_OTP_EMAIL_ENABLED", "true")
            .start()
            .await;
        let ada = server.sign_up("ada@example.com").await;

        let guess = json!({ "email": "ada@example.com", "otp": "000000" });
        let wrong = server.post("/signin/otp/email/verify", &guess).await;
        let refreshed = server.refresh(&ada["refreshToken"]).await;

        for (answer, error) in [(&wrong, json!("invalid-ticket")), (&refreshed, Value::Null)] {
            let line = line_of(&server, answer).await;
            assert_eq!(line["error"], error, "{line}");
            assert_eq!(line["span"]["user_id"], ada["user"]["id"], "{line}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_request_has_an_id_of_its_own_in_answer_and_log() {
    let server = logging(&Database::sqlite()).start().await;
    let forged = |request: RequestBuilder| request.header("X-Request-Id", "forged");

    let request = server.request(Method::GET, "/version");
    let first = server.send(forged(request)).await;
    let request = server.request(Method::GET, "/nowhere");
    let second = server.send(forged(request).header("Origin", "https://app.example.com"));
    let second = second.await;

    assert!(is_uuid(&id_of(&first)) && is_uuid(&id_of(&second)));
    assert_ne!(id_of(&first), id_of(&second));
    assert_eq!(line_of(&server, &first).await["span"]["path"], "/version");
    assert_eq!(line_of(&server, &second).await["status"], 404);
    assert!(!server.output().contains("forged"));
    let exposed = second.header("access-control-expose-headers");
    assert!(exposed.contains("X-Request-Id"), "{exposed}");
    assert_eq!(first.header("access-control-expose-headers"), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_id_of_a_trusted_proxy_is_taken_over_if_it_is_one() {
    let server = logging(&Database::sqlite())
        .set("AUTH_TRUSTED_PROXIES", "127.0.0.1")
        .start()
        .await;
    let ask = async |ids: &[&str]| {
        let request = server.request(Method::GET, "/version");
        let add = |request: RequestBuilder, id: &&str| request.header("X-Request-Id", *id);
        server.send(ids.iter().fold(request, add)).await
    };

    let taken = ask(&["edge-1.A_b"]).await;

    assert_eq!(id_of(&taken), "edge-1.A_b");
    line_of(&server, &taken).await;
    let long = "a".repeat(129);
    for ids in [
        &["a b"][..],
        &[""],
        &["a\tb"],
        &["{}"],
        &[long.as_str()],
        &["a", "b"],
        &[],
    ] {
        let answer = ask(ids).await;
        assert!(is_uuid(&id_of(&answer)), "{ids:?}: {}", id_of(&answer));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn probes_are_logged_for_who_looks_for_a_mistake_alone() {
    let database = Database::sqlite();
    let usual = logging(&database).start().await;
    let verbose = logging(&database)
        .set("AUTH_LOG_LEVEL", "debug")
        .start()
        .await;

    for server in [&usual, &verbose] {
        server.get("/healthz").await.expect(200);
        server.get("/readyz").await.expect(200);
    }

    let after = usual.get("/version").await;
    line_of(&usual, &after).await;
    assert_eq!(lines(&usual).count(), 1, "{}", usual.output());
    let ready = verbose.get("/readyz").await;
    let line = line_of(&verbose, &ready).await;
    assert_eq!(
        (&line["level"], &line["span"]["path"]),
        (&json!("DEBUG"), &json!("/readyz"))
    );
    let body = json!({ "email": "ada@example.com", "password": PASSWORD });
    let sign_up = verbose.post("/signup/email-password", &body).await;
    assert_eq!(line_of(&verbose, &sign_up).await["level"], "INFO");
}
