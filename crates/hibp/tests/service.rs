//! Requests and responses, against a server on this machine.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use auth_domain::{ports::BreachedPasswords, user::PlainPassword};
use egress::{Egress, EgressRules};
use hibp::Hibp;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    task::JoinHandle,
};

/// SHA-1 of `P@ssw0rd`: the example of the service's documentation.
const KNOWN: &str = "P@ssw0rd";
const KNOWN_PREFIX: &str = "21BD1";
const KNOWN_SUFFIX: &str = "2DC183F740EE76F27B78EB39C8AD972A757";

/// Answers one connection after the other with `replies`, and returns the requests.
async fn service(replies: Vec<String>) -> (Hibp, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}/mirror/", listener.local_addr().unwrap());
    let served = tokio::spawn(async move {
        let mut requests = Vec::new();
        for reply in replies {
            let (mut stream, _peer) = listener.accept().await.unwrap();
            let mut request = vec![0; 4096];
            let length = stream.read(&mut request).await.unwrap();
            request.truncate(length);
            stream.write_all(reply.as_bytes()).await.unwrap();
            requests.push(String::from_utf8(request).unwrap());
        }
        requests
    });
    let rules = EgressRules {
        allowed_hosts: vec!["127.0.0.1".to_owned()],
    };
    let egress = Egress::new(rules).unwrap();
    let hibp = Hibp::new(egress, base.parse().unwrap()).with_pause(Duration::from_millis(1));
    (hibp, served)
}

fn reply(status: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

fn known() -> PlainPassword {
    PlainPassword::new(KNOWN)
}

#[tokio::test]
async fn only_five_digits_of_the_hash_are_sent() {
    let (hibp, served) = service(vec![reply("200 OK", &format!("{KNOWN_SUFFIX}:83"))]).await;

    assert!(hibp.contains(&known()).await.unwrap());

    let request = &served.await.unwrap()[0];
    let line = format!("GET /mirror/range/{KNOWN_PREFIX} HTTP/1.1\r\n");
    assert!(request.starts_with(&line), "{request}");
    assert!(request.contains("add-padding: true\r\n"), "{request}");
    assert!(!request.contains(KNOWN_SUFFIX), "{request}");
    assert!(!request.contains(KNOWN), "{request}");
}

#[tokio::test]
async fn a_password_that_is_not_in_the_range_is_unknown() {
    let other = "0018A45C4D1DEF81644B54AB7F969B88D65:1";
    let (hibp, _served) = service(vec![reply("200 OK", other)]).await;

    assert!(!hibp.contains(&known()).await.unwrap());
}

#[tokio::test]
async fn a_busy_service_is_asked_three_times_more() {
    let busy = reply("429 Too Many Requests", "");
    let range = reply("200 OK", &format!("{KNOWN_SUFFIX}:1"));
    let (hibp, served) = service(vec![busy.clone(), busy.clone(), busy, range]).await;

    assert!(hibp.contains(&known()).await.unwrap());

    assert_eq!(served.await.unwrap().len(), 4);
}

#[tokio::test]
async fn a_service_that_stays_busy_is_an_error() {
    let busy = reply("429 Too Many Requests", "");
    let (hibp, served) = service(vec![busy; 4]).await;

    assert!(hibp.contains(&known()).await.is_err());

    assert_eq!(served.await.unwrap().len(), 4);
}

#[tokio::test]
async fn a_service_that_fails_is_an_error_and_no_verdict() {
    for answer in [
        reply("503 Service Unavailable", ""),
        reply("200 OK", "<html>maintenance</html>"),
        reply("302 Found", ""),
        "not HTTP at all".to_owned(),
    ] {
        let (hibp, _served) = service(vec![answer.clone()]).await;
        assert!(hibp.contains(&known()).await.is_err(), "{answer}");
    }
}
