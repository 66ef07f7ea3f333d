//! A bound on how much blocking work runs at once, and on how much waits for its turn.

use std::sync::Arc;

use auth_domain::ports::HasherError;
use tokio::{sync::Semaphore, task::spawn_blocking};

/// How many may wait for each lane. At the usual cost of bcrypt the last of them waits about three
/// seconds: few clients have more patience, and what waits for one that has left delays all others.
const WAITERS_PER_LANE: usize = 50;

/// How many each lane takes in: one at work and those that wait.
const PLACES_PER_LANE: usize = 1 + WAITERS_PER_LANE;

/// Runs closures on blocking threads, a fixed number at a time, in the order they came.
#[derive(Debug)]
pub(crate) struct Lanes {
    permits: Arc<Semaphore>,
    places: Arc<Semaphore>,
}

impl Lanes {
    /// `parallel` lanes, at least one.
    pub(crate) fn new(parallel: usize) -> Self {
        let parallel = parallel.clamp(1, Semaphore::MAX_PERMITS / PLACES_PER_LANE);
        Self {
            permits: Arc::new(Semaphore::new(parallel)),
            places: Arc::new(Semaphore::new(parallel * PLACES_PER_LANE)),
        }
    }

    /// The result of `work`; [`Busy`](HasherError::Busy) at once when too much is waiting already.
    ///
    /// Dropping the future gives up the place in the queue, but that a client has left does not
    /// drop it where use cases are spawned and go on to their end. It is the bound that keeps what
    /// nobody waits for from piling up. Work that has already begun cannot be stopped, so it keeps
    /// its lane until it ends: the permits move into the closure.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, HasherError> {
        let place = Arc::clone(&self.places)
            .try_acquire_owned()
            .map_err(|_none_left| HasherError::Busy)?;
        let permit = Arc::clone(&self.permits)
            .acquire_owned()
            .await
            .map_err(|closed| HasherError::Failed(closed.into()))?;
        let work = move || {
            let result = work();
            drop((permit, place));
            result
        };
        spawn_blocking(work)
            .await
            .map_err(|panicked| HasherError::Failed(panicked.into()))
    }
}

#[cfg(test)]
mod tests {
    use std::{
        pin::Pin,
        sync::{
            Barrier,
            atomic::{AtomicUsize, Ordering::SeqCst},
            mpsc,
        },
        task::{Context, Poll, Waker},
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

    /// What `future` comes to when nobody waits for it.
    fn poll_once<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
        future.poll(&mut Context::from_waker(Waker::noop()))
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn who_finds_the_queue_full_is_told_at_once() {
        const LANES: usize = 2;
        const LAST: usize = LANES * WAITERS_PER_LANE - 1;
        let lanes = Lanes::new(LANES);
        let mut at_work = Vec::new();
        for _ in 0..LANES {
            let (end, may_end) = mpsc::channel::<()>();
            let mut working = Box::pin(lanes.run(move || may_end.recv().unwrap()));
            assert!(poll_once(working.as_mut()).is_pending());
            at_work.push((end, working));
        }
        let ask = |number| Box::pin(lanes.run(move || number));
        let mut queue: Vec<_> = (0..=LAST).map(ask).collect();
        assert!(
            queue
                .iter_mut()
                .all(|it| poll_once(it.as_mut()).is_pending())
        );

        let refused = poll_once(ask(0).as_mut());

        assert!(matches!(refused, Poll::Ready(Err(HasherError::Busy))));
        drop(queue.pop());
        queue.push(ask(LAST));
        assert!(
            queue
                .iter_mut()
                .all(|it| poll_once(it.as_mut()).is_pending())
        );
        for (end, working) in at_work {
            end.send(()).unwrap();
            working.await.unwrap();
        }
        for (number, waiting) in queue.into_iter().enumerate() {
            assert_eq!(waiting.await.unwrap(), number);
        }
        assert_eq!(lanes.run(|| 7).await.unwrap(), 7);
    }

    #[tokio::test]
    async fn there_is_always_one_lane_and_never_more_than_can_be_counted() {
        for parallel in [0, usize::MAX] {
            assert_eq!(Lanes::new(parallel).run(|| 7).await.unwrap(), 7);
        }
    }

    #[tokio::test]
    async fn work_that_panics_is_an_error_and_frees_its_lane() {
        let lanes = Lanes::new(1);

        let outcome = lanes.run(|| panic!("work failed")).await;

        assert!(matches!(outcome, Err(HasherError::Failed(_))));
        assert_eq!(lanes.permits.available_permits(), 1);
        assert_eq!(lanes.places.available_permits(), PLACES_PER_LANE);
    }
}
