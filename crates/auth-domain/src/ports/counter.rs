//! Counting together with other servers.

use async_trait::async_trait;

use crate::{
    error::Cause,
    limits::{CounterKey, RateLimit, Verdict},
};

/// Counts for several servers, so that a limit holds for all of them together.
///
/// It counts as [`limits::window`](crate::limits) describes. Each call is one round trip, and has
/// to end by itself within a fraction of a second: every request waits for it. What was counted
/// expires two windows later.
#[async_trait]
pub trait SharedCounter: Send + Sync {
    /// Counts `key` once more, unless that is too many. Of any number of concurrent calls no more
    /// are allowed than the limit says.
    async fn count(&self, key: &CounterKey, limit: RateLimit) -> Result<Verdict, CounterError>;

    /// Counts `key` once less, if what was counted is of the current window.
    async fn take_back(&self, key: &CounterKey, limit: RateLimit) -> Result<(), CounterError>;

    /// Whether `key` was counted in the current window or the one before.
    async fn knows(&self, key: &CounterKey, limit: RateLimit) -> Result<bool, CounterError>;
}

/// The shared counter did not answer.
#[derive(Debug, thiserror::Error)]
#[error("the shared counters cannot be reached")]
pub struct CounterError(#[source] pub Cause);
