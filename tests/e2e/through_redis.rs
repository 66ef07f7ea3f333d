//! Servers that share their rate-limit counters in Redis, and what they do while it is unreachable.

use reqwest::Method;
use serde_json::json;

use crate::support::{
    Answer, Database, PASSWORD, Redis, Server, ServerBuilder, on_both_databases, redis_prefix,
};

/// A limit of six attempts to sign in, and of three wrong passwords for an account.
fn limited(database: &Database) -> ServerBuilder {
    ServerBuilder::new(database)
        .set("AUTH_RATE_LIMIT_ENABLE", "true")
        .set("AUTH_TRUSTED_PROXIES", "127.0.0.1")
        .set("AUTH_RATE_LIMIT_BRUTE_FORCE_BURST", "6")
        .set("AUTH_RATE_LIMIT_BRUTE_FORCE_INTERVAL", "1000h")
        .set("AUTH_RATE_LIMIT_ACCOUNT_BURST", "3")
        .set("AUTH_RATE_LIMIT_ACCOUNT_INTERVAL", "1000h")
}

async fn sign_in(server: &Server, client: &str, email: &str, password: &str) -> Answer {
    let body = json!({ "email": email, "password": password });
    let request = server.request(Method::POST, "/signin/email-password");
    let request = request.header("X-Forwarded-For", client).json(&body);
    server.send(request).await
}

/// How many of ten attempts at different accounts are not refused; none is answered by a 500.
async fn allowed(servers: &[&Server], client: &str) -> usize {
    let mut count = 0;
    for (number, server) in servers.iter().cycle().take(10).enumerate() {
        let email = format!("nobody{number}@example.com");
        let answer = sign_in(server, client, &email, "wrong").await;
        assert!([401, 429].contains(&answer.status), "{answer:?}");
        count += usize::from(answer.status == 401);
    }
    count
}

on_both_databases! {
    async fn two_servers_count_together(database) {
        let prefix = redis_prefix();
        let one = limited(&database).counting_in_redis(&prefix).start().await;
        let other = limited(&database).counting_in_redis(&prefix).start().await;

        assert_eq!(allowed(&[&one, &other], "192.0.2.1").await, 6);
        assert_eq!(allowed(&[&other], "192.0.2.1").await, 0);
        assert_eq!(allowed(&[&other, &one], "192.0.2.2").await, 6);
    }

    async fn an_account_is_closed_on_all_servers_and_its_owner_known_on_all(database) {
        let prefix = redis_prefix();
        // Both derive the names of counters from one key, as they share the signing key.
        let key = r#"{"type":"HS256","key":"a key of no less than 32 random bytes"}"#;
        let builder = || limited(&database).set("HASURA_GRAPHQL_JWT_SECRET", key);
        let one = builder().counting_in_redis(&prefix).start().await;
        let other = builder().counting_in_redis(&prefix).start().await;
        one.sign_up("ada@example.com").await;
        sign_in(&one, "192.0.2.7", "ada@example.com", PASSWORD).await.expect(200);

        for (server, client) in [(&one, "192.0.2.1"), (&other, "192.0.2.2"), (&one, "192.0.2.3")] {
            sign_in(server, client, "ada@example.com", "wrong").await.expect(401);
        }

        let stranger = sign_in(&other, "192.0.2.4", "ada@example.com", PASSWORD).await;
        assert_eq!(stranger.status, 429);
        sign_in(&other, "192.0.2.7", "ada@example.com", PASSWORD).await.expect(200);
    }

    async fn when_redis_is_killed_each_server_counts_by_itself(database) {
        let redis = Redis::start(&[]).await;
        let one = limited(&database).counting_at(&redis.url()).start().await;
        let other = limited(&database).counting_at(&redis.url()).start().await;
        assert_eq!(allowed(&[&one, &other], "192.0.2.1").await, 6);

        redis.kill().await;

        for server in [&one, &other] {
            assert_eq!(allowed(&[server], "192.0.2.2").await, 6);
            assert_eq!(allowed(&[server], "192.0.2.2").await, 0);
            let told = server.output().matches("limits hold for each server by itself").count();
            assert_eq!(told, 1, "{}", server.output());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn when_redis_hangs_each_server_counts_by_itself() {
    let redis = Redis::start(&[]).await;
    let builder = limited(&Database::sqlite()).counting_at(&redis.url());
    let server = builder.start().await;
    assert_eq!(allowed(&[&server], "192.0.2.1").await, 6);

    redis.pause();

    assert_eq!(allowed(&[&server], "192.0.2.2").await, 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn when_redis_is_full_each_server_counts_by_itself() {
    let redis = Redis::start(&["--maxmemory", "1"]).await;
    let builder = limited(&Database::sqlite()).counting_at(&redis.url());
    let server = builder.start().await;

    assert_eq!(allowed(&[&server], "192.0.2.1").await, 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_starts_while_redis_is_away_and_says_so() {
    let builder = limited(&Database::sqlite());
    let server = builder
        .counting_at("redis://:hunter2@127.0.0.1:1")
        .start()
        .await;

    assert_eq!(allowed(&[&server], "192.0.2.1").await, 6);
    let log = server.output();
    assert!(
        log.contains("limits hold for each server by itself"),
        "{log}"
    );
    assert!(!log.contains("hunter2"), "{log}");
}
