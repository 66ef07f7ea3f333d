//! Building indexes while the server serves.
//!
//! An update may bring an index for a table that is large by now. No request waits for the
//! build: without the index, queries are only slower.

use std::time::Duration;

use auth_domain::{error::chain, ports::Delay};
use postgres_store::{MigrateError, PostgresUrl};
use tokio::runtime::Handle;

use crate::{config::Database, delay::TokioDelay};

/// How long after a failure it is tried again, the first time and at most.
const SOON: Duration = Duration::from_mins(1);
const SELDOM: Duration = Duration::from_hours(1);

/// Begins to build the indexes that `database` lacks, if it is one where that takes long. It goes on
/// until all are there or the server ends; the next start goes on from there.
pub(crate) fn begin(database: &Database) {
    if let Database::Postgres(postgres) = database {
        let url = postgres.migrations_url.clone();
        drop(tokio::spawn(async move { until_built(&url).await }));
    }
}

async fn until_built(url: &PostgresUrl) {
    let mut pause = SOON;
    while let Err(error) = built(url).await {
        match error {
            MigrateError::BuiltElsewhere { .. } => {}
            // Trying again changes no right; the next start does.
            MigrateError::NotOwner { .. } => {
                tracing::warn!(
                    error = chain(&error),
                    "indexes are missing, requests are slow"
                );
                return;
            }
            error => tracing::warn!(
                error = chain(&error),
                again_in_seconds = pause.as_secs(),
                "indexes are missing, requests are slow"
            ),
        }
        TokioDelay.pause(pause).await;
        pause = SELDOM.min(pause * 2);
    }
}

async fn built(url: &PostgresUrl) -> Result<(), MigrateError> {
    for name in postgres_store::build_indexes(url, &Handle::current()).await? {
        tracing::info!(name, "a migration was applied");
    }
    Ok(())
}
