//! A database for one test, on the cluster that `scripts/with-postgres` starts.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up should fail where it stands"
)]
#![allow(
    dead_code,
    clippy::allow_attributes,
    reason = "each file of tests is a program of its own and uses a part of this"
)]

pub(crate) mod way;

use std::{
    fs,
    path::PathBuf,
    process,
    sync::atomic::{AtomicU32, Ordering},
    thread,
    time::Duration,
};

use auth_domain::user::UserId;
use postgres_store::{MigrateError, PostgresSettings, PostgresStore, PostgresUrl};
use tokio::runtime::{self, Handle};
use tokio_postgres::{Client, NoTls, SimpleQueryMessage};

/// What Hasura Auth 0.42 left behind; see the file's first lines.
pub(crate) const HASURA_AUTH: &str = include_str!("../fixtures/hasura-auth-0.42.sql");

/// An empty database, dropped at the end of the test.
pub(crate) struct Database {
    name: String,
}

impl Database {
    /// Makes one.
    pub(crate) async fn create() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("store_test_{}_{number}", process::id());
        let client = client(&cluster()).await;
        client
            .batch_execute(&format!("CREATE DATABASE {name} TEMPLATE template0"))
            .await
            .unwrap();
        Self { name }
    }

    /// Makes one that has the tables of this store and nothing in them.
    pub(crate) async fn create_migrated() -> Self {
        let database = Self::create().await;
        database.migrate().await.unwrap();
        database
    }

    /// Makes one that Hasura Auth has used.
    pub(crate) async fn create_used_by_hasura_auth() -> Self {
        let database = Self::create().await;
        database.execute(HASURA_AUTH).await;
        database
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn url(&self) -> PostgresUrl {
        url(&self.url_text())
    }

    /// The same with further parameters.
    pub(crate) fn url_with(&self, parameters: &str) -> PostgresUrl {
        url(&format!("{}&{parameters}", self.url_text()))
    }

    fn url_text(&self) -> String {
        let cluster = cluster();
        let (place, query) = cluster.split_once('?').unwrap_or((&cluster, ""));
        let (server, _) = place.rsplit_once('/').unwrap();
        format!("{server}/{}?{query}", self.name)
    }

    pub(crate) async fn migrate(&self) -> Result<Vec<String>, MigrateError> {
        postgres_store::migrate(&self.url(), &Handle::current()).await
    }

    pub(crate) async fn migrate_tables(&self) -> Result<Vec<String>, MigrateError> {
        postgres_store::migrate_tables(&self.url(), &Handle::current()).await
    }

    pub(crate) async fn build_indexes(&self) -> Result<Vec<String>, MigrateError> {
        postgres_store::build_indexes(&self.url(), &Handle::current()).await
    }

    pub(crate) async fn pending(&self) -> Result<Vec<String>, MigrateError> {
        let pending = postgres_store::pending(&self.url(), &Handle::current()).await?;
        Ok(pending.migrations.into_iter().map(|it| it.name).collect())
    }

    pub(crate) async fn store(&self) -> PostgresStore {
        self.store_with(5).await
    }

    pub(crate) async fn store_with(&self, max_connections: u32) -> PostgresStore {
        let settings = PostgresSettings {
            url: self.url(),
            max_connections,
            connect_timeout: Duration::from_secs(10),
            check_after: Duration::from_secs(5),
            statement_timeout: Duration::from_secs(10),
        };
        PostgresStore::connect(settings, Handle::current())
            .await
            .unwrap()
    }

    /// Runs statements.
    pub(crate) async fn execute(&self, sql: &str) {
        let client = client(&self.url_text()).await;
        client.batch_execute(sql).await.unwrap();
    }

    /// Does what a migration does. Indexes are not built in a transaction, so each statement is run
    /// alone.
    pub(crate) async fn apply(&self, migration: &str) {
        if migrations().join(migration).join("up.sql").exists() {
            return self.execute(&script("up", migration)).await;
        }
        let list = script("concurrently", migration);
        let code: Vec<_> = list.lines().filter(|it| !it.starts_with("--")).collect();
        for statement in code.join("\n").split_inclusive(';') {
            self.execute(statement).await;
        }
    }

    /// A connection of a test's own.
    pub(crate) async fn client(&self) -> Client {
        client(&self.url_text()).await
    }

    /// The rows of a query, each as its columns with a bar between them.
    pub(crate) async fn rows(&self, sql: &str) -> Vec<String> {
        let client = client(&self.url_text()).await;
        let messages = client.simple_query(sql).await.unwrap();
        messages.iter().filter_map(row_text).collect()
    }

    /// The only column of the only row of a query.
    pub(crate) async fn value(&self, sql: &str) -> String {
        self.rows(sql).await.concat()
    }

    /// Disables the account of a user, as an administrator does beside this server.
    pub(crate) async fn disable(&self, user: UserId) {
        let disable = format!("UPDATE auth.users SET disabled = true WHERE id = '{user}'");
        self.execute(&disable).await;
    }

    /// Deletes a user, as an administrator does beside this server.
    pub(crate) async fn delete(&self, user: UserId) {
        let delete = format!("DELETE FROM auth.users WHERE id = '{user}'");
        self.execute(&delete).await;
    }

    /// Ends every connection to the database and returns when they are gone.
    pub(crate) async fn sever_connections(&self) {
        let client = client(&cluster()).await;
        let others = format!("FROM pg_stat_activity WHERE datname = '{}'", self.name);
        loop {
            let cut = format!("SELECT pg_terminate_backend(pid) {others}");
            let messages = client.simple_query(&cut).await.unwrap();
            if messages.iter().filter_map(row_text).count() == 0 {
                return;
            }
        }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let drop = format!("DROP DATABASE {} WITH (FORCE)", self.name);
        // The test's own runtime is about to end, and may not be blocked.
        let dropping = thread::spawn(move || {
            let runtime = runtime::Builder::new_current_thread().enable_all().build();
            runtime.unwrap().block_on(async {
                let client = client(&cluster()).await;
                client.batch_execute(&drop).await.unwrap();
            });
        });
        assert!(dropping.join().is_ok() || thread::panicking());
    }
}

fn cluster() -> String {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is how the script says where the cluster is"
    )]
    let url = std::env::var("TEST_POSTGRES_URL");
    assert!(
        url.is_ok(),
        "TEST_POSTGRES_URL is not set: run these tests with scripts/test, which starts a PostgreSQL"
    );
    url.unwrap()
}

/// The socket of the cluster, from the URL that ends with its folder.
fn cluster_socket() -> PathBuf {
    match url(&cluster()).display().split_once('@') {
        Some((_, place)) => {
            let folder = place.split(':').next().unwrap().replace("%2F", "/");
            PathBuf::from(folder).join(".s.PGSQL.5432")
        }
        None => unreachable!("the cluster has a superuser"),
    }
}

pub(crate) fn url(text: &str) -> PostgresUrl {
    PostgresUrl::parse(text).unwrap()
}

/// Takes a lock in a transaction that ends when the client is dropped.
pub(crate) async fn hold_lock(database: &Database, lock: &str) -> Client {
    let client = client(&database.url_text()).await;
    client
        .batch_execute(&format!("BEGIN; {lock}"))
        .await
        .unwrap();
    client
}

async fn client(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

fn row_text(message: &SimpleQueryMessage) -> Option<String> {
    let SimpleQueryMessage::Row(row) = message else {
        return None;
    };
    let columns = (0..row.len()).map(|column| row.get(column).unwrap_or("NULL"));
    Some(columns.collect::<Vec<_>>().join("|"))
}

fn migrations() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../migrations/postgres")
}

/// The names of all migrations, in order.
pub(crate) fn migration_names() -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(migrations())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort_unstable();
    names
}

/// The text of `up.sql`, `concurrently.sql` or `down.sql`.
pub(crate) fn script(direction: &str, name: &str) -> String {
    fs::read_to_string(migrations().join(name).join(format!("{direction}.sql"))).unwrap()
}
