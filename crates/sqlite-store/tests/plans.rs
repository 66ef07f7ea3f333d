//! How SQLite finds the rows that each statement of the store is about. Alone in its program,
//! because it listens to every connection.
//!
//! The whole contract is run, and every statement that was executed is explained on tables with many
//! rows, with and without the statistics that `ANALYZE` gathers. One that reads a table whose size
//! grows with the installation is a failure: so a new one cannot do without an index.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use auth_domain::{ports::Store, user::UserId};
use diesel::{
    QueryableByName, RunQueryDsl, SqliteConnection,
    connection::{
        Instrumentation, InstrumentationEvent, SimpleConnection, set_default_instrumentation,
    },
    sql_types::Text,
};
use sqlite_store::SqliteStore;
use store_testkit::{Fixture, every_case};
use support::Database;

const MANY_ROWS: &str = include_str!("fixtures/many-rows.sql");

/// Tables that stay as small as they are, whatever users do.
const SMALL: [&str; 5] = [
    "roles",
    "providers",
    "refresh_token_types",
    "hasura_auth_migrations",
    "sqlite_master",
];

static EXECUTED: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

struct Listener;

impl Instrumentation for Listener {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        if let InstrumentationEvent::StartQuery { query, .. } = event {
            let text = query.to_string();
            let statement = text.split(" -- binds: ").next().unwrap_or_default();
            EXECUTED.lock().unwrap().insert(statement.to_owned());
        }
    }
}

struct OnSqlite {
    store: Arc<SqliteStore>,
    database: Database,
}

#[async_trait]
impl Fixture for OnSqlite {
    fn store(&self) -> Arc<dyn Store> {
        Arc::clone(&self.store) as _
    }

    async fn disable(&self, user: UserId) {
        self.database.disable(user);
    }

    async fn delete(&self, user: UserId) {
        self.database.delete(user);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_statement_reads_a_table_that_grows() {
    let database = Database::migrated().await;
    let empty = std::fs::read(database.path()).unwrap();
    database.execute(MANY_ROWS);
    set_default_instrumentation(|| Some(Box::new(Listener))).unwrap();
    for case in every_case() {
        let database = Database::of(&empty);
        let store = Arc::new(database.store().await);
        let fixture = OnSqlite { store, database };
        case.run(&fixture).await;
    }
    let statements = EXECUTED.lock().unwrap().clone();
    let conn = &mut database.open();

    assert!(statements.len() > 50, "{statements:#?}");
    for statistics in ["", "ANALYZE"] {
        conn.batch_execute(statistics).unwrap();
        let findings = findings(conn, &statements);
        assert!(findings.is_empty(), "{findings:#?}");
    }

    // And it would be noticed.
    conn.batch_execute("DROP INDEX users_ticket_idx").unwrap();
    let findings = findings(conn, &statements);
    assert!(
        findings.iter().all(|it| it.contains("SCAN users")),
        "{findings:#?}"
    );
    assert!(!findings.is_empty());
}

#[tokio::test]
async fn every_reference_to_a_row_that_comes_and_goes_has_an_index() {
    let database = Database::migrated().await;

    let without = database.lines(
        "SELECT child.name || '.' || ref.\"from\" AS line FROM sqlite_master AS child, \
             pragma_foreign_key_list(child.name) AS ref \
         WHERE child.type = 'table' AND ref.seq = 0 \
         AND ref.\"table\" IN ('users', 'refresh_tokens', 'tickets', 'one_time_codes') \
         AND NOT EXISTS (SELECT 1 FROM pragma_index_list(child.name) AS list, \
             pragma_index_info(list.name) AS part \
             WHERE list.partial = 0 AND part.seqno = 0 AND part.name = ref.\"from\")",
    );

    assert_eq!(without, [""; 0]);
}

#[derive(QueryableByName)]
struct Step {
    #[diesel(sql_type = Text)]
    detail: String,
}

/// The steps that read too much, each with its statement.
fn findings(conn: &mut SqliteConnection, statements: &BTreeSet<String>) -> Vec<String> {
    let mut findings = Vec::new();
    for statement in statements.iter().filter(|it| is_explained(it)) {
        let plan: Vec<Step> = diesel::sql_query(format!("EXPLAIN QUERY PLAN {statement}"))
            .load(conn)
            .unwrap();
        let bad = plan.iter().filter(|step| reads_too_much(&step.detail));
        findings.extend(bad.map(|step| format!("{}: {statement}", step.detail)));
    }
    findings
}

/// Not what begins and ends transactions, or changes settings.
fn is_explained(statement: &str) -> bool {
    ["SELECT", "INSERT", "UPDATE", "DELETE", "REPLACE", "WITH"]
        .iter()
        .any(|it| statement.starts_with(it))
}

/// A scan, an index made for one statement, or a search in an index whose first column is not
/// known.
fn reads_too_much(step: &str) -> bool {
    let scanned = step
        .strip_prefix("SCAN ")
        .and_then(|it| it.split(' ').next());
    // Beside tables there are results of sub-selects, in brackets, and rows of constants.
    scanned.is_some_and(|it| !SMALL.contains(&it) && !it.starts_with('(') && it != "CONSTANT")
        || step.contains("AUTOMATIC")
        || step.contains("ANY(")
}
