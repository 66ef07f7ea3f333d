//! Work that nobody waits for.

use std::pin::Pin;

/// Work to be done, boxed.
pub type BackgroundWork = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Does work that nobody waits for.
pub trait Background: Send + Sync {
    /// Begins `work`, which goes on to its end whatever becomes of the caller.
    ///
    /// # Errors
    ///
    /// [`BackgroundBusy`] when as much is going on as may. An implementation must bound it: whoever
    /// asks for more does not feel how long it takes.
    fn begin(&self, work: BackgroundWork) -> Result<(), BackgroundBusy>;
}

/// Too much is going on already; ask again later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too much work goes on in the background")]
pub struct BackgroundBusy;
