//! `AUTH_TURNSTILE_SECRET`

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{
    Answer, Database, PASSWORD, Server, ServerBuilder, WebService, legacy_credentials,
    on_both_databases,
};

const SECRET: &str = "1x0000000000000000000000000000000AA";

/// Accepts the response `person` and no other.
async fn turnstile() -> WebService {
    WebService::start(|request| {
        let body = request.body.contains(r#""response":"person""#);
        let verdict = if body {
            json!({ "success": true, "error-codes": [], "messages": [] })
        } else {
            json!({ "success": false, "error-codes": ["invalid"], "messages": ["not", "you"] })
        };
        (200, verdict.to_string())
    })
    .await
}

fn asking(url: &str, database: &Database) -> ServerBuilder {
    ServerBuilder::new(database)
        .set("AUTH_TURNSTILE_SECRET", SECRET)
        .set("AUTH_TURNSTILE_URL", url)
        .set("AUTH_EGRESS_ALLOWED_HOSTS", "127.0.0.1")
}

async fn post(server: &Server, path: &str, response: &str, body: &Value) -> Answer {
    let request = server.request(Method::POST, path).json(body);
    let request = request.header("x-cf-turnstile-response", response);
    server.send(request).await
}

fn ada() -> Value {
    json!({ "email": "ada@example.com", "password": PASSWORD })
}

on_both_databases! {
    async fn only_people_sign_up_and_everybody_signs_in(database) {
        let service = turnstile().await;
        let server = asking(service.url(), &database).start().await;
        let path = "/signup/email-password";

        let without = server.post(path, &ada()).await;
        let program = post(&server, path, "program", &ada()).await;
        let person = post(&server, path, "person", &ada()).await;

        let missing = json!({ "error": "missing x-cf-turnstile-response header" });
        assert_eq!(without.expect(403), missing);
        let failed = json!({ "error": "failed to pass turnstile: [not you]" });
        assert_eq!(program.expect(403), failed);
        person.expect(200);
        server.sign_in("ada@example.com", PASSWORD).await.expect(200);
        let users = database.count("SELECT count(*) AS count FROM auth.users").await;
        assert_eq!(users, 1);
        let asked: Vec<_> = service.received();
        assert_eq!(asked.len(), 2, "{asked:?}");
        assert_eq!(asked[0].line, "POST /siteverify");
        let question = json!({ "secret": SECRET, "response": "program" });
        assert_eq!(serde_json::from_str::<Value>(&asked[0].body).unwrap(), question);
        assert!(!server.output().contains(SECRET));
    }

    async fn the_legacy_generation_is_no_way_around(database) {
        let service = turnstile().await;
        let server = asking(service.url(), &database).start().await;
        let body = legacy_credentials("john", PASSWORD);

        let without = server.post("/v1/signup", &body).await;
        let person = post(&server, "/v1/signup", "person", &body).await;

        let message = "missing x-cf-turnstile-response header";
        without.expect_legacy_error(403, "access-denied", message);
        person.expect(200);
        server.post("/v1/login", &body).await.expect(200);
    }

    async fn while_turnstile_is_away_nobody_signs_up_and_everybody_signs_in(database) {
        let before = Server::on(&database).await;
        before.sign_up("bob@example.com").await;
        drop(before);
        let service = turnstile().await;
        let url = service.url().to_owned();
        drop(service);
        let server = asking(&url, &database).start().await;

        let refused = post(&server, "/signup/email-password", "person", &ada()).await;

        let body = json!({ "error": "internal server error when attempting to pass turnstile" });
        assert_eq!(refused.expect(500), body);
        server.sign_in("bob@example.com", PASSWORD).await.expect(200);
        let log = server.output();
        assert!(log.contains("turned away unjudged"), "{log}");
        assert!(!log.contains(SECRET), "{log}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_spelling_of_a_path_is_no_way_around() {
    let service = turnstile().await;
    let server = asking(service.url(), &Database::sqlite()).start().await;

    for path in ["/sign%75p/email-password", "/signup/email%2Dpassword"] {
        let answer = server.post(path, &ada()).await;
        assert_eq!(answer.status, 403, "{path}: {answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_are_turned_away_before_requests_are_counted() {
    let service = turnstile().await;
    let server = asking(service.url(), &Database::sqlite())
        .set("AUTH_RATE_LIMIT_ENABLE", "true")
        .set("AUTH_TRUSTED_PROXIES", "127.0.0.1")
        .set("AUTH_RATE_LIMIT_SIGNUPS_BURST", "1")
        .set("AUTH_RATE_LIMIT_SIGNUPS_INTERVAL", "1000h")
        .start()
        .await;
    let path = "/signup/email-password";

    for _ in 0..3 {
        assert_eq!(post(&server, path, "program", &ada()).await.status, 403);
    }

    post(&server, path, "person", &ada()).await.expect(200);
    assert_eq!(post(&server, path, "person", &ada()).await.status, 429);
}
