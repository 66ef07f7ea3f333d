//! A thread pool for CPU-bound work, with a bounded queue.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use auth_domain::{error::Cause, limits::ClientNetwork, ports::HasherError};
use rayon::{ThreadPool, ThreadPoolBuilder};
use tokio::sync::oneshot;

use crate::fair_queue::{FairQueue, TurnedAway};

/// How many requests may wait for each thread. At the usual cost of bcrypt the last of them waits
/// about three seconds: few clients are more patient, and work for a client that has given up
/// delays all others.
const WAITERS_PER_THREAD: usize = 50;

/// More threads than any machine has use for, and few enough to start them all.
const MOST_THREADS: usize = 512;

/// The niceness of the pool's threads (`nice(2)`): the default of `nice`. In a flood of sign-ins
/// this keeps a refresh from waiting behind bcrypt; on an idle core it costs nothing.
#[cfg(target_os = "linux")]
const NICENESS: i32 = 10;

/// Runs closures on threads of their own. Client networks take turns; work from one network runs in
/// the order it came.
#[derive(Debug)]
pub(crate) struct HashingPool {
    threads: ThreadPool,
    queue: Arc<FairQueue>,
}

/// The work panicked. The panic's own message went to standard error.
#[derive(Debug, thiserror::Error)]
#[error("work in the hashing pool panicked")]
struct Panicked;

impl HashingPool {
    /// A pool of `parallel` threads, at least one.
    ///
    /// # Errors
    ///
    /// When the operating system refuses to start the threads.
    pub(crate) fn new(parallel: usize) -> Result<Self, Cause> {
        let parallel = parallel.clamp(1, MOST_THREADS);
        let threads = ThreadPoolBuilder::new()
            .num_threads(parallel)
            .thread_name(|number| format!("hashing-{number}"))
            .start_handler(|_number| lower_priority())
            .build()?;
        Ok(Self {
            threads,
            queue: Arc::new(FairQueue::new(parallel, parallel * WAITERS_PER_THREAD)),
        })
    }

    /// The result of `work` for a request from `client`; [`Busy`](HasherError::Busy) when the queue
    /// is full and no network has more waiters than `client`.
    ///
    /// Dropping the future gives up the place in the queue. Use cases are spawned and are not
    /// dropped with their client, so it is the bound that keeps abandoned work from piling up. Work
    /// that has begun cannot be cancelled, so it keeps its thread until it ends: the turn moves
    /// into the closure.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        client: ClientNetwork,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, HasherError> {
        let turn = self.queue.turn(client).await;
        let turn = turn.map_err(|TurnedAway| HasherError::Busy)?;
        let (send, result) = oneshot::channel();
        self.threads.spawn(move || {
            // Unwind safe: nothing that `work` owns is used after a panic.
            let result = catch_unwind(AssertUnwindSafe(work));
            drop(turn);
            // The caller may be gone.
            let _ = send.send(result);
        });
        match result.await {
            Ok(Ok(result)) => Ok(result),
            Ok(Err(_panic)) => Err(HasherError::Failed(Panicked.into())),
            Err(lost) => Err(HasherError::Failed(lost.into())),
        }
    }
}

/// Lowers the priority of the calling thread, on Linux, where threads have their own.
fn lower_priority() {
    #[cfg(target_os = "linux")]
    // Lowering needs no privilege; if it fails all the same, the pool works at the usual priority.
    let _ = rustix::process::setpriority_process(None, NICENESS);
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

    const CLIENT: ClientNetwork = ClientNetwork::UNKNOWN;

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
    async fn no_more_work_runs_at_once_than_there_are_threads() {
        const THREADS: usize = 3;
        let pool = Arc::new(HashingPool::new(THREADS).unwrap());
        let gauge = Arc::new(Gauge::default());
        // Opens only when every thread is taken, so the bound is reached and not merely kept.
        let all_threads = Arc::new(Barrier::new(THREADS));

        let mut tasks = JoinSet::new();
        for _ in 0..THREADS * 8 {
            let (pool, gauge, all_threads) = (pool.clone(), gauge.clone(), all_threads.clone());
            tasks.spawn(async move {
                let work = move || {
                    gauge.enter();
                    all_threads.wait();
                    gauge.leave();
                };
                pool.run(CLIENT, work).await.unwrap();
            });
        }
        tasks.join_all().await;

        assert_eq!(gauge.highest.load(SeqCst), THREADS);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_cancelled_request_keeps_its_thread_until_its_work_has_ended() {
        let pool = Arc::new(HashingPool::new(1).unwrap());
        let (began, has_begun) = oneshot::channel();
        let (end, may_end) = mpsc::channel::<()>();
        let request = tokio::spawn({
            let pool = Arc::clone(&pool);
            let work = move || {
                began.send(()).unwrap();
                may_end.recv().unwrap();
            };
            async move { pool.run(CLIENT, work).await }
        });
        has_begun.await.unwrap();

        request.abort();
        assert!(request.await.unwrap_err().is_cancelled());

        assert_eq!(pool.queue.free().0, 0);
        end.send(()).unwrap();
        pool.run(CLIENT, || ()).await.unwrap();
    }

    /// Polls `future` once.
    fn poll_once<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
        future.poll(&mut Context::from_waker(Waker::noop()))
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_request_that_finds_the_queue_full_is_refused_at_once() {
        const THREADS: usize = 2;
        const LAST: usize = THREADS * WAITERS_PER_THREAD - 1;
        let pool = HashingPool::new(THREADS).unwrap();
        let mut at_work = Vec::new();
        for _ in 0..THREADS {
            let (end, may_end) = mpsc::channel::<()>();
            let mut working = Box::pin(pool.run(CLIENT, move || may_end.recv().unwrap()));
            assert!(poll_once(working.as_mut()).is_pending());
            at_work.push((end, working));
        }
        let ask = |number| Box::pin(pool.run(CLIENT, move || number));
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
        assert_eq!(pool.run(CLIENT, || 7).await.unwrap(), 7);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn another_network_is_served_during_a_flood() {
        let pool = HashingPool::new(1).unwrap();
        let (end, may_end) = mpsc::channel::<()>();
        let mut working = Box::pin(pool.run(CLIENT, move || may_end.recv().unwrap()));
        assert!(poll_once(working.as_mut()).is_pending());
        let ask = |client, number| Box::pin(pool.run(client, move || number));
        let mut flood: Vec<_> = (0..WAITERS_PER_THREAD).map(|it| ask(CLIENT, it)).collect();
        for waiting in &mut flood {
            assert!(poll_once(waiting.as_mut()).is_pending());
        }
        let elsewhere = ClientNetwork::of([192, 0, 2, 1].into());

        let mut honest = ask(elsewhere, 7);

        assert!(poll_once(honest.as_mut()).is_pending());
        let youngest = poll_once(flood.pop().unwrap().as_mut());
        assert!(matches!(youngest, Poll::Ready(Err(HasherError::Busy))));
        end.send(()).unwrap();
        working.await.unwrap();
        // The first of the flood has its turn, and then the other network.
        assert_eq!(flood.remove(0).await.unwrap(), 0);
        assert_eq!(honest.await.unwrap(), 7);
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn the_pool_has_a_lower_priority_than_the_threads_that_answer_requests() {
        let own = || rustix::process::getpriority_process(None).unwrap();
        let before = own();

        let in_pool = HashingPool::new(1).unwrap().run(CLIENT, own).await.unwrap();

        assert_eq!(in_pool, NICENESS.max(before));
        assert_eq!(own(), before, "the thread that asks keeps its priority");
    }

    #[tokio::test]
    async fn there_is_always_one_thread_and_never_too_many_to_start() {
        for parallel in [0, usize::MAX] {
            let pool = HashingPool::new(parallel).unwrap();
            assert_eq!(pool.run(CLIENT, || 7).await.unwrap(), 7);
        }
    }

    #[tokio::test]
    async fn work_that_panics_is_an_error_and_frees_its_thread() {
        let pool = HashingPool::new(1).unwrap();

        let outcome = pool.run(CLIENT, || panic!("work failed")).await;

        assert!(matches!(outcome, Err(HasherError::Failed(_))));
        assert_eq!(pool.queue.free(), (1, WAITERS_PER_THREAD));
    }
}
