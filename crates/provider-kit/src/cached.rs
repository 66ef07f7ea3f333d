//! A cache of what a provider publishes.

use std::{
    error::Error,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use auth_domain::{error::chain, ports::Clock};
use chrono::{DateTime, TimeDelta, Utc};

/// How long a value is fresh.
const KEPT: TimeDelta = TimeDelta::hours(1);

/// How long a value that lacks something is not fetched again.
const PAUSE: TimeDelta = TimeDelta::minutes(1);

/// How long a stale value replaces one that cannot be fetched.
const STANDS_IN: TimeDelta = TimeDelta::days(1);

/// How long no fetch is tried after a failed one (circuit breaker): every request would wait for
/// it.
const REST: TimeDelta = TimeDelta::seconds(5);

/// A fetch failed a moment ago, and is not retried yet (circuit breaker).
#[derive(Debug, thiserror::Error)]
#[error("it could not be fetched a moment ago")]
pub struct Resting;

/// A value that is fetched when it is needed, and fresh for an hour. While it cannot be fetched,
/// the stale one is used for a day.
///
/// No request waits for another's fetch, so two concurrent ones may both fetch; the value is
/// replaced as a whole.
pub struct Cached<T> {
    clock: Arc<dyn Clock>,
    kept: Mutex<Option<Kept<T>>>,
    failed: Mutex<Option<DateTime<Utc>>>,
}

struct Kept<T> {
    value: Arc<T>,
    since: DateTime<Utc>,
    /// When it was last fetched again because it lacked something.
    asked_again: DateTime<Utc>,
}

impl<T: Send + Sync> Cached<T> {
    /// An empty cache.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            kept: Mutex::new(None),
            failed: Mutex::new(None),
        }
    }

    /// The value, fetched if there is no fresh one.
    ///
    /// # Errors
    ///
    /// See [`fetch`](Self::fetch).
    pub async fn get_or_fetch<E: From<Resting> + Error + Send + 'static>(
        &self,
        fetching: impl Future<Output = Result<T, E>> + Send,
    ) -> Result<Arc<T>, E> {
        match self.get() {
            Some(value) => Ok(value),
            None => self.fetch(fetching).await,
        }
    }

    /// The value as `fetching` gets it, or else the stale one.
    ///
    /// # Errors
    ///
    /// Its error, or [`Resting`], when there is no stale value either.
    pub async fn fetch<E: From<Resting> + Error + Send + 'static>(
        &self,
        fetching: impl Future<Output = Result<T, E>> + Send,
    ) -> Result<Arc<T>, E> {
        let error = if self.is_resting() {
            Resting.into()
        } else {
            match fetching.await {
                Ok(value) => return Ok(self.put(value)),
                Err(error) => {
                    *locked(&self.failed) = Some(self.clock.now());
                    tracing::warn!(
                        error = chain(&error),
                        "a provider's own data cannot be fetched"
                    );
                    error
                }
            }
        };
        let now = self.clock.now();
        let kept = locked(&self.kept);
        let stands_in = kept.as_ref().filter(|it| now - it.since < STANDS_IN);
        stands_in.map(|it| Arc::clone(&it.value)).ok_or(error)
    }

    fn is_resting(&self) -> bool {
        let now = self.clock.now();
        locked(&self.failed).is_some_and(|it| now - it < REST)
    }

    /// The value, if it is fresh.
    #[must_use]
    pub fn get(&self) -> Option<Arc<T>> {
        let now = self.clock.now();
        let kept = locked(&self.kept);
        let good = kept.as_ref().filter(|it| now - it.since < KEPT);
        good.map(|it| Arc::clone(&it.value))
    }

    /// Whether to fetch it again because something is missing in it. At most once a minute for all
    /// requests: a client may have invented what is missing (denial of service).
    #[must_use]
    pub fn may_ask_again(&self) -> bool {
        let now = self.clock.now();
        let mut kept = locked(&self.kept);
        let Some(kept) = kept.as_mut() else {
            return true;
        };
        let may = now - kept.asked_again >= PAUSE;
        if may {
            kept.asked_again = now;
        }
        may
    }

    /// Stores a value that was just fetched.
    pub fn put(&self, value: T) -> Arc<T> {
        let now = self.clock.now();
        let value = Arc::new(value);
        *locked(&self.kept) = Some(Kept {
            value: Arc::clone(&value),
            since: now,
            asked_again: now,
        });
        value
    }
}

fn locked<V>(mutex: &Mutex<V>) -> MutexGuard<'_, V> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use auth_domain::testing::FixedClock;

    use super::*;

    #[test]
    fn a_value_is_good_for_an_hour() {
        let clock = Arc::new(FixedClock::default());
        let cached = Cached::new(Arc::clone(&clock) as _);
        assert!(cached.get().is_none());

        cached.put(7);
        clock.advance(Duration::from_secs(3599));
        assert_eq!(cached.get().as_deref(), Some(&7));
        clock.advance(Duration::from_secs(1));

        assert!(cached.get().is_none());
    }

    #[derive(Debug, thiserror::Error)]
    #[error("away")]
    struct Away;

    impl From<Resting> for Away {
        fn from(_: Resting) -> Self {
            Self
        }
    }

    #[tokio::test]
    async fn the_last_value_stands_in_for_a_day() {
        let clock = Arc::new(FixedClock::default());
        let cached = Cached::new(Arc::clone(&clock) as _);
        let away = || async { Err::<i32, _>(Away) };
        cached.put(7);

        clock.advance(Duration::from_hours(23));
        assert_eq!(*cached.get_or_fetch(away()).await.unwrap(), 7);
        clock.advance(Duration::from_hours(1));

        assert!(cached.get_or_fetch(away()).await.is_err());
    }

    #[tokio::test]
    async fn no_fetch_is_tried_at_once_after_a_failed_one() {
        let clock = Arc::new(FixedClock::default());
        let cached = Cached::new(Arc::clone(&clock) as _);
        assert!(cached.get_or_fetch(async { Err(Away) }).await.is_err());

        let at_once = cached.get_or_fetch(async { Ok::<_, Away>(7) }).await;
        clock.advance(Duration::from_secs(5));
        let later = cached.get_or_fetch(async { Ok::<_, Away>(7) }).await;

        assert!(at_once.is_err());
        assert_eq!(*later.unwrap(), 7);
    }

    #[test]
    fn what_is_missed_is_asked_for_once_a_minute() {
        let clock = Arc::new(FixedClock::default());
        let cached = Cached::new(Arc::clone(&clock) as _);
        cached.put(7);

        assert!(!cached.may_ask_again());
        clock.advance(Duration::from_mins(1));

        assert!(cached.may_ask_again());
        assert!(!cached.may_ask_again());
    }
}
