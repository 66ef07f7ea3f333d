//! A bound on how much blocking work runs at once.

use std::sync::Arc;

use auth_domain::error::Cause;
use tokio::{sync::Semaphore, task::spawn_blocking};

/// Runs closures on blocking threads, a fixed number at a time, in the order they came.
#[derive(Debug)]
pub(crate) struct Lanes {
    permits: Arc<Semaphore>,
}

impl Lanes {
    /// `parallel` lanes, at least one.
    pub(crate) fn new(parallel: usize) -> Self {
        let parallel = parallel.clamp(1, Semaphore::MAX_PERMITS);
        Self {
            permits: Arc::new(Semaphore::new(parallel)),
        }
    }

    /// The result of `work`.
    ///
    /// Dropping the future gives up the place in the queue. Work that has already begun cannot be
    /// stopped, so it keeps its lane until it ends: the permit moves into the closure.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Cause> {
        let permit = Arc::clone(&self.permits).acquire_owned().await?;
        let work = move || {
            let result = work();
            drop(permit);
            result
        };
        Ok(spawn_blocking(work).await?)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Barrier,
        atomic::{AtomicUsize, Ordering::SeqCst},
        mpsc,
    };

    use tokio::{sync::oneshot, task::JoinSet};

    use super::*;

    /// Counts how many closures are inside at once.
    #[derive(Default)]
    struct Gauge {
        inside: AtomicUsize,
        highest: AtomicUsize,
    }

    impl Gauge {
        fn enter(&self) {
            let inside = self.inside.fetch_add(1, SeqCst) + 1;
            self.highest.fetch_max(inside, SeqCst);
        }

        fn leave(&self) {
            self.inside.fetch_sub(1, SeqCst);
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn no_more_work_runs_at_once_than_there_are_lanes() {
        const LANES: usize = 3;
        let lanes = Arc::new(Lanes::new(LANES));
        let gauge = Arc::new(Gauge::default());
        // Opens only when every lane is taken, so the bound is reached and not merely kept.
        let all_lanes = Arc::new(Barrier::new(LANES));

        let mut tasks = JoinSet::new();
        for _ in 0..LANES * 8 {
            let (lanes, gauge, all_lanes) = (lanes.clone(), gauge.clone(), all_lanes.clone());
            tasks.spawn(async move {
                let work = move || {
                    gauge.enter();
                    all_lanes.wait();
                    gauge.leave();
                };
                lanes.run(work).await.unwrap();
            });
        }
        tasks.join_all().await;

        assert_eq!(gauge.highest.load(SeqCst), LANES);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_cancelled_request_keeps_its_lane_until_its_work_has_ended() {
        let lanes = Arc::new(Lanes::new(1));
        let (began, has_begun) = oneshot::channel();
        let (end, may_end) = mpsc::channel::<()>();
        let request = tokio::spawn({
            let lanes = Arc::clone(&lanes);
            let work = move || {
                began.send(()).unwrap();
                may_end.recv().unwrap();
            };
            async move { lanes.run(work).await }
        });
        has_begun.await.unwrap();

        request.abort();
        assert!(request.await.unwrap_err().is_cancelled());

        assert_eq!(lanes.permits.available_permits(), 0);
        end.send(()).unwrap();
        lanes.run(|| ()).await.unwrap();
    }

    #[tokio::test]
    async fn there_is_always_one_lane() {
        assert_eq!(Lanes::new(0).run(|| 7).await.unwrap(), 7);
    }

    #[tokio::test]
    async fn work_that_panics_is_an_error_and_frees_its_lane() {
        let lanes = Lanes::new(1);

        assert!(lanes.run(|| panic!("work failed")).await.is_err());

        assert_eq!(lanes.permits.available_permits(), 1);
    }
}
