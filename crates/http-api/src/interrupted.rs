//! Domain work without an outcome.

/// Why domain work had no outcome.
#[derive(Debug, thiserror::Error)]
pub enum Interrupted {
    /// It panicked, or the runtime is shutting down.
    #[error("the work was interrupted")]
    Ended(#[source] tokio::task::JoinError),
    /// It is still going on, and nobody waits for it any more.
    #[error("the work took too long")]
    TooSlow,
}
