//! Building indexes beside a running installation.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use postgres_store::MigrateError;
use support::Database;

/// The migration that builds them.
const NAME: &str = "2026-11-28-003000_index_what_grows";

/// The last of its indexes but one that can be made to wait, and all of them.
const STATE: &str = "SELECT relname || CASE WHEN indisvalid THEN '' ELSE ' (invalid)' END \
    FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid \
    WHERE relname IN ('refresh_tokens_user_id_idx', 'users_ticket_idx', 'wrong_codes_guessed_at_idx') \
    ORDER BY relname";

const ALL: [&str; 3] = [
    "refresh_tokens_user_id_idx",
    "users_ticket_idx",
    "wrong_codes_guessed_at_idx",
];

/// A transaction that has written to a table, which every build waits for.
const WRITE: &str = "BEGIN; UPDATE auth.users SET display_name = 'x'; \
    UPDATE auth.refresh_tokens SET expires_at = expires_at";

/// Builds that wait for another transaction.
const WAITING: &str = "SELECT count(*) FROM pg_stat_progress_create_index \
    WHERE datname = current_database() AND phase LIKE 'waiting%'";

async fn until(database: &Database, query: &str, expected: &str) {
    while database.value(query).await != expected {
        tokio::task::yield_now().await;
    }
}

/// A database that was adopted, with all but the indexes.
async fn adopted() -> Database {
    let database = Database::create_used_by_hasura_auth().await;
    database.migrate_tables().await.unwrap();
    database
}

#[tokio::test]
async fn an_adopted_database_has_its_indexes_built_afterwards() {
    let database = adopted().await;

    assert_eq!(database.rows(STATE).await, [""; 0]);
    assert_eq!(database.pending().await.unwrap(), [NAME]);
    assert_eq!(database.build_indexes().await.unwrap(), [NAME]);
    assert_eq!(database.rows(STATE).await, ALL);
    assert_eq!(database.pending().await.unwrap(), [""; 0]);
    assert_eq!(database.build_indexes().await.unwrap(), [""; 0]);
}

#[tokio::test]
async fn a_new_database_has_its_indexes_at_once() {
    let database = Database::create().await;

    database.migrate_tables().await.unwrap();

    assert_eq!(database.rows(STATE).await, ALL);
    assert_eq!(database.pending().await.unwrap(), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn others_write_while_an_index_waits_to_be_built() {
    let database = adopted().await;
    let writer = database.client().await;
    writer.batch_execute(WRITE).await.unwrap();
    let url = database.url();
    let building = tokio::spawn(async move {
        postgres_store::build_indexes(&url, &tokio::runtime::Handle::current()).await
    });
    until(&database, WAITING, "1").await;

    // Neither waits for the build, nor would a statement behind it.
    let insert = "SET lock_timeout = '1s'; INSERT INTO auth.refresh_tokens \
        (user_id, refresh_token_hash, expires_at) SELECT id, 'new', now() FROM auth.users; \
        DELETE FROM auth.refresh_tokens WHERE refresh_token_hash = 'new'";
    database.execute(insert).await;
    writer.batch_execute("COMMIT").await.unwrap();

    assert_eq!(building.await.unwrap().unwrap(), [NAME]);
    assert_eq!(database.rows(STATE).await, ALL);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_build_that_was_cut_off_is_begun_again() {
    let database = adopted().await;
    let writer = database.client().await;
    writer.batch_execute(WRITE).await.unwrap();
    let url = database.url();
    let building = tokio::spawn(async move {
        postgres_store::build_indexes(&url, &tokio::runtime::Handle::current()).await
    });
    until(&database, WAITING, "1").await;

    database
        .execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_progress_create_index \
             WHERE datname = current_database()",
        )
        .await;
    let failure = building.await.unwrap().unwrap_err();
    writer.batch_execute("ROLLBACK").await.unwrap();

    assert!(
        matches!(failure, MigrateError::Index { name, .. } if name == ALL[0]),
        "{failure}"
    );
    assert_eq!(
        database.rows(STATE).await,
        [format!("{} (invalid)", ALL[0])]
    );
    assert_eq!(database.build_indexes().await.unwrap(), [NAME]);
    assert_eq!(database.rows(STATE).await, ALL);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_waits_for_a_build_that_another_left_running() {
    let database = adopted().await;
    let writer = database.client().await;
    writer.batch_execute(WRITE).await.unwrap();
    // As of a server that was killed: there is a build and nobody who waits for it.
    let orphan = database.client().await;
    let orphan = tokio::spawn(async move {
        let build = "CREATE INDEX CONCURRENTLY refresh_tokens_user_id_idx \
            ON auth.refresh_tokens (user_id)";
        orphan.batch_execute(build).await.unwrap();
    });
    until(&database, WAITING, "1").await;
    let url = database.url();
    let building = tokio::spawn(async move {
        postgres_store::build_indexes(&url, &tokio::runtime::Handle::current()).await
    });
    // It has looked, and is idle in between.
    let looked = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
        AND query = 'ROLLBACK' AND state = 'idle'";
    until(&database, looked, "1").await;

    assert_eq!(
        database.value(WAITING).await,
        "1",
        "the orphan's and no other"
    );
    writer.batch_execute("COMMIT").await.unwrap();

    assert_eq!(building.await.unwrap().unwrap(), [NAME]);
    orphan.await.unwrap();
    assert_eq!(database.rows(STATE).await, ALL);
}

#[tokio::test]
async fn an_index_that_is_there_already_is_kept() {
    let database = adopted().await;
    let theirs = "CREATE INDEX refresh_tokens_user_id_idx ON auth.refresh_tokens (user_id, type)";
    database.execute(theirs).await;

    assert_eq!(database.build_indexes().await.unwrap(), [NAME]);

    let kept = "SELECT pg_get_indexdef('auth.refresh_tokens_user_id_idx'::regclass)";
    assert!(database.value(kept).await.ends_with("(user_id, type)"));
}

#[tokio::test]
async fn a_role_that_owns_no_table_is_told_so() {
    let database = adopted().await;
    database
        .execute(
            "DO $$ BEGIN CREATE ROLE guest_of_tables; EXCEPTION WHEN duplicate_object THEN END $$; \
             GRANT USAGE ON SCHEMA auth TO guest_of_tables; \
             GRANT ALL ON ALL TABLES IN SCHEMA auth TO guest_of_tables; \
             DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET role = guest_of_tables', \
                 current_database()); END $$",
        )
        .await;

    let refusal = database.build_indexes().await.unwrap_err().to_string();

    for expected in [
        "guest_of_tables",
        "auth.refresh_tokens",
        "POSTGRES_MIGRATIONS_CONNECTION",
    ] {
        assert!(refusal.contains(expected), "{refusal}");
    }
    assert_eq!(database.rows(STATE).await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_for_statements_of_requests_do_not_cut_a_build_off() {
    let database = adopted().await;
    let limits = "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET statement_timeout = ''500ms''', \
        current_database()); EXECUTE format('ALTER DATABASE %I SET lock_timeout = ''500ms''', \
        current_database()); END $$";
    database.execute(limits).await;
    let writer = database.client().await;
    writer.batch_execute(WRITE).await.unwrap();
    let url = database.url();
    let building = tokio::spawn(async move {
        postgres_store::build_indexes(&url, &tokio::runtime::Handle::current()).await
    });

    let for_long = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
        AND query LIKE 'CREATE INDEX%' AND state = 'active' \
        AND query_start < clock_timestamp() - interval '1 s'";
    until(&database, for_long, "1").await;
    writer.batch_execute("COMMIT").await.unwrap();

    assert_eq!(building.await.unwrap().unwrap(), [NAME]);
}
