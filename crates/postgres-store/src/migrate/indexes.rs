//! Building indexes beside a running installation.
//!
//! `CREATE INDEX CONCURRENTLY` lets others write to the table meanwhile. It takes no part in a
//! transaction, and a build that was cut off leaves an INVALID index behind, which costs as much as
//! a good one and is good for nothing: it is dropped and built again.
//!
//! Two builds on one table wait for each other until PostgreSQL ends one of them (deadlock: the
//! second waits for the table, the first for the snapshot of the second). So one server builds at a
//! time, the one that holds an advisory lock. It is the lock of a transaction, which works behind a
//! transaction pooler where that of a session does not, and it is tried and never waited for: a
//! waiting transaction holds a snapshot, too. The transaction idles on a connection of its own
//! without a snapshot, so the build does not wait for it. It ends with the server, but a build that
//! has begun goes on without one: the view of builds in progress tells.

use std::{
    pin::pin,
    time::{Duration, Instant},
};

use diesel::{
    OptionalExtension, QueryableByName,
    result::Error,
    sql_types::{BigInt, Bool, Text},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use sql_store::postgres::INDEX_LOCK;
use tokio::runtime::Handle;

use super::{
    error::MigrateError,
    notes::note,
    plan::{Plan, plan},
};
use crate::{connect::connect, url::PostgresUrl};

/// Timeout of the wait for a server that builds already.
const PATIENCE: Duration = Duration::from_mins(10);

/// How often to check whether another server is done.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// How often the progress of a build is logged.
const TELL: Duration = Duration::from_secs(10);

/// One statement of a `concurrently.sql`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Index {
    /// Its name, without the schema.
    name: &'static str,
    /// Its table, without the schema.
    table: &'static str,
    statement: &'static str,
}

/// The statements of a list as they can be run in one transaction, on tables not in use yet.
pub(super) fn at_once(list: &str) -> String {
    list.replace(" CONCURRENTLY ", " ")
}

/// Builds what is missing; returns the names of the migrations it belongs to.
pub(super) async fn build(
    url: &PostgresUrl,
    runtime: &Handle,
) -> Result<Vec<String>, MigrateError> {
    let began = Instant::now();
    let mut guard = connect(url, runtime).await.map_err(MigrateError::Connect)?;
    loop {
        guard
            .batch_execute("BEGIN ISOLATION LEVEL READ COMMITTED")
            .await?;
        let plan = plan(&mut guard).await?;
        if plan.afterwards().next().is_none() {
            guard.batch_execute("ROLLBACK").await?;
            return Ok(Vec::new());
        }
        if may_build(&mut guard).await? {
            // The lock ends with the transaction, and that with the connection.
            return Build::new(url, runtime, guard).await?.all(&plan).await;
        }
        guard.batch_execute("ROLLBACK").await?;
        wait_for_another_server(began).await?;
    }
}

async fn wait_for_another_server(began: Instant) -> Result<(), MigrateError> {
    let waited = began.elapsed();
    if waited >= PATIENCE {
        return Err(MigrateError::BuiltElsewhere { waited });
    }
    if waited < LOOK_AGAIN {
        tracing::info!("another server is building indexes; waiting for it");
    }
    pause().await;
    Ok(())
}

#[expect(
    clippy::disallowed_methods,
    reason = "PostgreSQL tells nobody when a build ends, and waiting for a lock would hinder it"
)]
async fn pause() {
    tokio::time::sleep(LOOK_AGAIN).await;
}

#[derive(QueryableByName)]
struct Answer {
    #[diesel(sql_type = Bool)]
    answer: bool,
}

/// Takes the lock; `false`: another server has it, or one that has ended left a build that goes on.
async fn may_build(guard: &mut AsyncPgConnection) -> Result<bool, Error> {
    // An idle transaction is what this is to be. Not all versions have all of these settings.
    guard
        .batch_execute(
            "SELECT set_config(name, '0', true) FROM pg_settings \
             WHERE name IN ('idle_in_transaction_session_timeout', 'transaction_timeout')",
        )
        .await?;
    // Of other roles' builds only the database is shown.
    let query = format!(
        "SELECT pg_try_advisory_xact_lock({INDEX_LOCK}) AND NOT EXISTS (\
             SELECT FROM pg_stat_progress_create_index WHERE datname = current_database() AND \
             (relid IS NULL OR relid IN \
                 (SELECT oid FROM pg_class WHERE relnamespace = 'auth'::regnamespace))\
         ) AS answer"
    );
    let may: Answer = diesel::sql_query(query).get_result(guard).await?;
    release_snapshot(guard).await?;
    Ok(may.answer)
}

/// Within a transaction the result of a statement with parameters stays open, and with it a snapshot
/// that a build would wait for, until the next one. One without parameters leaves nothing open.
async fn release_snapshot(guard: &mut AsyncPgConnection) -> Result<(), Error> {
    guard.batch_execute("SELECT 1").await
}

/// A build under way.
struct Build {
    /// Holds the lock, and looks how far the other is.
    guard: AsyncPgConnection,
    /// Does the work, outside any transaction.
    worker: AsyncPgConnection,
}

impl Build {
    async fn new(
        url: &PostgresUrl,
        runtime: &Handle,
        guard: AsyncPgConnection,
    ) -> Result<Self, MigrateError> {
        let mut worker = connect(url, runtime).await.map_err(MigrateError::Connect)?;
        // A big table takes longer than a request's timeout. Behind a pooler the setting would stay
        // with other clients; there a limit of the role has to be lifted by its owner.
        if !url.transaction_pooler() {
            worker
                .batch_execute(
                    "SELECT set_config(name, '0', false) FROM pg_settings \
                     WHERE name IN ('statement_timeout', 'lock_timeout')",
                )
                .await?;
        }
        Ok(Self { guard, worker })
    }

    async fn all(mut self, plan: &Plan) -> Result<Vec<String>, MigrateError> {
        let mut names = Vec::new();
        for (migration, list) in plan.afterwards() {
            for index in indexes(list) {
                self.one(index).await?;
            }
            note(&mut self.worker, migration).await?;
            names.push(migration.name.to_owned());
        }
        self.guard.batch_execute("ROLLBACK").await?;
        Ok(names)
    }

    async fn one(&mut self, index: Index) -> Result<(), MigrateError> {
        match self.is_valid(index).await? {
            Some(true) => return Ok(()),
            Some(false) => {
                self.check_rights(index).await?;
                tracing::warn!(
                    index = index.name,
                    "an index was left half-built; dropping it"
                );
                let drop = format!("DROP INDEX CONCURRENTLY IF EXISTS auth.{}", index.name);
                self.run(index, &drop).await?;
            }
            None => self.check_rights(index).await?,
        }
        tracing::info!(
            index = index.name,
            table = index.table,
            "building an index; requests go on meanwhile"
        );
        let began = Instant::now();
        self.run(index, index.statement).await?;
        if self.is_valid(index).await? != Some(true) {
            return Err(failed(index, Error::NotFound));
        }
        let seconds = began.elapsed().as_secs();
        tracing::info!(index = index.name, seconds, "an index was built");
        Ok(())
    }

    /// `None`: there is no such index.
    async fn is_valid(&mut self, index: Index) -> Result<Option<bool>, Error> {
        let valid: Option<Answer> = diesel::sql_query(
            "SELECT indisvalid AS answer FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid \
             WHERE relnamespace = 'auth'::regnamespace AND relname = $1",
        )
        .bind::<Text, _>(index.name)
        .get_result(&mut self.worker)
        .await
        .optional()?;
        Ok(valid.map(|it| it.answer))
    }

    async fn check_rights(&mut self, index: Index) -> Result<(), MigrateError> {
        let rights: Rights = diesel::sql_query(
            "SELECT current_user::text AS role, pg_has_role(relowner, 'USAGE') \
                 AND has_schema_privilege('auth', 'CREATE') AS suffice \
             FROM pg_class WHERE relnamespace = 'auth'::regnamespace AND relname = $1",
        )
        .bind::<Text, _>(index.table)
        .get_result(&mut self.worker)
        .await?;
        if rights.suffice {
            return Ok(());
        }
        Err(MigrateError::NotOwner {
            role: rights.role,
            table: index.table.to_owned(),
        })
    }

    /// Runs a statement of the worker, and tells now and then how far it is.
    async fn run(&mut self, index: Index, statement: &str) -> Result<(), MigrateError> {
        let mut running = pin!(self.worker.batch_execute(statement));
        loop {
            #[expect(
                clippy::disallowed_methods,
                reason = "nothing is cancelled: it is waited for again"
            )]
            let ended = tokio::time::timeout(TELL, running.as_mut()).await;
            match ended {
                Ok(outcome) => return outcome.map_err(|source| failed(index, source)),
                Err(_still_running) => tell_progress(&mut self.guard, index).await,
            }
        }
    }
}

#[derive(QueryableByName)]
struct Rights {
    #[diesel(sql_type = Text)]
    role: String,
    #[diesel(sql_type = Bool)]
    suffice: bool,
}

#[derive(QueryableByName)]
struct Progress {
    #[diesel(sql_type = Text)]
    phase: String,
    #[diesel(sql_type = BigInt)]
    percent: i64,
    #[diesel(sql_type = BigInt)]
    waits_for: i64,
}

/// An unknown progress is no reason to end a build.
async fn tell_progress(guard: &mut AsyncPgConnection, index: Index) {
    let progress = diesel::sql_query(
        "SELECT phase, coalesce(100 * blocks_done / nullif(blocks_total, 0), 0) AS percent, \
             coalesce(current_locker_pid, 0)::bigint AS waits_for \
         FROM pg_stat_progress_create_index \
         WHERE relid = (SELECT oid FROM pg_class \
             WHERE relnamespace = 'auth'::regnamespace AND relname = $1)",
    )
    .bind::<Text, _>(index.table)
    .get_result::<Progress>(guard)
    .await;
    if let Err(error) = release_snapshot(guard).await {
        tracing::debug!(%error, "the transaction with the lock has ended");
    }
    if let Ok(Progress {
        phase,
        percent,
        waits_for,
    }) = progress
    {
        // While it waits, it does so for transactions that began earlier, with these processes.
        tracing::info!(
            index = index.name,
            phase,
            percent,
            waits_for,
            "an index is being built"
        );
    }
}

fn failed(index: Index, source: Error) -> MigrateError {
    MigrateError::Index {
        name: index.name,
        source,
    }
}

/// The indexes of a list.
fn indexes(list: &'static str) -> impl Iterator<Item = Index> {
    list.split_inclusive(';').filter_map(index)
}

/// `None` for what follows the last statement.
fn index(text: &'static str) -> Option<Index> {
    let begin = text.find(BEGIN)?;
    let statement = text.get(begin..)?.trim_end_matches(';');
    let mut words = statement.get(BEGIN.len()..)?.split_whitespace();
    let name = words.next()?;
    let table = words.nth(1)?.strip_prefix("auth.")?;
    Some(Index {
        name,
        table,
        statement,
    })
}

/// How each statement of a list begins.
const BEGIN: &str = "CREATE INDEX CONCURRENTLY IF NOT EXISTS ";

#[cfg(test)]
mod tests {
    use sql_store::Step;

    use super::*;
    use crate::migrate::embedded::OTHERS;

    const LIST: &str = "-- Why; and how.\n\
        CREATE INDEX CONCURRENTLY IF NOT EXISTS a_b_idx\n    ON auth.a (b);\n\n\
        CREATE INDEX CONCURRENTLY IF NOT EXISTS a_c_idx\n    ON auth.a (c) WHERE c IS NOT NULL;\n";

    #[test]
    fn a_list_is_read_statement_by_statement() {
        let read: Vec<_> = indexes(LIST).map(|it| (it.name, it.table)).collect();
        let last = indexes(LIST).last().unwrap().statement;

        assert_eq!(read, [("a_b_idx", "a"), ("a_c_idx", "a")]);
        assert!(
            last.starts_with("CREATE INDEX") && last.ends_with("c IS NOT NULL"),
            "{last}"
        );
    }

    #[test]
    fn at_once_nothing_is_concurrent() {
        assert!(!at_once(LIST).contains("CONCURRENTLY"));
        assert!(at_once(LIST).contains("CREATE INDEX IF NOT EXISTS a_c_idx"));
    }

    #[test]
    fn every_statement_of_every_list_is_read() {
        for migration in OTHERS {
            let Step::Indexes(list) = migration.step else {
                continue;
            };
            let code = list.lines().filter(|line| !line.starts_with("--"));
            let statements = code.flat_map(str::chars).filter(|it| *it == ';').count();
            assert_eq!(indexes(list).count(), statements, "{}", migration.name);
        }
    }
}
