//! How PostgreSQL finds the rows that each statement of the store is about.
//!
//! The whole contract is run on tables with many rows, and PostgreSQL tells the plan of every
//! statement it executes (`auto_explain`), those behind foreign keys too. A statement that reads a
//! table whose size grows with the installation is a failure: so a new one cannot do without an
//! index.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::future_not_send,
    reason = "a test fails by panicking, and stays on its thread"
)]

mod support;

use std::{collections::BTreeMap, fs, path::PathBuf, sync::Arc};

use async_trait::async_trait;
use auth_domain::{ports::Store, user::UserId};
use postgres_store::PostgresStore;
use serde_json::Value;
use store_testkit::{Case, Fixture, every_case};
use support::Database;

const MANY_ROWS: &str = include_str!("fixtures/many-rows.sql");

/// Tables that stay as small as they are, whatever users do.
const SMALL: [&str; 4] = [
    "roles",
    "providers",
    "refresh_token_types",
    "hasura_auth_migrations",
];

/// The most rows of a table that one step of a statement may look at.
const MOST_ROWS: f64 = 1000.0;

/// What the cases leave behind is removed, so that each finds the store as it was.
const CLEAR: &str = "SET auto_explain.log_min_duration = -1; \
    DELETE FROM auth.users WHERE hasura_id < 1000000; \
    DELETE FROM auth.security_key_challenges WHERE challenge_hash NOT LIKE 'filler %'; \
    DELETE FROM auth.ended_provider_flows WHERE mark_hash NOT LIKE 'filler %'; \
    DELETE FROM auth.roles WHERE role NOT IN ('user', 'anonymous', 'me'); \
    DELETE FROM auth.providers WHERE id NOT IN \
        (SELECT provider_id FROM auth.user_providers UNION SELECT id FROM first_providers); \
    ALTER SEQUENCE auth.users_hasura_id_seq RESTART";

struct OnFullTables {
    store: Arc<PostgresStore>,
    database: Database,
}

#[async_trait]
impl Fixture for OnFullTables {
    fn store(&self) -> Arc<dyn Store> {
        Arc::clone(&self.store) as _
    }

    async fn sever_connections(&self) {
        self.database.sever_connections().await;
    }

    async fn disable(&self, user: UserId) {
        self.database.disable(user).await;
    }

    async fn delete(&self, user: UserId) {
        self.database.delete(user).await;
    }
}

impl OnFullTables {
    async fn new() -> Self {
        let database = Database::create_migrated().await;
        database.execute(MANY_ROWS).await;
        database
            .execute("CREATE TABLE first_providers AS SELECT id FROM auth.providers")
            .await;
        database.execute("VACUUM ANALYZE").await;
        let explain = "DO $$ BEGIN \
            EXECUTE format('ALTER DATABASE %I SET session_preload_libraries = auto_explain', \
                current_database()); \
            EXECUTE format('ALTER DATABASE %I SET auto_explain.log_min_duration = 0', \
                current_database()); \
            EXECUTE format('ALTER DATABASE %I SET auto_explain.log_format = json', \
                current_database()); \
            EXECUTE format('ALTER DATABASE %I SET auto_explain.log_nested_statements = on', \
                current_database()); \
            EXECUTE format('ALTER DATABASE %I SET auto_explain.log_analyze = on', \
                current_database()); \
            EXECUTE format('ALTER DATABASE %I SET auto_explain.log_timing = off', \
                current_database()); \
            END $$";
        database.execute(explain).await;
        let store = Arc::new(database.store().await);
        Self { store, database }
    }

    /// Runs a case; the plans of its statements.
    async fn plans(&self, case: &Case) -> Vec<Value> {
        self.database.execute(CLEAR).await;
        let log = Log::from_here();
        case.run(self).await;
        log.plans()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_statement_reads_a_table_that_grows() {
    let full = OnFullTables::new().await;
    let indexes = Indexes::of(&full.database).await;
    let mut explained = 0;
    let mut found = BTreeMap::new();
    for case in every_case() {
        let plans = full.plans(&case).await;
        explained += plans.len();
        for finding in findings(&plans, &indexes) {
            found.entry(finding).or_insert(case.name);
        }
    }

    assert!(
        explained > 1000,
        "{explained} plans were logged; is auto_explain there?"
    );
    assert!(found.is_empty(), "{found:#?}");

    // And it would be noticed: without its index the same case is a finding.
    let without = "DROP INDEX auth.refresh_tokens_user_id_idx, auth.users_ticket_idx";
    full.database.execute(without).await;
    for name in [
        "ending_all_sessions_ends_every_kind",
        "ticket_is_taken_once",
    ] {
        let case = every_case().into_iter().find(|it| it.name == name).unwrap();
        let plans = full.plans(&case).await;
        assert!(!findings(&plans, &indexes).is_empty(), "{name}");
    }
}

/// Not a statement of the store, but of operators and of Hasura's console.
#[tokio::test(flavor = "multi_thread")]
async fn every_reference_to_a_row_that_comes_and_goes_has_an_index() {
    let database = Database::create_migrated().await;

    let without = database
        .rows(
            "SELECT conrelid::regclass, conname FROM pg_constraint \
             WHERE contype = 'f' AND connamespace = 'auth'::regnamespace \
             AND confrelid IN ('auth.users'::regclass, 'auth.refresh_tokens'::regclass, \
                 'auth.tickets'::regclass, 'auth.one_time_codes'::regclass) \
             AND NOT EXISTS (SELECT FROM pg_index WHERE indrelid = conrelid \
                 AND indpred IS NULL AND indkey[0] = conkey[1])",
        )
        .await;

    assert_eq!(without, [""; 0]);
}

/// The server's log from some moment on.
struct Log {
    file: PathBuf,
    begin: usize,
}

impl Log {
    fn from_here() -> Self {
        #[expect(
            clippy::disallowed_methods,
            reason = "this is how the script says where the log is"
        )]
        let file = std::env::var("TEST_POSTGRES_LOG")
            .expect("TEST_POSTGRES_LOG is not set: run these tests with scripts/test");
        let file = PathBuf::from(file);
        let begin = fs::metadata(&file).unwrap().len();
        Self {
            file,
            begin: usize::try_from(begin).unwrap(),
        }
    }

    /// The plans in it. Lines after the first of an entry begin with a tab.
    fn plans(&self) -> Vec<Value> {
        let log = fs::read(&self.file).unwrap();
        let log = String::from_utf8_lossy(&log[self.begin..]).into_owned();
        let mut lines = log.lines().peekable();
        let mut plans = Vec::new();
        while let Some(line) = lines.next() {
            if !(line.contains("LOG:  duration: ") && line.ends_with("plan:")) {
                continue;
            }
            let mut json = String::new();
            while let Some(line) = lines.next_if(|line| line.starts_with('\t')) {
                json.push_str(line);
            }
            plans.push(serde_json::from_str(&json).unwrap());
        }
        plans
    }
}

/// The first column of each index.
struct Indexes(BTreeMap<String, String>);

impl Indexes {
    async fn of(database: &Database) -> Self {
        let rows = database
            .rows(
                "SELECT relname, pg_get_indexdef(indexrelid, 1, true) FROM pg_index \
                 JOIN pg_class ON pg_class.oid = indexrelid \
                 WHERE relnamespace = 'auth'::regnamespace",
            )
            .await;
        let pairs = rows.iter().map(|row| {
            let (name, column) = row.split_once('|').unwrap();
            (name.to_owned(), column.to_owned())
        });
        Self(pairs.collect())
    }
}

fn findings(plans: &[Value], indexes: &Indexes) -> Vec<String> {
    let mut findings = Vec::new();
    for plan in plans {
        let text = plan["Query Text"].as_str().unwrap_or_default();
        look_at(&plan["Plan"], indexes, &mut |found| {
            findings.push(format!("{found}: {text}"));
        });
    }
    findings
}

/// Looks at a step of a plan and at all below it.
fn look_at(step: &Value, indexes: &Indexes, report: &mut dyn FnMut(String)) {
    let text = |key: &str| step[key].as_str().unwrap_or_default();
    let number = |key: &str| step[key].as_f64().unwrap_or_default();
    let kind = text("Node Type");
    let table = text("Relation Name");
    let index = text("Index Name");
    let is_small = SMALL.contains(&table) || table.starts_with("pg_");
    if kind == "Seq Scan" && !is_small {
        report(format!("all of {table} is read"));
    }
    if let Some(first) = indexes.0.get(index)
        && !text("Index Cond").contains(first.as_str())
    {
        report(format!("all of {index} is read"));
    }
    let rows = (number("Actual Rows") + number("Rows Removed by Filter")) * number("Actual Loops");
    if rows > MOST_ROWS && !is_small {
        report(format!(
            "{rows} rows are looked at by {kind} of {table}{index}"
        ));
    }
    for below in step["Plans"].as_array().into_iter().flatten() {
        look_at(below, indexes, report);
    }
}
