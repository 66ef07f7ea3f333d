//! The guard, against servers on this machine.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{net::SocketAddr, time::Duration};

use egress::{Egress, EgressError, EgressRules, Request, Url};
use futures_util::FutureExt;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    task::JoinHandle,
};

/// Answers one connection with `reply`, and returns the request.
async fn server(reply: impl Into<Vec<u8>>) -> (SocketAddr, JoinHandle<String>) {
    let reply = reply.into();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let served = tokio::spawn(async move {
        let (mut stream, _peer) = listener.accept().await.unwrap();
        let mut request = vec![0; 4096];
        let length = stream.read(&mut request).await.unwrap();
        request.truncate(length);
        stream.write_all(&reply).await.unwrap();
        String::from_utf8(request).unwrap()
    });
    (address, served)
}

fn egress(allowed: &[&str]) -> Egress {
    let allowed_hosts = allowed.iter().map(ToString::to_string).collect();
    Egress::new(EgressRules { allowed_hosts }).unwrap()
}

fn url(address: SocketAddr, path: &str) -> Url {
    format!("http://{address}{path}").parse().unwrap()
}

fn ok(body: &str) -> String {
    format!(
        "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

#[tokio::test]
async fn a_request_arrives_as_it_was_written_and_the_reply_comes_back() {
    let (address, served) = server(ok("hello")).await;
    let request = Request::post(url(address, "/a?b=c"))
        .header("x-plain", "1")
        .secret_header("x-token", "s3cret")
        .json(&["x"]);
    assert!(!format!("{request:?}").contains("s3cret"));

    let reply = egress(&["127.0.0.1"]).send(request).await.unwrap();

    assert_eq!((reply.status, reply.text()), (200, Some("hello")));
    assert!(reply.is_success());
    let request = served.await.unwrap();
    assert!(request.starts_with("POST /a?b=c HTTP/1.1\r\n"), "{request}");
    for line in [
        "x-plain: 1\r\n",
        "x-token: s3cret\r\n",
        "content-type: application/json\r\n",
        "user-agent: hasura-auth/",
    ] {
        assert!(request.contains(line), "{line:?} in {request}");
    }
    assert!(request.ends_with("\r\n\r\n[\"x\"]"), "{request}");
}

#[tokio::test]
async fn a_name_that_resolves_to_this_machine_is_refused_before_anything_is_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let url = format!("https://localhost:{port}/").parse().unwrap();

    let refused = egress(&["127.0.0.1"]).send(Request::get(url)).await;

    let Err(EgressError::PrivateAddress(host)) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(host, "localhost");
    assert!(
        listener.accept().now_or_never().is_none(),
        "a client connected"
    );
}

#[tokio::test]
async fn an_allowed_name_may_resolve_to_this_machine() {
    let (address, _served) = server(ok("hello")).await;
    let url = format!("http://localhost:{}/", address.port());

    let reply = egress(&["localhost"])
        .send(Request::get(url.parse().unwrap()))
        .await
        .unwrap();

    assert_eq!(reply.text(), Some("hello"));
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let (address, _served) = server(
        "HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n",
    )
    .await;

    let reply = egress(&["127.0.0.1"])
        .send(Request::get(url(address, "/")))
        .await
        .unwrap();

    assert_eq!(reply.status, 302);
    assert!(!reply.is_success());
}

#[tokio::test]
async fn a_reply_that_is_too_large_is_not_read_to_its_end() {
    let (address, _served) = server(ok(&"x".repeat(11))).await;

    let outcome = egress(&["127.0.0.1"])
        .send(Request::get(url(address, "/")).largest_reply(10))
        .await;

    assert!(
        matches!(outcome, Err(EgressError::TooLarge(10))),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn a_server_that_never_answers_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();

    let outcome = egress(&["127.0.0.1"])
        .send(Request::get(url(address, "/")).timeout(Duration::from_millis(50)))
        .await;

    assert!(matches!(outcome, Err(EgressError::TimedOut)), "{outcome:?}");
}

#[tokio::test]
async fn a_server_that_stops_in_the_middle_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let served = tokio::spawn(async move {
        let (mut stream, _peer) = listener.accept().await.unwrap();
        stream.read_exact(&mut [0; 16]).await.unwrap();
        let head = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf";
        stream.write_all(head).await.unwrap();
        stream
    });

    let outcome = egress(&["127.0.0.1"])
        .send(Request::get(url(address, "/")).timeout(Duration::from_millis(200)))
        .await;

    assert!(matches!(outcome, Err(EgressError::TimedOut)), "{outcome:?}");
    drop(served.await.unwrap());
}

#[tokio::test]
async fn an_error_tells_the_host_and_nothing_else_of_the_url() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);

    let refused = egress(&["127.0.0.1"])
        .send(Request::get(url(address, "/path?token=s3cret")))
        .await
        .unwrap_err();

    assert!(
        matches!(refused, EgressError::Unreachable(_)),
        "{refused:?}"
    );
    assert!(!format!("{refused:?}").contains("s3cret"), "{refused:?}");
}

#[tokio::test]
async fn a_header_cannot_smuggle_another() {
    let request =
        Request::get("https://example.com/".parse().unwrap()).header("x-one", "1\r\nx-two: 2");

    let refused = egress(&[]).send(request).await;

    assert!(
        matches!(refused, Err(EgressError::InvalidRequest(_))),
        "{refused:?}"
    );
}
