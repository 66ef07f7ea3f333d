//! The server removes expired rows itself, while it serves.

use serde_json::json;

use crate::support::{Database, PASSWORD, Server, ServerBuilder, on_both_databases, within};

/// Moves all times in the database a year back.
const LONG_AGO: [&str; 4] = [
    "UPDATE auth.refresh_tokens SET expires_at = expires_at - {year}",
    "UPDATE auth.refresh_token_rotations SET rotated_at = rotated_at - {year}",
    "UPDATE auth.opaque_sessions SET expires_at = expires_at - {year}",
    "UPDATE auth.tickets SET expires_at = expires_at - {year}",
];

/// The number of rows that expire.
const LEFT: &str = "SELECT (SELECT count(*) FROM auth.refresh_tokens) \
    + (SELECT count(*) FROM auth.refresh_token_rotations) \
    + (SELECT count(*) FROM auth.opaque_sessions) + (SELECT count(*) FROM auth.tickets) AS count";

async fn long_ago(database: &Database) {
    let year = match database {
        Database::Sqlite(_) => "31536000000000",
        Database::Postgres(_) => "interval '1 year'",
    };
    for statement in LONG_AGO {
        database.execute(&statement.replace("{year}", year)).await;
    }
}

async fn until_left(database: &Database, count: i64) {
    within(async {
        while database.count(LEFT).await != count {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

on_both_databases! {
    async fn what_has_expired_is_removed_and_what_is_good_stays(database) {
        let server = ServerBuilder::new(&database).set("AUTH_CLEAN_UP_INTERVAL", "1").start().await;
        let ada = server.sign_up("ada@example.com").await;
        server.refresh(&ada["refreshToken"]).await.expect(200);
        server.legacy_sign_up("john").await;
        let body = json!({ "email": "ada@example.com" });
        server.post("/user/password/reset", &body).await.expect(200);
        assert_eq!(database.count(LEFT).await, 4);
        long_ago(&database).await;
        let eve = server.sign_up("eve@example.com").await;

        until_left(&database, 1).await;

        server.refresh(&eve["refreshToken"]).await.expect(200);
    }

    async fn servers_that_are_told_so_leave_everything(database) {
        let cleaning = ServerBuilder::new(&database).set("AUTH_CLEAN_UP_INTERVAL", "1");
        let leaving = ServerBuilder::new(&database).set("AUTH_CLEAN_UP_INTERVAL", "0").start().await;
        leaving.sign_up("ada@example.com").await;
        long_ago(&database).await;

        // Two more sign-ins, since a sign-in once removed the user's expired rows.
        for _ in 0..2 {
            leaving.sign_in("ada@example.com", PASSWORD).await.expect(200);
        }
        assert_eq!(database.count(LEFT).await, 3);

        let _cleaning: Server = cleaning.start().await;
        until_left(&database, 2).await;
    }

    async fn a_server_stops_at_once_while_it_waits_for_the_next_time(database) {
        let mut server = Server::on(&database).await;

        server.terminate();

        assert!(server.ended().await, "{}", server.output());
    }
}
