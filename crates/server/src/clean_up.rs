//! The clean-up task, which removes expired rows in batches for as long as the server runs.
//!
//! One server of several on a database does it at a time: the others skip that round.

use std::time::{Duration, Instant};

use auth_domain::{
    error::{StoreError, chain},
    ports::{Delay, ExpiredRows, Removal},
    services::CleanUpService,
};
use tokio::{sync::watch, task::JoinHandle};

use crate::{config::CleanUpSettings, delay::TokioDelay};

/// The delay of the first round, short enough for a server that is restarted often.
const FIRST_AFTER: Duration = Duration::from_secs(30);

/// The pause after a batch, as a multiple of its duration: a fifth of the time is used at most.
const PAUSES: u32 = 4;

/// The shortest pause after a batch, so that a fast database gets a rest too.
const SHORTEST_PAUSE: Duration = Duration::from_millis(50);

/// The task, until it is stopped.
pub(crate) struct CleanUp {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl CleanUp {
    /// Starts the task on the runtime of the caller, the multi-threaded one.
    pub(crate) fn begin(service: CleanUpService, settings: CleanUpSettings) -> Self {
        let (stop, stopping) = watch::channel(false);
        let worker = Worker {
            service,
            settings,
            stopping,
        };
        Self {
            stop,
            task: tokio::spawn(worker.run()),
        }
    }

    /// Ends the task after the current statement, which is never cancelled.
    pub(crate) async fn stop(self) {
        self.stop.send_replace(true);
        if let Err(error) = self.task.await {
            tracing::error!(
                error = chain(&error),
                "the task for expired rows has ended before"
            );
        }
    }
}

struct Worker {
    service: CleanUpService,
    settings: CleanUpSettings,
    stopping: watch::Receiver<bool>,
}

/// Why a round ended.
enum Ended {
    /// The server stops.
    Stopping,
    /// Another server holds the lock, or the store fails.
    Later,
}

impl Worker {
    async fn run(mut self) {
        let mut pause = FIRST_AFTER.min(self.settings.interval);
        while let Ok(()) = self.rest(pause).await {
            if let Err(Ended::Stopping) = self.remove_all().await {
                return;
            }
            pause = self.settings.interval;
        }
    }

    async fn remove_all(&mut self) -> Result<(), Ended> {
        for rows in ExpiredRows::ALL {
            let mut removed = 0;
            let outcome = self.remove_all_of(rows, &mut removed).await;
            if removed > 0 {
                tracing::info!(table = rows.table(), removed, "expired rows were removed");
            }
            outcome?;
        }
        Ok(())
    }

    async fn remove_all_of(&mut self, rows: ExpiredRows, removed: &mut u64) -> Result<(), Ended> {
        let batch = self.settings.batch;
        loop {
            let began = Instant::now();
            let outcome = self.service.remove_some(rows, batch).await;
            let count = match outcome {
                Ok(Removal::Removed(count)) => count,
                Ok(Removal::DoneElsewhere) | Err(StoreError::Contended(_)) => {
                    return Err(Ended::Later);
                }
                Err(error) => {
                    tracing::warn!(error = chain(&error), "expired rows were not removed");
                    return Err(Ended::Later);
                }
            };
            *removed += count;
            if count < u64::from(batch) {
                return Ok(());
            }
            self.rest(SHORTEST_PAUSE.max(began.elapsed() * PAUSES))
                .await?;
        }
    }

    /// Pauses, so that requests get the database.
    async fn rest(&mut self, time: Duration) -> Result<(), Ended> {
        tokio::select! {
            // Also when the sender was dropped.
            _ = self.stopping.wait_for(|stop| *stop) => Err(Ended::Stopping),
            () = TokioDelay.pause(time) => Ok(()),
        }
    }
}
