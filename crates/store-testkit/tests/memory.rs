//! `MemoryStore` keeps the contract it comes with.

use std::sync::Arc;

use auth_domain::ports::Store;
use store_testkit::{Fixture, MemoryStore};

struct InMemory(MemoryStore);

impl Fixture for InMemory {
    fn store(&self) -> Arc<dyn Store> {
        Arc::new(self.0.clone())
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
