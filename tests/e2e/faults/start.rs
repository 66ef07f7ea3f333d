//! At its start the server finds a database that is unreachable, or that refuses it.

use std::time::Instant;

use reqwest::Method;
use serde_json::json;

use super::{HEALED, expect_unavailable};
use crate::support::{Cluster, PASSWORD, ServerBuilder, legacy_credentials};

#[tokio::test(flavor = "multi_thread")]
async fn a_server_waits_for_a_database_that_is_not_there_yet() {
    let cluster = Cluster::start().await;
    cluster.stop().await;

    let server = ServerBuilder::new(&cluster.database()).start().await;
    server.printed("waiting for the database").await;
    server.get("/healthz").await.expect(200);
    let ready = server.get("/readyz").await;
    assert_eq!(ready.status, 503, "{ready:?}");
    expect_unavailable(&server.sign_in("ada@example.com", PASSWORD).await);
    let john = legacy_credentials("john", PASSWORD);
    let login = server.post("/v1/login", &john).await;
    login.expect_legacy_error(
        503,
        "unexpected-state",
        "service is temporarily unavailable",
    );

    cluster.start_again().await;
    let since = Instant::now();
    let body = json!({ "email": "ada@example.com", "password": PASSWORD });
    let sign_up = || {
        server
            .request(Method::POST, "/signup/email-password")
            .json(&body)
    };
    // The connection may be cut while the real server takes over.
    while !matches!(sign_up().send().await, Ok(answer) if answer.status() == 200) {
        assert!(since.elapsed() < HEALED, "{}", server.output());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_told_to_stop_waits_no_longer() {
    let cluster = Cluster::start().await;
    cluster.stop().await;
    let mut server = ServerBuilder::new(&cluster.database()).start().await;
    server.printed("waiting for the database").await;

    server.terminate();

    assert!(server.ended().await, "{}", server.output());
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_has_an_end() {
    let cluster = Cluster::start().await;
    cluster.stop().await;
    let builder = ServerBuilder::new(&cluster.database());
    let mut server = builder
        .set("AUTH_DATABASE_STARTUP_TIMEOUT", "1s")
        .start()
        .await;

    assert!(!server.ended().await);

    server.printed("POSTGRES_CONNECTION").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_refuses_ends_the_start_at_once() {
    let cluster = Cluster::start().await;
    let (_, url) = cluster.database().environment();
    let no_such = url.replacen("/postgres?", "/no_such_database?", 1);
    let stranger = url.replacen("postgres@", "stranger@", 1);

    for refused in [no_such, stranger] {
        let builder = ServerBuilder::new(&cluster.database()).set("POSTGRES_CONNECTION", &refused);
        let output = builder.command().output().await.unwrap();

        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success());
        assert!(said.contains("does not exist"), "{said}");
        assert!(!said.contains("waiting"), "{said}");
    }
}
