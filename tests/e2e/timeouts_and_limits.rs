//! Timeouts and limits against denial of service: bodies that do not arrive, and too much work.

use std::{
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    thread::available_parallelism,
};

use futures_util::future::join_all;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::Notify,
};

use crate::{
    rate_limits::ask,
    support::{Database, PASSWORD, Server, ServerBuilder, within},
};

/// The answer to a request whose body stops after its first character.
async fn stalled(server: &Server, path: &str) -> (u16, Value) {
    let mut stream = TcpStream::connect(server.authority()).await.unwrap();
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
         Content-Length: 100\r\nConnection: close\r\n\r\n{{"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = String::new();
    within(stream.read_to_string(&mut answer)).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, serde_json::from_str(body).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_does_not_come_is_given_up() {
    let server = Server::on(&Database::sqlite()).await;

    let (modern, legacy) = tokio::join!(
        stalled(&server, "/signup/email-password"),
        stalled(&server, "/v1/signup"),
    );

    let expected = json!({
        "status": 408, "error": "request-timeout",
        "message": "The request took too long to arrive",
    });
    assert_eq!(modern, (408, expected));
    assert_eq!(legacy.0, 408);
    assert_eq!(legacy.1["code"], "invalid-args");
}

#[tokio::test(flavor = "multi_thread")]
async fn more_sign_ins_than_can_wait_are_sent_away_and_the_others_are_served() {
    let builder = ServerBuilder::new(&Database::sqlite()).set("AUTH_BCRYPT_COST", "10");
    let server = builder.start().await;
    server.sign_up("ada@example.com").await;
    let cores = available_parallelism().map_or(1, usize::from);

    let sign_ins = (0..60 * cores + 20).map(|_| server.sign_in("ada@example.com", PASSWORD));
    let answers = join_all(sign_ins).await;

    let (admitted, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|it| it.status == 200);
    assert!(admitted.len() >= 50 * cores, "{} got in", admitted.len());
    assert!(!refused.is_empty());
    for answer in refused {
        let message = "The server is busy, please try again later";
        answer.expect_error(503, "server-busy", message);
        assert_eq!(answer.header("retry-after"), "1");
    }
    server
        .sign_in("ada@example.com", PASSWORD)
        .await
        .expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_sign_ins_from_one_network_turns_away_nobody_from_another() {
    let server = ServerBuilder::new(&Database::sqlite())
        .set("AUTH_BCRYPT_COST", "10")
        .set("AUTH_TRUSTED_PROXIES", "127.0.0.1")
        .start()
        .await;
    server.sign_up("ada@example.com").await;
    let cores = available_parallelism().map_or(1, usize::from);
    let sign_in = async |client: &str, password: &str| {
        let body = json!({ "email": "ada@example.com", "password": password });
        ask(&server, client, "/signin/email-password", &body).await
    };
    let (turned_away, is_over) = (AtomicUsize::new(0), AtomicBool::new(false));
    let is_full = Notify::new();

    let attacker = async || {
        while !is_over.load(Ordering::Relaxed) {
            if sign_in("198.51.100.1", "wrong").await.status == 503 {
                turned_away.fetch_add(1, Ordering::Relaxed);
                is_full.notify_one();
            }
        }
    };
    let flood = join_all((0..60 * cores + 20).map(|_| attacker()));
    let honest = async {
        within(is_full.notified()).await;
        let mut statuses = Vec::new();
        for _ in 0..10 {
            statuses.push(sign_in("192.0.2.1", PASSWORD).await.status);
        }
        is_over.store(true, Ordering::Relaxed);
        statuses
    };
    let (_, statuses) = tokio::join!(flood, honest);

    assert_eq!(statuses, [200; 10]);
    assert!(turned_away.load(Ordering::Relaxed) > 0);
}
