//! The database of a server under test, and queries on it.

use std::{path::PathBuf, sync::Arc};

use diesel::{Connection, RunQueryDsl, SqliteConnection, connection::SimpleConnection};
use tempfile::TempDir;

use super::postgres::{connect, fresh_postgres};

/// One of the two databases, empty at first. Several servers may share it.
#[derive(Clone)]
pub(crate) enum Database {
    /// A folder of its own for the embedded database.
    Sqlite(Arc<TempDir>),
    /// A database of its own in the throwaway cluster.
    Postgres(String),
}

#[derive(diesel::QueryableByName)]
struct Count {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    count: i64,
}

impl Database {
    pub(crate) fn sqlite() -> Self {
        Self::Sqlite(Arc::new(TempDir::new().unwrap()))
    }

    pub(crate) async fn postgres() -> Self {
        Self::Postgres(fresh_postgres().await)
    }

    /// The settings by which the server finds it.
    pub(crate) fn environment(&self) -> (&'static str, String) {
        match self {
            Self::Sqlite(folder) => (
                "AUTH_SQLITE_PATH",
                folder.path().join("auth.db").display().to_string(),
            ),
            Self::Postgres(url) => ("POSTGRES_CONNECTION", url.clone()),
        }
    }

    /// Runs a statement written for PostgreSQL with `auth.` in front of its tables.
    pub(crate) async fn execute(&self, statement: &str) {
        match self {
            Self::Sqlite(_) => {
                let statement = statement.replace("auth.", "");
                self.sqlite_connection().batch_execute(&statement).unwrap();
            }
            Self::Postgres(url) => connect(url).await.batch_execute(statement).await.unwrap(),
        }
    }

    /// The number a `SELECT count(*) AS count …` yields.
    pub(crate) async fn count(&self, query: &str) -> i64 {
        match self {
            Self::Sqlite(_) => {
                let query = query.replace("auth.", "");
                let row: Count = diesel::sql_query(query)
                    .get_result(&mut self.sqlite_connection())
                    .unwrap();
                row.count
            }
            Self::Postgres(url) => connect(url)
                .await
                .query_one(query, &[])
                .await
                .unwrap()
                .get(0),
        }
    }

    /// Blocks other writers (write lock) until the value is dropped.
    pub(crate) fn hold_write_lock(&self) -> SqliteConnection {
        let mut connection = self.sqlite_connection();
        connection.batch_execute("BEGIN IMMEDIATE").unwrap();
        connection
    }

    fn sqlite_connection(&self) -> SqliteConnection {
        let Self::Sqlite(folder) = self else {
            panic!("not an embedded database")
        };
        let path: PathBuf = folder.path().join("auth.db");
        let mut connection = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
        connection
            .batch_execute("PRAGMA busy_timeout = 5000; PRAGMA foreign_keys = ON")
            .unwrap();
        connection
    }
}
