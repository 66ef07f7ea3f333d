//! Removing what has expired.

use auth_domain::ports::{ExpiredRows, Removal};
use chrono::{DateTime, Utc};
use diesel::QueryResult;

use super::{Conn, dialect, hot_path::HotPath};
use crate::types::Moment;

/// Removes rows that are of no use any more.
#[derive(Debug, Clone, Copy)]
pub(super) struct RemoveExpired {
    /// Which.
    pub(super) rows: ExpiredRows,
    /// Since before when they have been of no use.
    pub(super) before: DateTime<Utc>,
    /// How many at most.
    pub(super) limit: u32,
}

impl HotPath for RemoveExpired {
    type Output = Removal;

    async fn run(&self, conn: &mut Conn) -> QueryResult<Removal> {
        let (rows, column) = (self.rows, time_column(self.rows));
        dialect::remove_expired(conn, rows, column, Moment(self.before), self.limit).await
    }
}

/// The column that says when the time of a row is over, or when it began. Each has an index.
fn time_column(rows: ExpiredRows) -> &'static str {
    match rows {
        ExpiredRows::RefreshTokenRotations => "rotated_at",
        ExpiredRows::WrongGuesses => "guessed_at",
        ExpiredRows::RefreshTokens
        | ExpiredRows::OpaqueSessions
        | ExpiredRows::Tickets
        | ExpiredRows::OneTimeCodes
        | ExpiredRows::ExchangeCodes
        | ExpiredRows::SecurityKeyChallenges
        | ExpiredRows::EndedProviderFlows
        | ExpiredRows::KnownPlaces
        | ExpiredRows::QueuedMessages => "expires_at",
    }
}
