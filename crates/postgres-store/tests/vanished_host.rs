//! A database whose host vanishes: it closes no connection and answers nothing.

mod support;

use std::time::{Duration, Instant};

use auth_domain::{
    DateTime,
    error::StoreError,
    ports::{Store, UnitOfWork, UserLookup},
    user::UserId,
};
use futures_util::future::join_all;
use postgres_store::{PostgresSettings, PostgresStore, Unreachable, reach};
use support::{Database, way::Way};
use tokio::runtime::Handle;

const CONNECTIONS: u32 = 5;
const STATEMENT: Duration = Duration::from_secs(2);

/// Between two connections a statement waits for the first to be given up, and for a new one.
const HEALED: Duration = Duration::from_secs(15);

async fn store_behind(way: &Way) -> PostgresStore {
    let settings = PostgresSettings {
        url: way.url(),
        max_connections: CONNECTIONS,
        connect_timeout: Duration::from_millis(1500),
        check_after: Duration::MAX,
        statement_timeout: STATEMENT,
    };
    store_with(settings).await
}

#[expect(clippy::unwrap_used, reason = "part of the tests below")]
async fn store_with(settings: PostgresSettings) -> PostgresStore {
    PostgresStore::connect(settings, Handle::current())
        .await
        .unwrap()
}

/// Opens all connections of the pool.
#[expect(clippy::unwrap_used, reason = "part of the tests below")]
async fn fill(store: &PostgresStore) {
    let works = join_all((0..CONNECTIONS).map(|_| begun(store))).await;
    for work in works {
        work.rollback().await.unwrap();
    }
}

/// A unit of work, as soon as there is a connection for it: on a busy machine a new one may take longer
/// than the store waits.
async fn begun(store: &PostgresStore) -> Box<dyn UnitOfWork> {
    let asked = Instant::now();
    loop {
        match store.begin().await {
            Ok(work) => return work,
            Err(failure) => assert!(asked.elapsed() < HEALED, "{failure:?}"),
        }
    }
}

#[expect(clippy::unwrap_used, reason = "part of the tests below")]
fn nobody() -> UserId {
    UserId("dd8b384b-9371-49d2-8d83-ec6e53142770".parse().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_died_silently_are_replaced() {
    let database = Database::create_migrated().await;
    let way = Way::to(&database).await;
    let store = store_behind(&way).await;
    fill(&store).await;

    way.swallow();
    let swallowed = Instant::now();
    let outcomes = join_all((0..CONNECTIONS).map(|_| store.ping())).await;

    for outcome in outcomes {
        // Whoever was not given up on the spot was given a new connection.
        if let Err(failure) = outcome {
            assert!(matches!(failure, StoreError::Unavailable(_)), "{failure:?}");
        }
    }
    assert!(swallowed.elapsed() < HEALED, "{:?}", swallowed.elapsed());
    begun(&store).await.rollback().await.unwrap();
    for _ in 0..2 * CONNECTIONS {
        store.ping().await.unwrap();
        assert!(store.find_user(UserLookup::Id(nobody())).await.is_ok());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_unit_of_work_on_a_vanished_host_fails_and_a_later_one_succeeds() {
    let database = Database::create_migrated().await;
    let way = Way::to(&database).await;
    let store = store_behind(&way).await;
    let mut work = begun(&store).await;

    way.swallow();
    let asked = Instant::now();
    let failure = work.users().touch(nobody(), DateTime::UNIX_EPOCH).await;
    let failure = failure.unwrap_err();
    let waited = asked.elapsed();
    drop(work);

    assert!(matches!(failure, StoreError::Unavailable(_)), "{failure:?}");
    assert!(waited >= STATEMENT && waited < HEALED, "{waited:?}");
    begun(&store).await.commit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_rested_is_checked_before_it_is_used() {
    let database = Database::create_migrated().await;
    let way = Way::to(&database).await;
    let statement_timeout = Duration::from_secs(20);
    let store = store_with(PostgresSettings {
        url: way.url(),
        max_connections: CONNECTIONS,
        connect_timeout: statement_timeout / 2,
        check_after: Duration::ZERO,
        statement_timeout,
    })
    .await;
    store.ping().await.unwrap();

    way.swallow();
    let asked = Instant::now();
    let work = store.begin().await.unwrap();
    work.commit().await.unwrap();

    // No statement waited for its time limit.
    let waited = asked.elapsed();
    assert!(waited < statement_timeout / 2, "{waited:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn while_no_connection_can_be_had_requests_fail_soon() {
    let database = Database::create_migrated().await;
    let way = Way::to(&database).await;
    let store = store_behind(&way).await;
    way.swallow();
    way.close();
    // Gives up what it had.
    let _lost = join_all((0..CONNECTIONS).map(|_| store.ping())).await;

    let asked = Instant::now();
    let failures = join_all((0..20).map(|_| store.ping())).await;
    let waited = asked.elapsed();

    for failure in failures {
        assert!(matches!(failure, Err(StoreError::Unavailable(_))));
    }
    // Within two seconds, on a machine that is not busy; once they waited for ten and more.
    assert!(waited < Duration::from_secs(6), "{waited:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_ends_what_takes_too_long_before_this_side_gives_up() {
    let database = Database::create_migrated().await;
    let way = Way::to(&database).await;
    let store = store_behind(&way).await;
    let holder = support::hold_lock(&database, "LOCK TABLE auth.users").await;
    let mut work = store.begin().await.unwrap();

    let failure = work.users().touch(nobody(), DateTime::UNIX_EPOCH).await;
    let rolled_back = work.rollback().await;
    drop(holder);

    let failure = failure.unwrap_err();
    assert!(matches!(failure, StoreError::Unavailable(_)), "{failure:?}");
    // The connection is as good as before.
    rolled_back.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
#[expect(
    clippy::disallowed_methods,
    reason = "a test that hangs says less than one that fails"
)]
async fn a_lock_is_not_held_for_a_client_that_vanished() {
    let database = Database::create_migrated().await;
    let way = Way::to(&database).await;
    let store = store_behind(&way).await;
    let mut work = store.begin().await.unwrap();
    work.users()
        .touch(nobody(), DateTime::UNIX_EPOCH)
        .await
        .unwrap();
    way.swallow();

    // To the server this client rests inside its transaction, and holds a lock on the table.
    let locking = support::hold_lock(&database, "LOCK TABLE auth.users");
    let locked = tokio::time::timeout(HEALED, locking).await;

    assert!(locked.is_ok(), "the lock is still held");
    drop((locked, work));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_database_that_is_away_is_worth_waiting_for() {
    let database = Database::create_migrated().await;
    let way = Way::to(&database).await;
    let no_such = format!("{}_none", way.url_text());
    assert!(reach(&way.url(), &Handle::current()).await.is_ok());

    let refused = reach(&support::url(&no_such), &Handle::current()).await;
    way.close();
    let away = reach(&way.url(), &Handle::current()).await;

    assert!(
        matches!(&refused, Err(Unreachable::Refused(why)) if why.contains("does not exist")),
        "{refused:?}"
    );
    assert!(matches!(away, Err(Unreachable::Away(_))), "{away:?}");
}
