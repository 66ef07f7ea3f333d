//! The repositories and the store on PostgreSQL.

mod advisory;
mod dialect;
mod hot;
mod locks;
#[path = "../repositories/mod.rs"]
mod repositories;
mod schema;

use auth_domain::error::StoreError;
use tokio::runtime::Handle;

pub use advisory::{INDEX_LOCK, MIGRATION_LOCK};
pub use dialect::{Conn, Flavor, store_error};
pub use repositories::{
    connection::{Manager, PooledConn, discard},
    hot_path::HotPath,
    pools::Pools,
    store::SqlStore,
    unit_of_work::SqlUnitOfWork,
};

impl<P: Pools> SqlStore<P> {
    /// Connects to the database, as [`Pools::open`] does.
    ///
    /// # Errors
    ///
    /// As of [`Pools::open`].
    pub async fn connect(settings: P::Settings, runtime: Handle) -> Result<Self, StoreError> {
        Ok(Self::over(P::open(settings, runtime).await?))
    }
}
