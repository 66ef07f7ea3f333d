//! The task that hands over queued messages whose first attempt failed or was cut short, for as long
//! as the server runs.
//!
//! Each server of an installation has one; a message is claimed by one of them at a time. Attempts are
//! work in the background, which is waited for when the server stops.

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

/// How many attempts go on at once: as many as there are connections to a mail server, so that
/// requests that send a mail are not kept waiting for long.
const AT_ONCE: usize = 4;

/// How often the queue is looked at while nothing is due.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// The task, until it is stopped.
pub(crate) struct MessageWorker {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl MessageWorker {
    /// Begins the task on the runtime of the caller, the multi-threaded one. Attempts are made in
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
    /// Whether the queue could not be read the last time.
    is_away: bool,
}

/// The server stops.
struct Stopping;

impl Worker {
    async fn run(mut self) {
        while let Ok(()) = self.round().await {}
    }

    /// Begins an attempt at each message that is due and that there is a place for.
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
            // If there is no place in the background, the lease runs out.
            let _ = self.background.begin(Box::pin(attempt));
        }
        count
    }

    /// Waits until fewer attempts go on than may.
    async fn place(&mut self) -> Result<OwnedSemaphorePermit, Stopping> {
        let places = Arc::clone(&self.places);
        tokio::select! {
            // Also when the sender is gone.
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
