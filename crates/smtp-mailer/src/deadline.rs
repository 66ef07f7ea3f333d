//! The deadline of a mail.

use std::{future::Future, time::Duration};

use tokio::time::{Instant, timeout_at};

use crate::error::{Failure, SmtpError, Step};

/// When sending a mail has to have ended.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deadline(Instant);

impl Deadline {
    pub(crate) fn after(limit: Duration) -> Self {
        Self(Instant::now() + limit)
    }

    /// The same, or earlier.
    pub(crate) fn within(self, limit: Duration) -> Self {
        Self(self.0.min(Instant::now() + limit))
    }

    /// Runs one step, unless the deadline is over.
    ///
    /// Cancels `work` half-way at the deadline: the caller must not use again what it worked on.
    /// That is a connection to the SMTP server, never a unit of work.
    pub(crate) async fn run<T, E: Into<Failure>>(
        self,
        step: Step,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, SmtpError> {
        match timeout_at(self.0, work).await {
            Ok(outcome) => outcome.map_err(|error| SmtpError::new(step, error)),
            Err(_) => Err(SmtpError::new(step, Failure::TimedOut)),
        }
    }
}
