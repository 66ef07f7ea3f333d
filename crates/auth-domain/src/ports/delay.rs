//! Sleeping.

use std::{pin::Pin, time::Duration};

/// A future that ends at some moment.
pub type Pause = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Sleeps.
pub trait Delay: Send + Sync {
    /// Comes to an end `time` after this call, whenever it is waited for.
    fn pause(&self, time: Duration) -> Pause;
}
