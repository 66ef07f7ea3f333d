//! The contract of every store, on SQLite.

mod support;

use std::sync::Arc;

use async_trait::async_trait;
use auth_domain::{ports::Store, user::UserId};
use sqlite_store::SqliteStore;
use store_testkit::Fixture;
use support::Database;

struct OnSqlite {
    store: Arc<SqliteStore>,
    database: Database,
}

#[async_trait]
impl Fixture for OnSqlite {
    fn store(&self) -> Arc<dyn Store> {
        Arc::clone(&self.store) as _
    }

    async fn disable(&self, user: UserId) {
        self.database.disable(user);
    }

    async fn delete(&self, user: UserId) {
        self.database.delete(user);
    }
}

async fn fresh_store() -> OnSqlite {
    let database = Database::migrated().await;
    OnSqlite {
        store: Arc::new(database.store().await),
        database,
    }
}

store_testkit::conformance!(fresh_store);
