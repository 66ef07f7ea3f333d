//! `MemoryStore` passes the suite.

use std::sync::Arc;

use async_trait::async_trait;
use auth_domain::{ports::Store, user::UserId};
use store_testkit::{Fixture, MemoryStore};

struct InMemory(MemoryStore);

#[async_trait]
impl Fixture for InMemory {
    fn store(&self) -> Arc<dyn Store> {
        Arc::new(self.0.clone())
    }

    async fn disable(&self, user: UserId) {
        self.0.disable(user).await;
    }

    async fn delete(&self, user: UserId) {
        self.0.delete(user).await;
    }
}

#[expect(
    clippy::unused_async,
    reason = "only a store with a database has to wait"
)]
async fn fresh_store() -> InMemory {
    InMemory(MemoryStore::new())
}

store_testkit::conformance!(fresh_store);
