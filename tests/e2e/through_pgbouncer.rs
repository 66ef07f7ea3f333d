//! The server behind a transaction pooler (PgBouncer), which gives each transaction another connection.

use futures_util::future::join_all;
use serde_json::json;

use crate::support::{Database, PASSWORD, Server, ServerBuilder, fresh_postgres, told};

/// The pooler's URL of a new, empty database.
async fn fresh_database() -> Database {
    let pooler = told("TEST_PGBOUNCER_URL");
    let direct = fresh_postgres().await;
    let (_, rest) = direct.split_once("@/").unwrap();
    let (name, _) = rest.split_once('?').unwrap();
    assert!(
        pooler.contains("/postgres?"),
        "the pooler's URL names its database: {pooler}"
    );
    Database::Postgres(pooler.replacen("/postgres?", &format!("/{name}?"), 1))
}

#[tokio::test(flavor = "multi_thread")]
async fn two_servers_migrate_and_serve_side_by_side() {
    serve_side_by_side(fresh_database().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_servers_serve_behind_a_pooler_that_nothing_tells_them_of() {
    let Database::Postgres(url) = fresh_database().await else {
        panic!("it is no PostgreSQL");
    };
    let url = url.replace("&pgbouncer=true", "");
    serve_side_by_side(Database::Postgres(url)).await;
}

async fn serve_side_by_side(database: Database) {
    let secret = r#"{"type":"HS256","key":"a secret that both of the servers share, 32+"}"#;
    let start = || {
        ServerBuilder::new(&database)
            .set("HASURA_GRAPHQL_JWT_SECRET", secret)
            .start()
    };
    let servers: [Server; 2] = [start().await, start().await];

    let rounds = (0..40).map(async |round| {
        let (one, other) = (&servers[round % 2], &servers[(round + 1) % 2]);
        let email = format!("ada{round}@example.com");
        let session = one.sign_up(&email).await;
        let refreshed = other.refresh(&session["refreshToken"]).await.expect(200);
        let access = refreshed["accessToken"].as_str().unwrap();
        one.get_as(access, "/user").await.expect(200);
        other.sign_in(&email, PASSWORD).await.expect(200);
        let out = json!({ "refreshToken": refreshed["refreshToken"] });
        one.post("/signout", &out).await.expect(200);
        other.refresh(&refreshed["refreshToken"]).await.expect(401);
    });
    join_all(rounds).await;
}
