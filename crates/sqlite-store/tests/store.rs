//! What is peculiar to the store on SQLite.

mod support;

use std::error::Error;

use auth_domain::{
    error::StoreError,
    ports::{Store, UserLookup},
    session::AuthMethod,
};
use sqlite_store::{SqliteSettings, SqliteStore, Synchronous};
use store_testkit::samples::{LIFE, at, exchange_code_hash, new_user, ticket, user_id};
use support::Database;
use tokio::runtime::Handle;

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn nobody_else_may_read_the_files() {
    use std::{fs, os::unix::fs::PermissionsExt};

    let database = Database::migrated().await;
    let _store = database.store().await;
    let folder = database.path().parent().unwrap().to_owned();

    let mode = |path: &_| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let files: Vec<_> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();

    assert_eq!(mode(&folder), 0o700);
    assert!(files.len() > 1, "{files:?}");
    assert!(files.iter().all(|file| mode(file) == 0o600), "{files:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_number_of_a_deleted_user_is_never_given_again() {
    let database = Database::migrated().await;
    let store = database.store().await;
    let mut numbers = Vec::new();

    for name in ["ada", "bob"] {
        let mut work = store.begin().await.unwrap();
        numbers.push(work.users().insert(&new_user(name)).await.unwrap().0);
        work.commit().await.unwrap();
        database.execute("PRAGMA foreign_keys = ON; DELETE FROM users");
    }

    assert_eq!(numbers, [2, 3]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_dated() {
    let database = Database::migrated().await;
    let store = database.store().await;
    let mut work = store.begin().await.unwrap();
    work.users().insert(&new_user("ada")).await.unwrap();
    work.commit().await.unwrap();

    database.execute("UPDATE users SET display_name = 'Ada'");

    let changed = "SELECT CAST(updated_at > created_at AS TEXT) AS line FROM users";
    assert_eq!(database.lines(changed), ["1"]);
}

/// Hasura Auth never ran on SQLite, but the column is there and means the same.
#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_in_plain_text_is_taken_once() {
    let database = Database::migrated().await;
    let store = database.store().await;
    let mut work = store.begin().await.unwrap();
    work.users().insert(&new_user("ada")).await.unwrap();
    work.commit().await.unwrap();
    let ticket = ticket("first");
    database.execute(&format!(
        "UPDATE users SET ticket = '{}', ticket_expires_at = {}",
        ticket.expose(),
        at(LIFE).timestamp_micros()
    ));

    let mut work = store.begin().await.unwrap();
    let late = work.tickets().take(&ticket, at(LIFE)).await.unwrap();
    let taken = work.tickets().take(&ticket, at(60)).await.unwrap();
    let again = work.tickets().take(&ticket, at(60)).await.unwrap();
    work.commit().await.unwrap();

    assert_eq!(late, None);
    assert_eq!(taken.unwrap().user_id, user_id("ada"));
    assert_eq!(again, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exchange_code_of_the_release_before_came_of_a_mailed_link() {
    let database = Database::migrated().await;
    let store = database.store().await;
    let mut work = store.begin().await.unwrap();
    work.users().insert(&new_user("ada")).await.unwrap();
    work.commit().await.unwrap();
    let hash = exchange_code_hash("first");
    database.execute(&format!(
        "INSERT INTO exchange_codes (code_hash, user_id, code_challenge, expires_at) \
         SELECT '{}', id, 'challenge', {} FROM users",
        hash.as_str(),
        at(LIFE).timestamp_micros()
    ));

    let mut work = store.begin().await.unwrap();
    let taken = work.tickets().take_exchange_code(&hash, at(60)).await;
    work.commit().await.unwrap();

    assert_eq!(taken.unwrap().unwrap().methods, AuthMethod::Email.into());
}

#[tokio::test(flavor = "multi_thread")]
async fn two_servers_may_share_a_file() {
    let database = Database::migrated().await;
    let (one, other) = (database.store().await, database.store().await);

    for (store, name) in [(&one, "ada"), (&other, "bob"), (&one, "eve")] {
        let mut work = store.begin().await.unwrap();
        work.users().insert(&new_user(name)).await.unwrap();
        work.commit().await.unwrap();
    }

    for name in ["ada", "bob", "eve"] {
        let user = other.find_user(UserLookup::Id(user_id(name))).await;
        assert!(user.unwrap().is_some(), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_keeps_what_the_database_said() {
    let database = Database::migrated().await;
    let store = database.store().await;
    database.execute("DROP TABLE user_roles");

    let nobody = UserLookup::Id(user_id("ada"));
    let failure = store.find_user(nobody).await.unwrap_err();

    assert!(matches!(failure, StoreError::Backend(_)), "{failure:?}");
    let cause = failure.source().unwrap().to_string();
    assert!(cause.contains("no such table: user_roles"), "{cause}");
}

/// What a store answers while its files are not the ones it opened.
#[expect(clippy::unwrap_used, reason = "part of the tests below")]
async fn expect_gone(store: &SqliteStore, file: &str) {
    let failures = [
        store.begin().await.map(drop).unwrap_err(),
        store.ping().await.unwrap_err(),
        store.is_migrated().await.unwrap_err(),
    ];
    for failure in failures {
        assert!(matches!(failure, StoreError::Unavailable(_)), "{failure:?}");
        let cause = failure.source().unwrap().to_string();
        assert!(cause.contains(file) && cause.contains("restart"), "{cause}");
    }
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn files_that_are_deleted_under_the_server_take_nothing_in_vain() {
    use std::fs;

    for suffix in ["", "-wal", "-shm"] {
        let database = Database::migrated().await;
        let store = database.store().await;
        let name = format!("auth.db{suffix}");
        let file = database.path().with_file_name(&name);
        let aside = file.with_extension("aside");

        fs::rename(&file, &aside).unwrap();
        expect_gone(&store, &name).await;
        fs::copy(&aside, &file).unwrap();
        expect_gone(&store, &name).await;
        fs::rename(&aside, &file).unwrap();
        // Connections of the copy may be open still.
        expect_gone(&store, &name).await;

        drop(store);
        let store = database.store().await;
        let mut work = store.begin().await.unwrap();
        work.users().insert(&new_user("ada")).await.unwrap();
        work.commit().await.unwrap();
    }
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_is_deleted_under_the_server_takes_nothing_in_vain() {
    let database = Database::migrated().await;
    let store = database.store().await;

    std::fs::remove_dir_all(database.path().parent().unwrap()).unwrap();

    expect_gone(&store, "auth.db").await;
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn what_is_committed_into_deleted_files_is_not_acknowledged() {
    let database = Database::migrated().await;
    let store = database.store().await;
    let mut work = store.begin().await.unwrap();
    work.users().insert(&new_user("ada")).await.unwrap();

    std::fs::remove_dir_all(database.path().parent().unwrap()).unwrap();
    let committed = work.commit().await;

    let failure = committed.unwrap_err();
    assert!(matches!(failure, StoreError::Unavailable(_)), "{failure:?}");
}

/// The files beside the database go with its last connection, and come with the next.
#[tokio::test(flavor = "multi_thread")]
async fn connections_that_come_and_go_are_no_sign_of_deleted_files() {
    let database = Database::migrated().await;
    let store = database.store().await;

    for name in ["ada", "bob"] {
        // A unit of work that is dropped half-way costs the only connection that writes.
        let mut work = store.begin().await.unwrap();
        work.users().insert(&new_user(name)).await.unwrap();
        drop(work);
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)");
    }

    assert!(store.ping().await.is_ok());
    assert!(store.begin().await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_that_cannot_be_opened_is_unavailable_and_says_why() {
    let database = Database::migrated().await;
    let settings = SqliteSettings {
        path: database.path().join("below-a-file/auth.db"),
        synchronous: Synchronous::default(),
    };

    let failure = SqliteStore::open(settings, Handle::current())
        .await
        .unwrap_err();

    assert!(matches!(failure, StoreError::Unavailable(_)), "{failure:?}");
    assert!(failure.source().is_some());
}
