//! Removing what has expired, so that no table grows for ever.
//!
//! A row is only removed when every use case would have refused it anyway, so clients never notice.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};

use crate::{
    error::StoreError,
    policy::AuthPolicy,
    ports::{Clock, ExpiredRows, Removal, Store},
};

/// For how long expired rows stay: the clocks of servers differ, and a slow one must find what it
/// still accepts.
const CLOCK_SKEW: Duration = Duration::from_mins(5);

/// Removes what has expired.
#[derive(Clone)]
pub struct CleanUpService {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    /// For how long a refresh token is remembered after its rotation.
    rotation_memory: Duration,
    /// For how long a wrong guess counts.
    guess_memory: Duration,
}

impl CleanUpService {
    /// Removes expired rows from `store`, by the lifetimes in `policy`.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>, policy: &AuthPolicy) -> Self {
        Self {
            store,
            clock,
            rotation_memory: policy.sessions.rotation_memory(),
            guess_memory: policy.codes.count_within,
        }
    }

    /// Removes rows of a kind that expired more than five minutes ago, `limit` at most. Fewer:
    /// there are no others for now.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store fails.
    pub async fn remove_some(&self, rows: ExpiredRows, limit: u32) -> Result<Removal, StoreError> {
        let before = self.removable_before(rows);
        self.store.remove_expired(rows, before, limit).await
    }

    fn removable_before(&self, rows: ExpiredRows) -> DateTime<Utc> {
        let use_after = match rows {
            ExpiredRows::RefreshTokenRotations => self.rotation_memory,
            ExpiredRows::WrongGuesses => self.guess_memory,
            ExpiredRows::RefreshTokens
            | ExpiredRows::OpaqueSessions
            | ExpiredRows::Tickets
            | ExpiredRows::OneTimeCodes
            | ExpiredRows::ExchangeCodes
            | ExpiredRows::SecurityKeyChallenges
            | ExpiredRows::EndedProviderFlows
            | ExpiredRows::KnownPlaces
            | ExpiredRows::QueuedMessages => Duration::ZERO,
        };
        self.clock.now() - use_after - CLOCK_SKEW
    }
}
