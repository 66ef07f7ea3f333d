//! Faults: how requests fail while a dependency is down, and how the server recovers. Described in
//! `docs/faults.md`.

mod database;
// Only there may a test mount a file system.
#[cfg(target_os = "linux")]
mod full_disk;
mod kills;
mod mail;
mod start;

use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::{Answer, PASSWORD, Server, legacy_credentials};

/// Clients are answered within two seconds where no connection can be had; the machine that runs the
/// tests may add as much again.
const PROMPT: Duration = Duration::from_secs(4);

/// How soon the server recovers after the fault is mended, or after a failover.
const HEALED: Duration = Duration::from_secs(15);

/// Waits until a user can sign in again.
async fn healed(server: &Server, email: &str) {
    let since = Instant::now();
    while server.sign_in(email, PASSWORD).await.status != 200 {
        assert!(since.elapsed() < HEALED, "{}", server.output());
    }
}

/// Whether it is the modern generation's answer while the database is unreachable.
#[track_caller]
fn expect_unavailable(answer: &Answer) {
    let message = "The service is temporarily unavailable, please try again later";
    answer.expect_error(503, "temporarily-unavailable", message);
    assert_eq!(answer.header("retry-after"), "2");
}

/// Both generations answer promptly that the database is unreachable; the process stays healthy.
async fn refuses_promptly(server: &Server) {
    let body = json!({ "refreshToken": "2c1dc8e8-9a25-4d7b-9a53-6b3d1f2b2f8a" });
    let legacy = legacy_credentials("john", PASSWORD);
    let asked = Instant::now();

    let (refresh, sign_in, login) = tokio::join!(
        server.post("/token", &body),
        server.sign_in("ada@example.com", PASSWORD),
        server.post("/v1/login", &legacy),
    );

    assert!(asked.elapsed() < PROMPT, "{:?}", asked.elapsed());
    expect_unavailable(&refresh);
    expect_unavailable(&sign_in);
    let message = "service is temporarily unavailable";
    login.expect_legacy_error(503, "unexpected-state", message);
    assert_eq!(login.header("retry-after"), "2");
    server.get("/healthz").await.expect(200);
}
