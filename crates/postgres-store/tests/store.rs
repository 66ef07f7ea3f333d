//! What is peculiar to the store on PostgreSQL.

mod support;

use std::{error::Error, time::Duration};

use auth_domain::{
    DateTime,
    error::StoreError,
    ports::{Store, UserLookup},
    user::{EmailAddress, UserId},
};
use postgres_store::{PostgresSettings, PostgresStore, PostgresUrl, Unreachable};
use support::Database;
use tokio::runtime::Handle;

const ADA: &str = "dd8b384b-9371-49d2-8d83-ec6e53142770";
const GRACE: &str = "f0eba85f-954d-4ee9-8947-928f6be85bf7";

#[tokio::test]
async fn addresses_are_found_whatever_the_search_path() {
    let database = Database::create_used_by_hasura_auth().await;
    database.migrate().await.unwrap();
    let no_path = "DO $$ BEGIN EXECUTE format(\
        'ALTER DATABASE %I SET search_path = ''''', current_database()); END $$";
    database.execute(no_path).await;
    let store = database.store().await;
    let email = EmailAddress::parse("ADA@ACME.EXAMPLE.COM").unwrap();

    let found = store.find_user(UserLookup::Email(&email)).await.unwrap();

    assert_eq!(found.unwrap().id.to_string(), ADA);
}

#[tokio::test]
async fn a_session_has_the_settings_that_the_url_asks_for() {
    use diesel_async::RunQueryDsl;

    let database = Database::create().await;
    let url = database.url_with(
        "search_path=auth,%22my%20own%22&statement_timeout=5s&app.tenant=a%5Cb%20-c%20role%3Dx",
    );

    let mut conn = postgres_store::connect(&url, &Handle::current())
        .await
        .unwrap();

    for (setting, value) in [
        ("search_path", "auth,\"my own\""),
        ("statement_timeout", "5s"),
        ("app.tenant", "a\\b -c role=x"),
    ] {
        let query = format!("SELECT current_setting('{setting}') AS value");
        let shown = RunQueryDsl::get_result(diesel::sql_query(query), &mut conn);
        let shown: Shown = shown.await.unwrap();
        assert_eq!(shown.value, value, "{setting}");
    }
}

#[derive(diesel::QueryableByName)]
struct Shown {
    #[diesel(sql_type = diesel::sql_types::Text)]
    value: String,
}

#[tokio::test]
async fn a_setting_that_the_server_does_not_know_is_a_refusal_and_not_waited_for() {
    let database = Database::create().await;

    for parameter in ["serch_path=auth", "statement_timeout=soon"] {
        let url = database.url_with(parameter);

        let reached = postgres_store::reach(&url, &Handle::current()).await;

        let refused = reached.unwrap_err();
        let (name, _) = parameter.split_once('=').unwrap();
        assert!(matches!(refused, Unreachable::Refused(_)), "{refused:?}");
        assert!(refused.to_string().contains(name), "{refused}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deadlock_is_contended() {
    let database = Database::create_used_by_hasura_auth().await;
    database.migrate().await.unwrap();
    let quick = "DO $$ BEGIN EXECUTE format(\
        'ALTER DATABASE %I SET deadlock_timeout = 10', current_database()); END $$";
    database.execute(quick).await;
    let store = database.store().await;
    let [ada, grace] = [ADA, GRACE].map(|id| UserId(id.parse().unwrap()));
    let now = DateTime::UNIX_EPOCH;
    let (mut one, mut other) = (store.begin().await.unwrap(), store.begin().await.unwrap());
    one.users().touch(ada, now).await.unwrap();
    other.users().touch(grace, now).await.unwrap();

    let outcomes: [_; 2] = tokio::join!(
        async move {
            let outcome = one.users().touch(grace, now).await;
            one.rollback().await.unwrap();
            outcome
        },
        async move {
            let outcome = other.users().touch(ada, now).await;
            other.rollback().await.unwrap();
            outcome
        },
    )
    .into();

    let contended = |outcome: &&Result<_, _>| matches!(outcome, Err(StoreError::Contended(_)));
    assert_eq!(outcomes.iter().filter(contended).count(), 1, "{outcomes:?}");
}

/// A column that returns another type makes a prepared statement fail, and Hasura Auth widens
/// this one at its level 19.
#[tokio::test]
async fn reads_survive_an_upgrade_of_hasura_auth() {
    let database = Database::create_used_by_hasura_auth().await;
    database.migrate().await.unwrap();
    let store = database.store().await;
    let ada = UserLookup::Id(UserId(ADA.parse().unwrap()));
    let before = store.find_user(ada).await.unwrap();

    let widen = "ALTER TABLE auth.users ALTER COLUMN locale TYPE varchar(3)";
    database.execute(widen).await;

    assert_eq!(store.find_user(ada).await.unwrap(), before);
}

#[tokio::test]
async fn a_failure_keeps_what_the_database_said() {
    let database = Database::create_migrated().await;
    let store = database.store().await;
    database.execute("DROP TABLE auth.user_roles").await;

    let nobody = UserLookup::Id(UserId(ADA.parse().unwrap()));
    let failure = store.find_user(nobody).await.unwrap_err();

    assert!(matches!(failure, StoreError::Backend(_)), "{failure:?}");
    let cause = failure.source().unwrap().to_string();
    assert!(cause.contains("auth.user_roles"), "{cause}");
}

#[tokio::test]
async fn an_unreachable_database_is_unavailable_and_says_why() {
    let settings = PostgresSettings {
        url: PostgresUrl::parse("postgres://nobody@/nothing?host=/nowhere").unwrap(),
        max_connections: 1,
        connect_timeout: Duration::from_millis(50),
        check_after: Duration::from_secs(5),
        statement_timeout: Duration::from_secs(10),
    };

    let failure = PostgresStore::connect(settings, Handle::current())
        .await
        .unwrap_err();

    assert!(matches!(failure, StoreError::Unavailable(_)), "{failure:?}");
    let cause = failure.source().unwrap().to_string();
    assert!(cause.contains("nowhere"), "{cause}");
}

#[tokio::test]
async fn a_database_that_went_away_is_unavailable_and_says_why() {
    let database = Database::create_migrated().await;
    let store = impatient_store(&database).await;
    let close = "UPDATE pg_database SET datallowconn = false WHERE datname = current_database()";
    database.execute(close).await;
    database.sever_connections().await;

    let failure = store.ping().await.unwrap_err();

    assert!(matches!(failure, StoreError::Unavailable(_)), "{failure:?}");
    let cause = failure
        .source()
        .and_then(Error::source)
        .unwrap()
        .to_string();
    assert!(cause.contains("not currently accepting"), "{cause}");
}

#[tokio::test]
async fn a_pool_with_nothing_to_give_is_unavailable() {
    let database = Database::create_migrated().await;
    let store = impatient_store(&database).await;
    let work = store.begin().await.unwrap();

    let failure = store.ping().await.unwrap_err();
    work.rollback().await.unwrap();

    assert!(matches!(failure, StoreError::Unavailable(_)), "{failure:?}");
    assert!(store.ping().await.is_ok());
}

/// One connection, and little patience.
#[expect(clippy::unwrap_used, reason = "part of the tests above")]
async fn impatient_store(database: &Database) -> PostgresStore {
    let settings = PostgresSettings {
        url: database.url(),
        max_connections: 1,
        connect_timeout: Duration::from_millis(300),
        check_after: Duration::from_secs(5),
        statement_timeout: Duration::from_secs(10),
    };
    PostgresStore::connect(settings, Handle::current())
        .await
        .unwrap()
}
