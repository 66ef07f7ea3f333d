//! A database for one test, in a folder of its own.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up should fail where it stands"
)]
#![allow(
    dead_code,
    clippy::allow_attributes,
    reason = "each file of tests is a program of its own and uses a part of this"
)]

use std::{fs, path::PathBuf};

use auth_domain::user::UserId;
use diesel::{
    Connection, QueryableByName, RunQueryDsl, SqliteConnection, connection::SimpleConnection,
    sql_types::Text,
};
use sqlite_store::{SqliteSettings, SqliteStore, Synchronous};
use tempfile::TempDir;
use tokio::runtime::Handle;

/// A path at which there is no database yet; all that appears there is removed in the end.
pub(crate) struct Database {
    folder: TempDir,
}

impl Database {
    pub(crate) fn none() -> Self {
        let folder = TempDir::new().unwrap();
        Self { folder }
    }

    /// One that has the tables of this store and nothing in them.
    pub(crate) async fn migrated() -> Self {
        let database = Self::none();
        sqlite_store::migrate(&database.path()).await.unwrap();
        database
    }

    /// One with the content of another's file.
    pub(crate) fn of(content: &[u8]) -> Self {
        let database = Self::none();
        fs::create_dir(database.path().parent().unwrap()).unwrap();
        fs::write(database.path(), content).unwrap();
        database
    }

    /// In a folder that has to be made too.
    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("data/auth.db")
    }

    pub(crate) async fn store(&self) -> SqliteStore {
        let settings = SqliteSettings {
            path: self.path(),
            synchronous: Synchronous::default(),
        };
        SqliteStore::open(settings, Handle::current())
            .await
            .unwrap()
    }

    pub(crate) fn open(&self) -> SqliteConnection {
        let path = self.path().into_os_string().into_string().unwrap();
        SqliteConnection::establish(&path).unwrap()
    }

    pub(crate) fn execute(&self, sql: &str) {
        self.open().batch_execute(sql).unwrap();
    }

    /// Disables an account, as an administrator does.
    pub(crate) fn disable(&self, user: UserId) {
        let id = user.0.simple();
        self.execute(&format!(
            "UPDATE users SET disabled = true WHERE id = x'{id}'"
        ));
    }

    /// Deletes a user with all that is theirs, as an administrator does.
    pub(crate) fn delete(&self, user: UserId) {
        let id = user.0.simple();
        self.execute(&format!(
            "PRAGMA foreign_keys = on; DELETE FROM users WHERE id = x'{id}'"
        ));
    }

    /// The rows of a query whose only column is the text `line`.
    pub(crate) fn lines(&self, sql: &str) -> Vec<String> {
        let rows: Vec<Line> = diesel::sql_query(sql).load(&mut self.open()).unwrap();
        rows.into_iter().map(|row| row.line).collect()
    }
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

fn migrations() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../migrations/sqlite")
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

/// The text of `up.sql` or `down.sql`.
pub(crate) fn script(direction: &str, name: &str) -> String {
    fs::read_to_string(migrations().join(name).join(format!("{direction}.sql"))).unwrap()
}
