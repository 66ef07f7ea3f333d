//! Work that outlives its request.

use std::pin::Pin;

/// Work to be done, boxed.
pub type BackgroundWork = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Runs work that no request waits for.
pub trait Background: Send + Sync {
    /// Begins `work`, which runs to its end even if the caller is dropped.
    ///
    /// # Errors
    ///
    /// [`BackgroundBusy`] when the bound is reached. An implementation must have one: callers do
    /// not wait for the work, so nothing else slows them down.
    fn begin(&self, work: BackgroundWork) -> Result<(), BackgroundBusy>;
}

/// Too much is going on already; ask again later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the queue of background work is full")]
pub struct BackgroundBusy;
