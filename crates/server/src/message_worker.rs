//! The message worker, which retries queued messages whose first attempt failed or was interrupted, for
//! as long as the server runs.
//!
//! Each server has one; a message is leased by one of them at a time. Attempts are background tasks,
//! which a shutdown waits for.

use std::{sync::Arc, time::Duration};

use auth_domain::{
    error::chain,
    ports::{Background, Delay},
    services::MessageDeliveryService,
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, watch},
    task::JoinHandle,
};

use crate::{background::TokioBackground, delay::TokioDelay};

/// Most attempts at once: as many as there are connections to a mail server, so that requests that send
/// a mail do not wait long.
const AT_ONCE: usize = 4;

/// The polling interval while nothing is due.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// The task, until it is stopped.
pub(crate) struct MessageWorker {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl MessageWorker {
    /// Starts the task on the runtime of the caller, the multi-threaded one. Attempts run in
    /// `background`.
    pub(crate) fn begin(service: MessageDeliveryService, background: TokioBackground) -> Self {
        let (stop, stopping) = watch::channel(false);
        let worker = Worker {
            service,
            background,
            places: Arc::new(Semaphore::new(AT_ONCE)),
            stopping,
            is_away: false,
        };
        Self {
            stop,
            task: tokio::spawn(worker.run()),
        }
    }

    /// Ends the task. Attempts that have begun go on in the background.
    pub(crate) async fn stop(self) {
        self.stop.send_replace(true);
        if let Err(error) = self.task.await {
            tracing::error!(
                error = chain(&error),
                "the task for queued messages has ended before"
            );
        }
    }
}

struct Worker {
    service: MessageDeliveryService,
    background: TokioBackground,
    places: Arc<Semaphore>,
    stopping: watch::Receiver<bool>,
    /// Whether the last poll failed.
    is_away: bool,
}

/// The server stops.
struct Stopping;

impl Worker {
    async fn run(mut self) {
        while let Ok(()) = self.round().await {}
    }

    /// Starts an attempt for each due message, as far as there are free places.
    async fn round(&mut self) -> Result<(), Stopping> {
        let mut places = vec![self.place().await?];
        while let Ok(place) = Arc::clone(&self.places).try_acquire_owned() {
            places.push(place);
        }
        let wanted = places.len();
        let begun = self.begin_attempts(places).await;
        if begun < wanted {
            self.rest(LOOK_EVERY).await?;
        }
        Ok(())
    }

    async fn begin_attempts(&mut self, places: Vec<OwnedSemaphorePermit>) -> usize {
        let limit = u32::try_from(places.len()).unwrap_or_default();
        let leased = match self.service.lease(limit).await {
            Ok(leased) => leased,
            Err(error) => {
                if !self.is_away {
                    tracing::warn!(error = chain(&error), "queued messages cannot be read");
                }
                self.is_away = true;
                return 0;
            }
        };
        self.is_away = false;
        let count = leased.len();
        for (message, place) in leased.into_iter().zip(places) {
            let service = self.service.clone();
            let attempt = async move {
                service.deliver(message).await;
                drop(place);
            };
            // When the background is full, the lease expires and the message is retried.
            let _ = self.background.begin(Box::pin(attempt));
        }
        count
    }

    /// Waits for a free place.
    async fn place(&mut self) -> Result<OwnedSemaphorePermit, Stopping> {
        let places = Arc::clone(&self.places);
        tokio::select! {
            // Also when the sender was dropped.
            _ = self.stopping.wait_for(|stop| *stop) => Err(Stopping),
            place = places.acquire_owned() => place.map_err(|_closed| Stopping),
        }
    }

    async fn rest(&mut self, time: Duration) -> Result<(), Stopping> {
        tokio::select! {
            _ = self.stopping.wait_for(|stop| *stop) => Err(Stopping),
            () = TokioDelay.pause(time) => Ok(()),
        }
    }
}
