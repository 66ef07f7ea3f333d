//! What a store needs beside the SQL.

use std::future::Future;

use auth_domain::error::StoreError;
use tokio::runtime::Handle;

use super::{dialect::Flavor, hot_path::HotPath, unit_of_work::SqlUnitOfWork};

/// The connections to a database. They decide which connection a piece of work gets, how often it
/// is retried after a lost connection, and what has to hold before it counts as done.
///
/// [`SqlStore`](super::store::SqlStore) is written over it.
pub trait Pools: Sized + Send + Sync {
    /// Where the database is, and how to use it.
    type Settings: Send;

    /// Opens the first connections, which live on `runtime`.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`] when none can be opened.
    fn open(
        settings: Self::Settings,
        runtime: Handle,
    ) -> impl Future<Output = Result<Self, StoreError>> + Send;

    /// What differs between databases of this kind.
    fn flavor(&self) -> &Flavor;

    /// Begins a unit of work.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`] when there is no connection to be had.
    fn begin(&self) -> impl Future<Output = Result<SqlUnitOfWork, StoreError>> + Send;

    /// Does work that changes nothing.
    ///
    /// # Errors
    ///
    /// As [`begin`](Self::begin), or what the work ran into.
    fn read<Work: HotPath>(
        &self,
        work: Work,
    ) -> impl Future<Output = Result<Work::Output, StoreError>> + Send;

    /// Does idempotent work: when its connection is lost, nothing tells whether it was done.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    fn write<Work: HotPath>(
        &self,
        work: Work,
    ) -> impl Future<Output = Result<Work::Output, StoreError>> + Send;

    /// Does work that is not idempotent and so not retried: a second time would answer otherwise.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    fn write_once<Work: HotPath>(
        &self,
        work: Work,
    ) -> impl Future<Output = Result<Work::Output, StoreError>> + Send;

    /// Whether every migration that this version needs has been applied.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    fn is_migrated(&self) -> impl Future<Output = Result<bool, StoreError>> + Send;
}
