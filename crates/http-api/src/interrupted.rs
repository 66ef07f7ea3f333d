//! Domain work without an outcome: a panic, a shutdown or a timeout.

/// Why domain work had no outcome.
#[derive(Debug, thiserror::Error)]
pub enum Interrupted {
    /// It panicked, or the runtime is shutting down.
    #[error("the work was interrupted")]
    Ended(#[source] tokio::task::JoinError),
    /// Timeout: the work still goes on, and the client no longer waits for it.
    #[error("the work took too long")]
    TooSlow,
}
