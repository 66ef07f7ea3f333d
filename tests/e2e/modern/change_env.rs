//! `POST /change-env`

mod accounts;
mod bodies;
mod lasting;
mod methods;
mod services;
mod urls;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Database, PASSWORD, Server, ServerBuilder, on_both_databases};

const PATH: &str = "/change-env";
const FORBIDDEN: &str = "This endpoint takes direct requests to this machine only";
const ADA: &str = "ada@example.com";
const EVE: &str = "eve@example.com";

fn changeable(database: &Database) -> ServerBuilder {
    ServerBuilder::new(database).set("AUTH_ENABLE_CHANGE_ENV", "true")
}

impl Server {
    async fn change(&self, members: &Value) -> Answer {
        self.post(PATH, members).await
    }

    /// Changes settings, which has to succeed.
    async fn changed(&self, members: Value) {
        let answer = self.change(&members).await.expect(200);
        let message = "environment changed successfully";
        assert_eq!(answer, json!({ "message": message }));
    }

    /// Tries to change settings, which has to be refused with an error that contains `words`.
    async fn refused(&self, members: Value, words: &str) {
        let answer = self.change(&members).await.expect(400);
        let members: Vec<_> = answer.as_object().unwrap().keys().collect();
        assert_eq!(members, ["error"], "{answer}");
        let error = answer["error"].as_str().unwrap();
        assert!(error.contains(words), "{error}");
    }

    async fn try_sign_up(&self, email: &str) -> Answer {
        let body = json!({ "email": email, "password": PASSWORD });
        self.post("/signup/email-password", &body).await
    }
}

#[track_caller]
fn expect_closed(answer: &Answer) {
    answer.expect_error(403, "signup-disabled", "Sign up is disabled.");
}

#[track_caller]
fn expect_switched_off(answer: &Answer) {
    answer.expect_error(409, "disabled-endpoint", "This endpoint is disabled");
}

on_both_databases! {
    async fn without_the_setting_there_is_no_such_path(database) {
        let server = Server::on(&database).await;

        for path in [PATH, "/change-env/"] {
            let answer = server.post(path, &json!({ "AUTH_DISABLE_SIGNUP": true })).await;
            assert_eq!((answer.status, answer.text.as_str()), (404, "404 page not found"));
        }
        let document = server.get("/openapi.json").await.expect(200);
        assert_eq!(document["paths"].get(PATH), None);
        server.sign_up(ADA).await;
        assert!(!server.output().contains("AUTH_ENABLE_CHANGE_ENV"));
    }

    async fn with_it_the_server_says_loudly_what_that_means(database) {
        let server = changeable(&database).start().await;

        server.printed("WHOEVER REACHES THIS SERVER CAN CHANGE ITS SETTINGS").await;
        server.printed("unset AUTH_ENABLE_CHANGE_ENV").await;
        let document = server.get("/openapi.json").await.expect(200);
        assert!(document["paths"][PATH]["post"].is_object());
    }

    async fn a_change_holds_from_the_next_request_on_in_both_generations(database) {
        let server = changeable(&database).start().await;

        server.changed(json!({ "AUTH_DISABLE_SIGNUP": true })).await;
        expect_closed(&server.try_sign_up(ADA).await);
        let legacy = crate::support::legacy_credentials("ada", PASSWORD);
        let refused = server.post("/v1/signup", &legacy).await;
        refused.expect_legacy_error(400, "not-enabled", "sign up is disabled");
        server.changed(json!({ "AUTH_DISABLE_SIGNUP": false })).await;

        server.sign_up(ADA).await;
        server.post("/v1/signup", &legacy).await.expect(200);
    }

    async fn the_path_carries_the_prefix_and_knows_no_other_method(database) {
        let server = changeable(&database).set("AUTH_API_PREFIX", "/v1/auth").start().await;

        assert_eq!(server.post(PATH, &json!({})).await.status, 404);
        assert_eq!(server.get("/v1/auth/change-env").await.status, 404);
        let slash = server.post("/v1/auth/change-env/", &json!({})).await;
        assert_eq!((slash.status, slash.header("location")), (307, "/v1/auth/change-env"));
        let members = json!({ "AUTH_SERVER_PREFIX": "/v2", "AUTH_DISABLE_SIGNUP": true });
        server.post("/v1/auth/change-env", &members).await.expect(200);

        let body = json!({ "email": ADA, "password": PASSWORD });
        expect_closed(&server.post("/v1/auth/signup/email-password", &body).await);
        assert_eq!(server.post("/v2/signup/email-password", &body).await.status, 404);
    }

    async fn pages_of_other_origins_and_proxies_change_nothing(database) {
        let server = changeable(&database).start().await;

        for (name, value) in [
            ("Origin", "https://tests.example"),
            ("Origin", "http://127.0.0.1:1"),
            ("Origin", "null"),
            ("Sec-Fetch-Site", "cross-site"),
            ("Sec-Fetch-Site", "same-site"),
            ("Host", "rebound.example"),
            ("Via", "1.1 proxy"),
            ("X-Forwarded-Host", "auth.example.com"),
            ("X-Forwarded-Proto", "https"),
            ("CF-Connecting-IP", "203.0.113.7"),
        ] {
            let request = server.request(Method::POST, PATH).header(name, value);
            let members = json!({ "AUTH_DISABLE_SIGNUP": true });
            let answer = server.send(request.json(&members)).await;
            answer.expect_error(403, "forbidden-endpoint", FORBIDDEN);
            assert_eq!(answer.header("access-control-allow-origin"), "", "{name}: {value}");
        }

        server.sign_up(ADA).await;
    }

    async fn no_page_is_given_leave_to_ask(database) {
        let server = changeable(&database).set("AUTH_API_PREFIX", "/v1/auth").start().await;

        for path in ["/v1/auth/change-env", "/v1/auth/change%2Denv"] {
            let asked = server
                .request(Method::OPTIONS, path)
                .header("Origin", "https://evil.example")
                .header("Access-Control-Request-Method", "POST")
                .header("Access-Control-Request-Headers", "content-type");
            let answer = server.send(asked).await;
            assert_eq!(answer.status, 404, "{path}");
            assert!(!answer.headers.keys().any(|it| it.as_str().starts_with("access-control")));
        }
    }

    async fn a_page_of_the_server_itself_may_ask(database) {
        let server = changeable(&database).start().await;
        let own = format!("http://{}", server.authority());
        let request = server
            .request(Method::POST, PATH)
            .header("Origin", own)
            .header("Sec-Fetch-Site", "same-origin");

        server.send(request.json(&json!({}))).await.expect(200);
    }
}
