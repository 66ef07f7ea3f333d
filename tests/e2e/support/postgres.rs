//! Databases in the throwaway PostgreSQL that `scripts/test` starts.

use std::{
    env,
    path::PathBuf,
    sync::atomic::{AtomicU32, Ordering},
};

use tokio_postgres::{Client, NoTls};

/// The superuser's URL of the cluster. Without it a test fails: it is never skipped.
#[expect(
    clippy::disallowed_methods,
    reason = "the test script tells where its database is"
)]
fn cluster_url() -> String {
    env::var("TEST_POSTGRES_URL")
        .expect("TEST_POSTGRES_URL is not set: run the tests with scripts/test")
}

/// A program of the cluster's version.
#[expect(
    clippy::disallowed_methods,
    reason = "the test script tells where its programs are"
)]
pub(crate) fn postgres_program(name: &str) -> PathBuf {
    let folder = env::var("TEST_POSTGRES_BIN")
        .expect("TEST_POSTGRES_BIN is not set: run the tests with scripts/test");
    PathBuf::from(folder).join(name)
}

/// A new, empty database.
pub(crate) async fn fresh_postgres() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let next = NEXT.fetch_add(1, Ordering::Relaxed);
    let name = format!("e2e_{}_{next}", std::process::id());
    let client = connect(&cluster_url()).await;
    client
        .batch_execute(&format!("CREATE DATABASE {name}"))
        .await
        .unwrap();
    let url = cluster_url();
    assert!(
        url.contains("/postgres?"),
        "the cluster's URL names its database: {url}"
    );
    url.replacen("/postgres?", &format!("/{name}?"), 1)
}

/// A connection to a database.
pub(crate) async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}
