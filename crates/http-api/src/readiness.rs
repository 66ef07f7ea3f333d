//! Readiness checks: one at a time, whose outcome is cached for a moment.
//!
//! Denial of service: probes have no rate limit, so a flood of them may not reach the database.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use auth_domain::{error::chain, services::Missing};
use serde::Serialize;
use tokio::sync::{Mutex, OwnedMutexGuard};
use utoipa::ToSchema;

use crate::interrupted::Interrupted;

/// Timeout of a check. Orchestrators rarely wait for longer.
const PATIENCE: Duration = Duration::from_secs(2);

/// How long its outcome is cached.
const FRESH: Duration = Duration::from_secs(1);

/// What the server cannot do its work without, in its wire form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Requirement {
    /// The database answers.
    Database,
    /// Every migration that this version needs has been applied.
    Migrations,
    /// Access tokens can be signed.
    Keys,
}

/// The last check, and the turn to do the next one.
#[derive(Default)]
pub(crate) struct Readiness {
    last: Mutex<Option<Check>>,
    /// Held by a check until it has really ended: after its timeout a check may still have a
    /// connection.
    under_way: Arc<Mutex<()>>,
}

/// The turn to check, held until the check has really ended.
pub(crate) type Turn = OwnedMutexGuard<()>;

struct Check {
    done: Instant,
    missing: Vec<Requirement>,
}

impl Readiness {
    /// What is missing, known within [`PATIENCE`]. `ask` asks the domain, and gives the turn back when
    /// the domain is done.
    pub(crate) async fn missing<Work>(&self, ask: impl FnOnce(Turn) -> Work) -> Vec<Requirement>
    where
        Work: Future<Output = Result<Vec<Missing>, Interrupted>>,
    {
        let Some(mut last) = within(self.last.lock()).await else {
            return vec![Requirement::Database];
        };
        if let Some(check) = last.as_ref().filter(|it| it.done.elapsed() < FRESH) {
            return check.missing.clone();
        }
        let before = last.as_ref().map(|it| it.missing.as_slice());
        let missing = self.check(ask, before.unwrap_or_default()).await;
        *last = Some(Check {
            done: Instant::now(),
            missing: missing.clone(),
        });
        missing
    }

    /// Checks, and logs a change.
    async fn check<Work>(
        &self,
        ask: impl FnOnce(Turn) -> Work,
        before: &[Requirement],
    ) -> Vec<Requirement>
    where
        Work: Future<Output = Result<Vec<Missing>, Interrupted>>,
    {
        let (missing, cause) = self.find_missing(ask).await;
        if missing != before {
            if missing.is_empty() {
                tracing::info!("the server is ready again");
            } else {
                tracing::warn!(?missing, error = cause, "the server is not ready");
            }
        }
        missing
    }

    async fn find_missing<Work>(&self, ask: impl FnOnce(Turn) -> Work) -> (Vec<Requirement>, String)
    where
        Work: Future<Output = Result<Vec<Missing>, Interrupted>>,
    {
        let database = |cause: String| (vec![Requirement::Database], cause);
        let Ok(turn) = Arc::clone(&self.under_way).try_lock_owned() else {
            return database("an earlier check still waits for an answer".to_owned());
        };
        match within(ask(turn)).await {
            Some(Ok(missing)) => {
                let (missing, causes): (Vec<_>, Vec<_>) = missing.iter().map(told).unzip();
                (missing, causes.join("; "))
            }
            Some(Err(interrupted)) => database(chain(&interrupted)),
            None => database(format!("no answer within {} seconds", PATIENCE.as_secs())),
        }
    }
}

fn told(missing: &Missing) -> (Requirement, String) {
    let requirement = match missing {
        Missing::Database(_) => Requirement::Database,
        Missing::Migrations => Requirement::Migrations,
        Missing::Keys(_) => Requirement::Keys,
    };
    (requirement, chain(missing))
}

/// The timeout ends the wait, not the work: see `AppState::run`.
#[expect(
    clippy::disallowed_methods,
    reason = "what is given up here is waiting, and no unit of work"
)]
async fn within<T>(work: impl Future<Output = T>) -> Option<T> {
    tokio::time::timeout(PATIENCE, work).await.ok()
}
