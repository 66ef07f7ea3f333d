//! Background tasks, which no request waits for, on tokio's runtime.

use std::{sync::Arc, time::Duration};

use auth_domain::ports::{Background, BackgroundBusy, BackgroundWork};
use tokio::{runtime::Handle, sync::Semaphore, time::timeout};
use tracing::Instrument;

/// Most tasks at once, nearly all of them waiting for a mail server.
const MOST: u32 = 1024;

/// Runs background tasks.
#[derive(Debug, Clone)]
pub(crate) struct TokioBackground {
    runtime: Handle,
    places: Arc<Semaphore>,
}

impl TokioBackground {
    /// Tasks run on `runtime`, the multi-threaded one.
    pub(crate) fn new(runtime: Handle) -> Self {
        Self {
            runtime,
            places: Arc::new(Semaphore::new(MOST as usize)),
        }
    }

    /// Waits until all tasks have ended, for `patience` at most.
    #[expect(
        clippy::disallowed_methods,
        reason = "what is given up here is waiting, and the process is about to end"
    )]
    pub(crate) async fn finish(&self, patience: Duration) {
        if timeout(patience, self.places.acquire_many(MOST))
            .await
            .is_err()
        {
            tracing::warn!("stopped before all mails were on their way");
        }
    }
}

impl Background for TokioBackground {
    fn begin(&self, work: BackgroundWork) -> Result<(), BackgroundBusy> {
        let place = Arc::clone(&self.places)
            .try_acquire_owned()
            .map_err(|_none_left| BackgroundBusy)?;
        let work = async move {
            work.await;
            drop(place);
        };
        drop(self.runtime.spawn(work.in_current_span()));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn work_goes_on_when_nobody_waits_and_is_waited_for_in_the_end() {
        let background = TokioBackground::new(Handle::current());
        let (allow, allowed) = oneshot::channel();
        let (done, is_done) = oneshot::channel();

        let work = async move {
            allowed.await.unwrap();
            done.send(()).unwrap();
        };
        background.begin(Box::pin(work)).unwrap();
        allow.send(()).unwrap();
        background.finish(Duration::from_mins(1)).await;

        assert!(is_done.await.is_ok());
    }

    #[tokio::test]
    async fn more_work_than_there_is_place_for_is_refused() {
        let background = TokioBackground::new(Handle::current());
        for _ in 0..MOST {
            background.begin(Box::pin(std::future::pending())).unwrap();
        }

        let refused = background.begin(Box::pin(async {}));

        assert_eq!(refused, Err(BackgroundBusy));
        background.finish(Duration::from_millis(1)).await;
    }
}
