//! Requests and responses, against a server on this machine.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use auth_domain::{
    ports::{BotCheck, PersonVerdict},
    secret::Secret,
};
use egress::{Egress, EgressRules};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    task::JoinHandle,
};
use turnstile::Turnstile;

const SECRET: &str = "1x0000000000000000000000000000000AA";

/// Answers one request, and returns it.
async fn service(status: &str, body: &str) -> (Turnstile, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}/turnstile/v0/", listener.local_addr().unwrap());
    let reply = format!(
        "HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let served = tokio::spawn(async move {
        let (mut stream, _peer) = listener.accept().await.unwrap();
        let mut request = String::new();
        while !request.ends_with('}') {
            let mut part = vec![0; 4096];
            let length = stream.read(&mut part).await.unwrap();
            request.push_str(str::from_utf8(&part[..length]).unwrap());
        }
        stream.write_all(reply.as_bytes()).await.unwrap();
        request
    });
    let rules = EgressRules {
        allowed_hosts: vec!["127.0.0.1".to_owned()],
    };
    let egress = Egress::new(rules).unwrap();
    let turnstile = Turnstile::new(egress, base.parse().unwrap(), Secret::new(SECRET));
    (turnstile, served)
}

async fn verdict(status: &str, body: &str) -> Option<PersonVerdict> {
    let (turnstile, served) = service(status, body).await;
    let verdict = turnstile.judge(&Secret::new("a response")).await.ok();
    served.await.unwrap();
    verdict
}

#[tokio::test]
async fn the_service_is_asked_with_the_secret_and_the_response() {
    let (turnstile, served) = service("200 OK", r#"{"success":true}"#).await;

    let verdict = turnstile.judge(&Secret::new("a response")).await.unwrap();

    assert_eq!(verdict, PersonVerdict::Passed);
    let request = served.await.unwrap();
    assert!(request.starts_with("POST /turnstile/v0/siteverify HTTP/1.1\r\n"));
    assert!(request.contains("content-type: application/json\r\n"));
    let body = format!("\r\n\r\n{{\"secret\":\"{SECRET}\",\"response\":\"a response\"}}");
    assert!(request.ends_with(&body), "{request}");
}

#[tokio::test]
async fn a_failed_client_is_told_what_the_service_says() {
    let body = r#"{"success":false,"error-codes":["timeout-or-duplicate"],"messages":["a","b"]}"#;
    let expected = PersonVerdict::Failed {
        messages: vec!["a".to_owned(), "b".to_owned()],
    };

    assert_eq!(verdict("200 OK", body).await, Some(expected.clone()));
    assert_eq!(verdict("400 Bad Request", body).await, Some(expected));
}

#[tokio::test]
async fn anything_else_is_no_verdict() {
    for (status, body) in [
        ("200 OK", ""),
        ("200 OK", "true"),
        ("200 OK", "{}"),
        ("200 OK", r#"{"success":"true"}"#),
        ("500 Oh", r#"{"success":true}"#),
        ("302 Found", "<html>"),
    ] {
        assert_eq!(verdict(status, body).await, None, "{status} {body}");
    }
}

#[tokio::test]
async fn a_response_longer_than_there_is_one_fails_without_a_request() {
    let (turnstile, served) = service("200 OK", r#"{"success":true}"#).await;

    let verdict = turnstile.judge(&Secret::new("x".repeat(2049))).await;

    assert!(matches!(verdict, Ok(PersonVerdict::Failed { .. })));
    assert!(!served.is_finished());
    served.abort();
}

#[tokio::test]
async fn a_service_that_is_away_is_an_error_without_secrets() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}/", listener.local_addr().unwrap());
    drop(listener);
    let rules = EgressRules {
        allowed_hosts: vec!["127.0.0.1".to_owned()],
    };
    let egress = Egress::new(rules).unwrap();
    let turnstile = Turnstile::new(egress, base.parse().unwrap(), Secret::new(SECRET));

    let error = turnstile.judge(&Secret::new("a response")).await.err();

    let error = error.unwrap();
    let texts = format!("{error:?} {turnstile:?}");
    assert!(
        !texts.contains(SECRET) && !texts.contains("a response"),
        "{texts}"
    );
}
