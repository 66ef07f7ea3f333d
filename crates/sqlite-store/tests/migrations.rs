//! Making databases and bringing them up to date.

mod support;

use auth_domain::ports::Store;
use sqlite_store::{MigrateError, migrate, pending};
use support::{Database, migration_names, script};
use tokio::task::JoinSet;

/// How many migrations there are: one for each folder.
fn all() -> usize {
    migration_names().len()
}

/// Everything that has a definition.
const CATALOG: &str = "SELECT coalesce(sql, name) AS line FROM sqlite_master ORDER BY line";

#[tokio::test]
async fn a_new_database_gets_everything() {
    let database = Database::none();

    let applied = migrate(&database.path()).await.unwrap();

    assert_eq!(applied.len(), all());
    let noted = "SELECT name AS line FROM hasura_auth_migrations ORDER BY name";
    assert_eq!(database.lines(noted), applied);
}

#[tokio::test]
async fn a_second_run_finds_nothing_to_do() {
    let database = Database::migrated().await;

    assert!(pending(&database.path()).await.unwrap().is_empty());
    assert_eq!(migrate(&database.path()).await.unwrap(), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_servers_that_start_at_once_all_succeed() {
    let database = Database::none();

    let mut servers = JoinSet::new();
    for _ in 0..10 {
        let path = database.path();
        servers.spawn(async move { migrate(&path).await.unwrap().len() });
    }
    let applied = servers.join_all().await;

    assert_eq!(applied.iter().sum::<usize>(), all(), "{applied:?}");
}

#[tokio::test]
async fn a_dry_run_makes_no_file() {
    let database = Database::none();

    let pending = pending(&database.path()).await.unwrap();

    assert_eq!(pending.len(), all());
    assert!(!database.path().parent().unwrap().exists());
}

#[tokio::test]
async fn a_dry_run_changes_nothing() {
    let database = Database::migrated().await;
    database.execute(
        "DROP TABLE security_key_challenges; \
         DELETE FROM hasura_auth_migrations WHERE name LIKE '%security_key_challenges'",
    );
    let before = database.lines(CATALOG);

    let pending = pending(&database.path()).await.unwrap();

    assert_eq!(pending.len(), 1);
    assert!(pending[0].sql.contains("CREATE"), "{pending:?}");
    assert_eq!(database.lines(CATALOG), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_tells_whether_migrations_are_missing() {
    let database = Database::none();
    let store = database.store().await;
    let before = store.is_migrated().await.unwrap();

    migrate(&database.path()).await.unwrap();
    let after = store.is_migrated().await.unwrap();
    database
        .execute("INSERT INTO hasura_auth_migrations (name) VALUES ('9999-of-a-later-version')");
    let later = store.is_migrated().await.unwrap();
    database.execute("DELETE FROM hasura_auth_migrations WHERE name LIKE '%add_username'");
    let outdated = store.is_migrated().await.unwrap();

    assert_eq!((before, after, later, outdated), (false, true, true, false));
}

#[tokio::test]
async fn a_migration_that_fails_leaves_the_database_as_it_was() {
    let database = Database::migrated().await;
    // The table is still there when the migration that makes it runs.
    database.execute("DELETE FROM hasura_auth_migrations WHERE name LIKE '%hasura_id'");
    let before = database.lines(CATALOG);

    let failure = migrate(&database.path()).await.unwrap_err();

    assert!(matches!(failure, MigrateError::Failed { name, .. } if name.ends_with("hasura_id")));
    assert_eq!(database.lines(CATALOG), before);
}

#[tokio::test]
async fn every_migration_can_be_undone_and_done_again() {
    let database = Database::migrated().await;
    database.execute("DROP TABLE hasura_auth_migrations");
    let all = database.lines(CATALOG);
    let names = migration_names();

    for name in names.iter().rev() {
        database.execute(&script("down", name));
    }
    // SQLite keeps its own table of sequences.
    let nothing = database.lines(CATALOG);
    let mut before = Vec::new();
    for name in &names {
        before.push(database.lines(CATALOG));
        database.execute(&script("up", name));
    }

    assert_eq!(nothing, ["CREATE TABLE sqlite_sequence(name,seq)"]);
    assert_eq!(database.lines(CATALOG), all);
    for (name, before) in names.iter().zip(before).rev() {
        database.execute(&script("down", name));
        assert_eq!(database.lines(CATALOG), before, "{name}");
    }
}
