//! Counts in the shared store, or in memory while that is away.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use super::{CounterKey, RateLimit, Verdict, memory::MemoryCounter};
use crate::{
    error::chain,
    ports::{Clock, CounterError, SharedCounter},
};

/// For how long, in milliseconds, a shared counter that failed is not asked (circuit breaker).
const PAUSE: i64 = 5_000;

/// There is no outage.
const NONE: i64 = i64::MIN;

/// Counts, and says when it is too much. Cheap to clone; clones count together.
///
/// When the shared counter fails, requests are neither refused nor let through unlimited: this
/// server counts in memory until the shared one answers again. One request every five seconds tries
/// it meanwhile (circuit breaker), so that the others do not wait for it in vain.
#[derive(Clone)]
pub struct Limiter(Arc<Inner>);

struct Inner {
    clock: Arc<dyn Clock>,
    local: MemoryCounter,
    shared: Option<Arc<dyn SharedCounter>>,
    /// When the shared counter is tried again, in milliseconds; [`NONE`] while it answers.
    ask_again_at: AtomicI64,
}

impl Limiter {
    /// Counts on this server alone.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self::over(clock, None)
    }

    /// Counts together with other servers.
    #[must_use]
    pub fn sharing(clock: Arc<dyn Clock>, shared: Arc<dyn SharedCounter>) -> Self {
        Self::over(clock, Some(shared))
    }

    fn over(clock: Arc<dyn Clock>, shared: Option<Arc<dyn SharedCounter>>) -> Self {
        Self(Arc::new(Inner {
            clock,
            local: MemoryCounter::default(),
            shared,
            ask_again_at: AtomicI64::new(NONE),
        }))
    }

    /// Pings the shared counter, so that the log tells at once if it is away.
    pub async fn probe(&self) {
        let once = RateLimit::new(1, Duration::from_secs(1));
        self.knows(&CounterKey::of_all("probe"), once).await;
    }

    /// Counts `key` once more, unless that is too many.
    pub async fn count(&self, key: &CounterKey, limit: RateLimit) -> Verdict {
        if let Some(shared) = self.shared()
            && let Some(verdict) = self.judge(shared.count(key, limit).await)
        {
            return verdict;
        }
        self.0.local.count(key, limit, self.0.now_millis())
    }

    /// Counts `key` once less.
    pub async fn take_back(&self, key: &CounterKey, limit: RateLimit) {
        if let Some(shared) = self.shared()
            && self.judge(shared.take_back(key, limit).await).is_some()
        {
            return;
        }
        self.0.local.take_back(key, limit, self.0.now_millis());
    }

    /// Whether `key` was counted in the current window or the one before.
    pub async fn knows(&self, key: &CounterKey, limit: RateLimit) -> bool {
        if let Some(shared) = self.shared()
            && let Some(known) = self.judge(shared.knows(key, limit).await)
        {
            return known;
        }
        self.0.local.knows(key, limit, self.0.now_millis())
    }

    /// The shared counter, unless it failed a moment ago.
    fn shared(&self) -> Option<&dyn SharedCounter> {
        let shared = self.0.shared.as_deref()?;
        let at = &self.0.ask_again_at;
        let ask_again_at = at.load(Ordering::Relaxed);
        if ask_again_at == NONE {
            return Some(shared);
        }
        let now = self.0.now();
        let next = now.saturating_add(PAUSE);
        // Of concurrent requests after the pause one tries; for the others there is another pause.
        let is_time = now >= ask_again_at
            && at
                .compare_exchange(ask_again_at, next, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok();
        is_time.then_some(shared)
    }

    /// Remembers whether the shared counter answers, and logs when that changes.
    fn judge<T>(&self, answer: Result<T, CounterError>) -> Option<T> {
        let at = &self.0.ask_again_at;
        match answer {
            Ok(answer) => {
                if at.swap(NONE, Ordering::Relaxed) != NONE {
                    tracing::info!("the shared counters answer again: limits hold for all servers");
                }
                Some(answer)
            }
            Err(error) => {
                let next = self.0.now().saturating_add(PAUSE);
                if at.swap(next, Ordering::Relaxed) == NONE {
                    tracing::warn!(
                        error = chain(&error),
                        "limits hold for each server by itself until the shared counters answer"
                    );
                }
                None
            }
        }
    }
}

impl Inner {
    fn now(&self) -> i64 {
        self.clock.now().timestamp_millis()
    }

    fn now_millis(&self) -> u64 {
        u64::try_from(self.now()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, AtomicUsize};

    use async_trait::async_trait;

    use super::*;
    use crate::testing::FixedClock;

    const LIMIT: RateLimit = RateLimit::new(3, Duration::from_hours(1));

    /// A shared counter that allows everything while it is up.
    #[derive(Default)]
    struct Generous {
        is_away: AtomicBool,
        asked: AtomicUsize,
    }

    impl Generous {
        fn answer<T>(&self, answer: T) -> Result<T, CounterError> {
            self.asked.fetch_add(1, Ordering::Relaxed);
            if self.is_away.load(Ordering::Relaxed) {
                Err(CounterError("away".into()))
            } else {
                Ok(answer)
            }
        }
    }

    #[async_trait]
    impl SharedCounter for Generous {
        async fn count(&self, _: &CounterKey, _: RateLimit) -> Result<Verdict, CounterError> {
            self.answer(Verdict::Allowed)
        }

        async fn take_back(&self, _: &CounterKey, _: RateLimit) -> Result<(), CounterError> {
            self.answer(())
        }

        async fn knows(&self, _: &CounterKey, _: RateLimit) -> Result<bool, CounterError> {
            self.answer(true)
        }
    }

    struct World {
        clock: Arc<FixedClock>,
        shared: Arc<Generous>,
        limiter: Limiter,
    }

    impl World {
        fn new() -> Self {
            let clock = Arc::new(FixedClock::default());
            let shared = Arc::new(Generous::default());
            let limiter = Limiter::sharing(Arc::clone(&clock) as _, Arc::clone(&shared) as _);
            Self {
                clock,
                shared,
                limiter,
            }
        }

        /// How many of ten attempts are allowed.
        async fn allowed(&self) -> usize {
            let mut allowed = 0;
            for _ in 0..10 {
                let verdict = self.limiter.count(&CounterKey::of_all("test"), LIMIT).await;
                allowed += usize::from(verdict == Verdict::Allowed);
            }
            allowed
        }

        fn asked(&self) -> usize {
            self.shared.asked.swap(0, Ordering::Relaxed)
        }

        fn is_away(&self, away: bool) {
            self.shared.is_away.store(away, Ordering::Relaxed);
        }
    }

    #[tokio::test]
    async fn while_the_shared_counter_answers_its_verdict_counts() {
        let world = World::new();

        assert_eq!(world.allowed().await, 10);
    }

    #[tokio::test]
    async fn while_it_is_away_this_server_counts_by_itself_and_asks_it_once() {
        let world = World::new();
        world.is_away(true);

        assert_eq!(world.allowed().await, 3);
        assert_eq!(world.asked(), 1);
    }

    #[tokio::test]
    async fn it_is_asked_again_after_a_pause_and_believed_when_it_answers() {
        let world = World::new();
        world.is_away(true);
        world.allowed().await;
        world.asked();

        world.clock.advance(Duration::from_secs(5));
        assert_eq!(world.allowed().await, 0);
        assert_eq!(world.asked(), 1);

        world.is_away(false);
        assert_eq!(world.allowed().await, 0);
        world.clock.advance(Duration::from_secs(5));
        assert_eq!(world.allowed().await, 10);
    }

    #[tokio::test]
    async fn without_a_shared_counter_this_server_counts() {
        let limiter = Limiter::new(Arc::new(FixedClock::default()));
        let key = CounterKey::of_all("test");

        assert!(!limiter.knows(&key, LIMIT).await);
        assert_eq!(limiter.count(&key, LIMIT).await, Verdict::Allowed);
        assert!(limiter.knows(&key, LIMIT).await);
        limiter.take_back(&key, LIMIT).await;
        assert!(!limiter.knows(&key, LIMIT).await);
    }
}
