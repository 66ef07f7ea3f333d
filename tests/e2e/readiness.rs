//! `GET /readyz`, and that probes count against no rate limit.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::json;

use crate::{
    rate_limits::{allowed, limit, limited},
    support::{Answer, Database, Server, ServerBuilder, connect, on_both_databases, within},
};

/// Polls until the answer has this status: an outcome is cached for a second.
async fn readiness(server: &Server, status: u16) -> Answer {
    within(async {
        loop {
            let answer = server.get("/readyz").await;
            if answer.status == status {
                return answer;
            }
        }
    })
    .await
}

on_both_databases! {
    async fn a_server_that_can_do_its_work_is_ready_with_and_without_the_prefix(database) {
        let server = ServerBuilder::new(&database)
            .set("AUTH_API_PREFIX", "/v1/auth")
            .start()
            .await;

        for path in ["/readyz", "/v1/auth/readyz"] {
            let get = server.get(path).await;
            let head = server.send(server.request(Method::HEAD, path)).await;
            assert_eq!(get.expect(200), json!({ "status": "ok" }), "{path}");
            assert_eq!((head.status, head.text.as_str()), (200, ""), "{path}");
            assert_eq!(get.header("cache-control"), "no-store");
        }
    }

    async fn missing_migrations_are_named_until_they_are_applied(database) {
        let server = Server::on(&database).await;
        readiness(&server, 200).await;
        let name = "2026-11-21-200200_add_username";
        let forget = format!("DELETE FROM auth.hasura_auth_migrations WHERE name = '{name}'");
        database.execute(&forget).await;

        let answer = readiness(&server, 503).await;

        let expected = json!({ "status": "unavailable", "missing": ["migrations"] });
        assert_eq!(answer.expect(503), expected);
        let head = server.send(server.request(Method::HEAD, "/readyz")).await;
        assert_eq!((head.status, head.text.as_str()), (503, ""));
        server.printed("the server is not ready").await;
        assert_eq!(server.get("/healthz").await.expect(200), json!("OK"));
        let note = format!("INSERT INTO auth.hasura_auth_migrations (name) VALUES ('{name}')");
        database.execute(&note).await;
        readiness(&server, 200).await;
        server.printed("the server is ready again").await;
    }

    async fn probes_count_against_no_limit(database) {
        let server = limit(limited(&database), "GLOBAL", "3").start().await;

        for _ in 0..10 {
            server.get("/healthz").await.expect(200);
            server.get("/readyz").await.expect(200);
        }

        // Through a proxy without `X-Forwarded-For` they come from one network.
        assert_eq!(allowed(&server, "127.0.0.1", "/token", &json!({})).await, 3);
        server.get("/healthz").await.expect(200);
        server.get("/readyz").await.expect(200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_lets_nobody_in_makes_a_healthy_server_that_is_not_ready() {
    let database = Database::postgres().await;
    let server = Server::on(&database).await;
    readiness(&server, 200).await;
    let close = "UPDATE pg_database SET datallowconn = false WHERE datname = current_database(); \
         SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
         WHERE datname = current_database() AND pid <> pg_backend_pid()";
    database.execute(close).await;

    let answer = readiness(&server, 503).await;

    let expected = json!({ "status": "unavailable", "missing": ["database"] });
    assert_eq!(answer.expect(503), expected);
    assert_eq!(server.get("/healthz").await.expect(200), json!("OK"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_does_not_answer_in_time_makes_a_server_not_ready() {
    let database = Database::postgres().await;
    let server = Server::on(&database).await;
    readiness(&server, 200).await;
    let Database::Postgres(url) = &database else {
        panic!("not PostgreSQL")
    };
    let blocker = connect(url).await;
    let lock = "BEGIN; LOCK TABLE auth.hasura_auth_migrations IN ACCESS EXCLUSIVE MODE";
    blocker.batch_execute(lock).await.unwrap();
    readiness(&server, 503).await;

    let begin = Instant::now();
    let probes = join_all((0..20).map(|_| server.get("/readyz"))).await;
    let took = begin.elapsed();

    for answer in &probes {
        assert_eq!(answer.expect(503)["missing"], json!(["database"]));
    }
    assert!(took < Duration::from_secs(5), "{took:?}");
    // Denial of service: only one probe waits; the others would use up the connection pool. Beside it
    // the index build that began with the server may wait.
    let waiting = "SELECT count(*) FROM pg_stat_activity \
         WHERE datname = current_database() AND wait_event_type = 'Lock'";
    assert!(database.count(waiting).await <= 2);
    blocker.batch_execute("COMMIT").await.unwrap();
    readiness(&server, 200).await;
}
