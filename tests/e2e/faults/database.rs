//! The database is stopped, paused, cut off, lost, read-only or busy.

use std::time::{Duration, Instant};

use futures_util::future::join_all;

use super::{HEALED, PROMPT, expect_unavailable, healed, refuses_promptly};
use crate::support::{Cluster, Database, PASSWORD, Server, ServerBuilder, Way};

/// A server with a user, whose pool holds several connections.
async fn server_with_ada(builder: ServerBuilder) -> Server {
    let server = builder.start().await;
    server.sign_up("ada@example.com").await;
    let sign_ins = (0..20).map(|_| server.sign_in("ada@example.com", PASSWORD));
    for answer in join_all(sign_ins).await {
        answer.expect(200);
    }
    server
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_stopped_is_a_503_until_it_is_back() {
    let cluster = Cluster::start().await;
    let server = server_with_ada(ServerBuilder::new(&cluster.database())).await;

    cluster.stop().await;
    refuses_promptly(&server).await;
    // Later requests get the same answer, also concurrent ones.
    let (first, second) = tokio::join!(refuses_promptly(&server), refuses_promptly(&server));
    let ((), ()) = (first, second);

    cluster.start_again().await;
    healed(&server, "ada@example.com").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_paused_is_a_503_until_it_goes_on() {
    let cluster = Cluster::start().await;
    let builder = ServerBuilder::new(&cluster.database());
    let server = server_with_ada(builder.set("AUTH_DATABASE_STATEMENT_TIMEOUT", "2s")).await;

    let paused = cluster.pause().await;
    let asked = Instant::now();
    let sign_ins = (0..20).map(|_| server.sign_in("ada@example.com", PASSWORD));
    for answer in join_all(sign_ins).await {
        expect_unavailable(&answer);
    }
    // Some waited for a statement, all others for a connection only.
    assert!(asked.elapsed() < PROMPT + Duration::from_secs(2));
    refuses_promptly(&server).await;

    drop(paused);
    healed(&server, "ada@example.com").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_are_cut_are_replaced_without_anybody_noticing() {
    let cluster = Cluster::start().await;
    let way = Way::to(&cluster).await;
    let server = server_with_ada(ServerBuilder::new(&way.database())).await;

    for _ in 0..3 {
        way.cut();
        let sign_ins = (0..10).map(|_| server.sign_in("ada@example.com", PASSWORD));
        for answer in join_all(sign_ins).await {
            answer.expect(200);
        }
    }
}

/// With the default settings.
#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_vanishes_is_given_up_for_the_one_that_took_over() {
    let cluster = Cluster::start().await;
    let way = Way::to(&cluster).await;
    let server = server_with_ada(ServerBuilder::new(&way.database())).await;

    way.lose_connections();
    let lost = Instant::now();
    let sign_ins = (0..20).map(|_| server.sign_in("ada@example.com", PASSWORD));
    for answer in join_all(sign_ins).await {
        if answer.status != 200 {
            expect_unavailable(&answer);
        }
    }
    healed(&server, "ada@example.com").await;

    assert!(lost.elapsed() < HEALED, "{:?}", lost.elapsed());
    for answer in join_all((0..20).map(|_| server.sign_in("ada@example.com", PASSWORD))).await {
        answer.expect(200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_that_swallows_everything_is_a_503_until_it_carries_again() {
    let cluster = Cluster::start().await;
    let way = Way::to(&cluster).await;
    let builder = ServerBuilder::new(&way.database());
    let server = server_with_ada(builder.set("AUTH_DATABASE_STATEMENT_TIMEOUT", "2s")).await;

    way.lose_everything();
    let sign_ins = (0..20).map(|_| server.sign_in("ada@example.com", PASSWORD));
    for answer in join_all(sign_ins).await {
        expect_unavailable(&answer);
    }
    refuses_promptly(&server).await;

    way.cut();
    healed(&server, "ada@example.com").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_read_only_still_answers_what_only_reads() {
    let cluster = Cluster::start().await;
    let server = ServerBuilder::new(&cluster.database()).start().await;
    let ada = server.sign_up("ada@example.com").await;

    cluster.set("default_transaction_read_only", "on").await;
    let refused = server.refresh(&ada["refreshToken"]).await;
    let signed_in = server.sign_in("ada@example.com", PASSWORD).await;
    let token = ada["accessToken"].as_str().unwrap();
    let user = server.get_as(token, "/user").await;

    expect_unavailable(&refused);
    expect_unavailable(&signed_in);
    assert_eq!(user.expect(200)["email"], "ada@example.com");
    cluster.set("default_transaction_read_only", "off").await;
    healed(&server, "ada@example.com").await;
    server.refresh(&ada["refreshToken"]).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_sqlite_that_somebody_else_writes_to_is_a_503_until_they_are_done() {
    let database = Database::sqlite();
    let server = Server::on(&database).await;
    let ada = server.sign_up("ada@example.com").await;

    let writer = database.hold_write_lock();
    let sign_ins = (0..10).map(|_| server.sign_in("ada@example.com", PASSWORD));
    for answer in join_all(sign_ins).await {
        expect_unavailable(&answer);
    }
    let token = ada["accessToken"].as_str().unwrap();
    server.get_as(token, "/user").await.expect(200);

    drop(writer);
    healed(&server, "ada@example.com").await;
}
