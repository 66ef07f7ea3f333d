//! Databases in the throwaway PostgreSQL that `scripts/test` starts.

use std::{
    path::PathBuf,
    sync::atomic::{AtomicU32, Ordering},
};

use tokio_postgres::{Client, NoTls};

use super::told;

/// The superuser's URL of the cluster.
fn cluster_url() -> String {
    told("TEST_POSTGRES_URL")
}

/// A program of the cluster's version.
pub(crate) fn postgres_program(name: &str) -> PathBuf {
    PathBuf::from(told("TEST_POSTGRES_BIN")).join(name)
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
