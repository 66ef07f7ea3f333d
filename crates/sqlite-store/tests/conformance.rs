//! The contract of every store, on SQLite.

mod support;

use std::sync::Arc;

use auth_domain::ports::Store;
use sqlite_store::SqliteStore;
use store_testkit::Fixture;
use support::Database;

struct OnSqlite {
    store: Arc<SqliteStore>,
    _database: Database,
}

impl Fixture for OnSqlite {
    fn store(&self) -> Arc<dyn Store> {
        Arc::clone(&self.store) as _
    }
}

async fn fresh_store() -> OnSqlite {
    let database = Database::migrated().await;
    OnSqlite {
        store: Arc::new(database.store().await),
        _database: database,
    }
}

store_testkit::conformance!(fresh_store);
