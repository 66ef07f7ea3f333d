//! Time and randomness, so that tests can fix both.

use chrono::{DateTime, Utc};
use uuid::Uuid;

/// The time of day.
pub trait Clock: Send + Sync {
    /// Now, in whole microseconds: PostgreSQL keeps no more, and a moment must be unchanged after a
    /// round trip through a store.
    fn now(&self) -> DateTime<Utc>;
}

/// Unpredictable values.
pub trait IdGenerator: Send + Sync {
    /// A random UUID (version 4) from a source fit for secrets.
    fn uuid(&self) -> Uuid;

    /// 24 random bytes from a source fit for secrets.
    fn token_bytes(&self) -> [u8; 24];
}
