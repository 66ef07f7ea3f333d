//! Letting time pass.

use std::{pin::Pin, time::Duration};

/// Comes to an end at some moment.
pub type Pause = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Lets time pass.
pub trait Delay: Send + Sync {
    /// Comes to an end `time` after this call, whenever it is waited for.
    fn pause(&self, time: Duration) -> Pause;
}
