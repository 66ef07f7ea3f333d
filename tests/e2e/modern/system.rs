//! Health, version, keys, CORS, and unknown routes.

use reqwest::Method;
use serde_json::json;

use crate::support::{Database, Server, ServerBuilder};

#[tokio::test(flavor = "multi_thread")]
async fn health_version_and_keys_need_no_token() {
    let server = Server::on(&Database::sqlite()).await;

    let health = server.get("/healthz").await;
    let head = server.send(server.request(Method::HEAD, "/healthz")).await;
    let version = server.get("/version").await;
    let keys = server.get("/.well-known/jwks.json").await;

    assert_eq!(health.expect(200), json!("OK"));
    assert_eq!((head.status, head.text.as_str()), (200, ""));
    assert_eq!(
        version.expect(200),
        json!({ "version": env!("CARGO_PKG_VERSION") })
    );
    assert_eq!(keys.expect(200), json!({ "keys": [] }));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_route_serves_does_not_exist_in_its_generation() {
    let server = Server::on(&Database::sqlite()).await;

    for (method, path) in [
        (Method::GET, "/"),
        (Method::GET, "/nothing"),
        (Method::GET, "/signup/email-password"),
        (Method::DELETE, "/user"),
        (Method::GET, "/nothing/"),
        (Method::GET, "/v10"),
    ] {
        let answer = server.send(server.request(method, path)).await;
        assert_eq!(
            (answer.status, answer.text.as_str()),
            (404, "404 page not found"),
            "{path}"
        );
        assert_eq!(answer.header("content-type"), "text/plain");
    }
    for (method, path) in [(Method::GET, "/v1/nothing"), (Method::GET, "/v1/signup")] {
        let answer = server.send(server.request(method, path)).await;
        answer.expect_legacy_error(404, "not-found", "this URL does not exists");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_superfluous_slash_is_redirected_away() {
    let server = Server::on(&Database::sqlite()).await;

    let get = server.get("/healthz/?x=1").await;
    let post = server.post("/token/", &json!({})).await;

    assert_eq!((get.status, get.header("location")), (301, "/healthz?x=1"));
    assert_eq!((post.status, post.header("location")), (307, "/token"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preflight_request_is_answered_for_every_path() {
    let server = Server::on(&Database::sqlite()).await;
    let request = server
        .request(Method::OPTIONS, "/signin/email-password")
        .header("Origin", "https://app.example.com")
        .header("Access-Control-Request-Method", "POST")
        .header("Access-Control-Request-Headers", "content-type, x-custom");

    let answer = server.send(request).await;

    assert_eq!((answer.status, answer.text.as_str()), (204, ""));
    assert_eq!(
        answer.header("access-control-allow-origin"),
        "https://app.example.com"
    );
    assert_eq!(answer.header("access-control-allow-methods"), "POST, GET");
    assert_eq!(
        answer.header("access-control-allow-headers"),
        "content-type, x-custom"
    );
    assert_eq!(answer.header("access-control-allow-credentials"), "true");
    assert_eq!(answer.header("access-control-max-age"), "86400");
    assert_eq!(
        answer.header("vary"),
        "Origin, Access-Control-Request-Method"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_too_can_be_read_across_origins() {
    let server = Server::on(&Database::sqlite()).await;
    let request = server
        .request(Method::GET, "/user")
        .header("Origin", "https://app.example.com");

    let answer = server.send(request).await;

    answer.expect(400);
    assert_eq!(
        answer.header("access-control-allow-origin"),
        "https://app.example.com"
    );
    let without = server.get("/user").await;
    assert_eq!(without.header("access-control-allow-origin"), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_prefix_moves_the_modern_routes_and_keeps_a_plain_health_check() {
    let server = ServerBuilder::new(&Database::sqlite())
        .set("AUTH_API_PREFIX", "/v1")
        .start()
        .await;

    assert_eq!(server.get("/v1/healthz").await.expect(200), json!("OK"));
    assert_eq!(
        server.get("/healthz").await.expect(200),
        json!({ "status": "ok" })
    );
    assert_eq!(server.get("/version").await.status, 404);
    let body = json!({ "email": "ada@example.com", "password": "correct horse" });
    server
        .post("/v1/signup/email-password", &body)
        .await
        .expect(200);
    server.legacy_sign_up("john").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_trace_headers_of_a_caller_come_back() {
    let server = Server::on(&Database::sqlite()).await;
    let request = server
        .request(Method::GET, "/version")
        .header("X-B3-TraceId", "abc123");

    let answer = server.send(request).await;

    assert_eq!(answer.header("x-b3-traceid"), "abc123");
    server.printed("abc123").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_cache_may_keep_an_answer_but_the_public_keys() {
    let server = Server::on(&Database::sqlite()).await;
    let body = json!({ "email": "ada@example.com", "password": "correct horse" });

    let session = server.post("/signup/email-password", &body).await;
    let error = server.post("/signin/email-password", &json!({})).await;
    let keys = server.get("/.well-known/jwks.json").await;

    assert_eq!(session.header("cache-control"), "no-store");
    assert_eq!(error.header("cache-control"), "no-store");
    assert_eq!(keys.header("cache-control"), "public, max-age=300");
}
