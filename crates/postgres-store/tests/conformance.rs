//! The contract of every store, on PostgreSQL.

mod support;

use std::sync::Arc;

use async_trait::async_trait;
use auth_domain::{ports::Store, user::UserId};
use postgres_store::PostgresStore;
use store_testkit::Fixture;
use support::Database;

struct OnPostgres {
    store: Arc<PostgresStore>,
    database: Database,
}

#[async_trait]
impl Fixture for OnPostgres {
    fn store(&self) -> Arc<dyn Store> {
        Arc::clone(&self.store) as _
    }

    async fn sever_connections(&self) {
        self.database.sever_connections().await;
    }

    async fn disable(&self, user: UserId) {
        self.database.disable(user).await;
    }

    async fn delete(&self, user: UserId) {
        self.database.delete(user).await;
    }
}

async fn fresh_store() -> OnPostgres {
    let database = Database::create_migrated().await;
    OnPostgres {
        store: Arc::new(database.store().await),
        database,
    }
}

store_testkit::conformance!(fresh_store);
