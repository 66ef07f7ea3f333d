//! Something that a provider publishes, kept for a while.

use std::{
    error::Error,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use auth_domain::{error::chain, ports::Clock};
use chrono::{DateTime, TimeDelta, Utc};

/// How long a value is good.
const KEPT: TimeDelta = TimeDelta::hours(1);

/// How long a value that lacks something is not asked for again.
const PAUSE: TimeDelta = TimeDelta::minutes(1);

/// How long a value stands in for one that cannot be fetched.
const STANDS_IN: TimeDelta = TimeDelta::days(1);

/// How long nobody asks again after a fetch that failed: everybody would wait for it to fail.
const REST: TimeDelta = TimeDelta::seconds(5);

/// A fetch failed a moment ago, and was not tried again.
#[derive(Debug, thiserror::Error)]
#[error("it was not to be had a moment ago")]
pub struct Resting;

/// A value that is fetched when it is needed, and good for an hour. While it cannot be fetched, the
/// last one stands in for it for a day.
///
/// Nobody waits for another's fetch, so two at the same time may both ask; the value is replaced
/// as a whole.
pub struct Cached<T> {
    clock: Arc<dyn Clock>,
    kept: Mutex<Option<Kept<T>>>,
    failed: Mutex<Option<DateTime<Utc>>>,
}

struct Kept<T> {
    value: Arc<T>,
    since: DateTime<Utc>,
    /// When somebody last asked for it again, because it lacked something.
    asked_again: DateTime<Utc>,
}

impl<T: Send + Sync> Cached<T> {
    /// Nothing yet.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            kept: Mutex::new(None),
            failed: Mutex::new(None),
        }
    }

    /// The value, fetched if there is no good one.
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

    /// The value as `fetching` gets it, or else the one that stands in for it.
    ///
    /// # Errors
    ///
    /// Its error, or [`Resting`], where nothing stands in.
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
                    tracing::warn!(error = chain(&error), "a provider's own data cannot be had");
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

    /// The value, if there is a good one.
    #[must_use]
    pub fn get(&self) -> Option<Arc<T>> {
        let now = self.clock.now();
        let kept = locked(&self.kept);
        let good = kept.as_ref().filter(|it| now - it.since < KEPT);
        good.map(|it| Arc::clone(&it.value))
    }

    /// Whether to fetch it once more because something is missing in it. That is so once a minute,
    /// whoever asks: what is missed may be an invention.
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

    /// Keeps a value that was just fetched.
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
    async fn nobody_asks_again_at_once_for_what_was_not_to_be_had() {
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
