//! The contract of every store once more, through PgBouncer in transaction mode.
//!
//! `scripts/with-pgbouncer` gives it fewer connections to the server than there are clients, so
//! that the transactions of one client meet different servers, and statements of different
//! clients the same one.

mod support;

/// `scripts/test --quick` leaves out tests by this name.
#[cfg(test)]
mod through_pgbouncer {
    use std::{sync::Arc, time::Duration};

    use async_trait::async_trait;
    use auth_domain::{ports::Store, user::UserId};
    use diesel::{QueryableByName, prelude::*, sql_types::BigInt};
    use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
    use postgres_store::{PostgresSettings, PostgresStore, PostgresUrl, connect, migrate};
    use store_testkit::Fixture;
    use tokio::runtime::Handle;

    use crate::support::Database;

    const CLIENTS: i64 = 12;
    const ROUNDS: i64 = 100;

    struct BehindPgBouncer {
        store: Arc<PostgresStore>,
        database: Database,
    }

    #[async_trait]
    impl Fixture for BehindPgBouncer {
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

    async fn fresh_store() -> BehindPgBouncer {
        let database = Database::create().await;
        let settings = PostgresSettings {
            url: url_of(&database).await,
            max_connections: 5,
            connect_timeout: Duration::from_secs(10),
            check_after: Duration::from_secs(5),
            statement_timeout: Duration::from_secs(10),
        };
        migrate(&settings.url, &Handle::current()).await.unwrap();
        let store = PostgresStore::connect(settings, Handle::current())
            .await
            .unwrap();
        BehindPgBouncer {
            store: Arc::new(store),
            database,
        }
    }

    store_testkit::conformance!(fresh_store);

    /// Where PgBouncer has this database.
    async fn url_of(database: &Database) -> PostgresUrl {
        #[expect(
            clippy::disallowed_methods,
            reason = "this is how the script says where it is"
        )]
        let pooler = std::env::var("TEST_PGBOUNCER_URL")
            .expect("TEST_PGBOUNCER_URL is not set: run these tests with scripts/test");
        let name = database.value("SELECT current_database()").await;
        let url = PostgresUrl::parse(&format!("{pooler}&dbname={name}")).unwrap();
        assert!(url.transaction_pooler());
        url
    }

    /// The same without a word about a pooler.
    async fn unmentioned_url_of(database: &Database) -> PostgresUrl {
        #[expect(
            clippy::disallowed_methods,
            reason = "this is how the script says where it is"
        )]
        let pooler = std::env::var("TEST_PGBOUNCER_URL")
            .expect("TEST_PGBOUNCER_URL is not set: run these tests with scripts/test");
        let name = database.value("SELECT current_database()").await;
        let pooler = pooler.replace("&pgbouncer=true", "");
        let url = PostgresUrl::parse(&format!("{pooler}&dbname={name}")).unwrap();
        assert!(!url.transaction_pooler());
        url
    }

    async fn client(url: &PostgresUrl) -> AsyncPgConnection {
        connect(url, &Handle::current()).await.unwrap()
    }

    /// Runs `work` for every client at the same time.
    async fn for_each_client<W>(work: impl Fn(i64) -> W)
    where
        W: Future<Output = ()> + Send + 'static,
    {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|client| tokio::spawn(work(client)))
            .collect();
        for client in clients {
            client.await.unwrap();
        }
    }

    #[derive(QueryableByName)]
    struct Number {
        #[diesel(sql_type = BigInt)]
        number: i64,
    }

    async fn echo(connection: &mut AsyncPgConnection, number: i64) -> QueryResult<i64> {
        let query = diesel::select(number.into_sql::<BigInt>());
        query.get_result(connection).await
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn indexes_are_built_through_it_by_one_server_at_a_time() {
        let database = Database::create_used_by_hasura_auth().await;
        let url = url_of(&database).await;

        for_each_client(|_| {
            let url = url.clone();
            async move { drop(migrate(&url, &Handle::current()).await.unwrap()) }
        })
        .await;

        let half_built = "SELECT count(*) FROM pg_index WHERE NOT indisvalid";
        assert_eq!(database.value(half_built).await, "0");
        assert_eq!(database.pending().await.unwrap(), [""; 0]);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn cached_statements_work_on_every_server() {
        let database = Database::create().await;
        let url = url_of(&database).await;

        for_each_client(|client_number| {
            let url = url.clone();
            async move {
                let mut connection = client(&url).await;
                for round in 0..ROUNDS {
                    let number = client_number * ROUNDS + round;

                    assert_eq!(echo(&mut connection, number).await, Ok(number));
                }
            }
        })
        .await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn statements_work_inside_and_between_transactions() {
        let database = Database::create().await;
        let url = url_of(&database).await;

        for_each_client(|number| {
            let url = url.clone();
            async move {
                let mut connection = client(&url).await;
                for _ in 0..ROUNDS / 10 {
                    let inside = connection
                        .transaction(async |connection| {
                            echo(connection, number).await?;
                            echo(connection, number).await
                        })
                        .await;
                    let between = echo(&mut connection, number).await;

                    assert_eq!((inside, between), (Ok(number), Ok(number)));
                }
            }
        })
        .await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_failing_statement_leaves_the_connection_usable() {
        let database = Database::create().await;
        let mut connection = client(&url_of(&database).await).await;

        for number in 0..ROUNDS {
            let failed: QueryResult<Number> = diesel::sql_query("SELECT 1 / $1 AS number")
                .bind::<BigInt, _>(0)
                .get_result(&mut connection)
                .await;
            let next = echo(&mut connection, number).await;

            assert!(failed.is_err());
            assert_eq!(next, Ok(number));
        }
    }

    /// tokio-postgres looks such types up with statements that it keeps for ever.
    #[tokio::test(flavor = "multi_thread")]
    async fn types_the_client_does_not_know_are_looked_up() {
        let kinds = ["mood", "size", "taste"];
        let database = Database::create().await;
        let url = url_of(&database).await;
        let mut connection = client(&url).await;
        for kind in kinds {
            let create = format!("CREATE TYPE {kind} AS ENUM ('one', 'two')");
            connection.batch_execute(&create).await.unwrap();
        }

        for_each_client(|client_number| {
            let url = url.clone();
            async move {
                let mut connection = client(&url).await;
                for kind in kinds {
                    let query = format!("SELECT 'one'::{kind} AS kind, $1 AS number");
                    let row: Number = diesel::sql_query(query)
                        .bind::<BigInt, _>(client_number)
                        .get_result(&mut connection)
                        .await
                        .unwrap();

                    assert_eq!(row.number, client_number);
                }
            }
        })
        .await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_pooler_that_is_not_mentioned_is_noticed() {
        let database = Database::create().await;
        let url = unmentioned_url_of(&database).await;

        for_each_client(|client_number| {
            let url = url.clone();
            async move {
                let mut connection = client(&url).await;
                for round in 0..ROUNDS {
                    let number = client_number * ROUNDS + round;
                    assert_eq!(echo(&mut connection, number).await, Ok(number));
                }
            }
        })
        .await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn no_statement_is_left_on_a_server() {
        let database = Database::create().await;
        let mut connection = client(&url_of(&database).await).await;
        let query = "SELECT count(*) AS number FROM pg_prepared_statements";

        for _ in 0..ROUNDS {
            let left: Number = diesel::sql_query(query)
                .get_result(&mut connection)
                .await
                .unwrap();

            assert_eq!(left.number, 0);
        }
    }
}
