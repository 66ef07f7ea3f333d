//! Log injection and log flooding: what clients cannot do to the log.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::support::{Database, GitHub, Server, within};

/// Sends bytes and reads until the server hangs up.
async fn shout(server: &Server, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(server.authority()).await.unwrap();
    // The server may have closed the connection before all of it was sent.
    let _sent = stream.write_all(bytes).await;
    let mut answer = Vec::new();
    let _read = within(stream.read_to_end(&mut answer)).await;
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn malformed_http_is_refused_and_leaves_no_error_in_the_log() {
    let server = Server::on(&Database::sqlite()).await;
    let post = |headers: &str, body: &str| {
        format!("POST /token HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}\r\n\r\n{body}")
            .into_bytes()
    };
    let endless = format!("X-Long: {}", "x".repeat(300_000));

    for bytes in [
        b"\0\0\0\0\r\n\r\n".to_vec(),
        b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03\r\n\r\n".to_vec(),
        b"GET\r\n\r\n".to_vec(),
        b"GET / HTTP/9.9\r\nHost: x\r\n\r\n".to_vec(),
        b"GET /\x01 HTTP/1.1\r\nHost: x\r\n\r\n".to_vec(),
        b"GET / HTTP/1.1\r\nHo st: x\r\n\r\n".to_vec(),
        post("Content-Length: many", ""),
        post("Content-Length: 1\r\nContent-Length: 2", "xx"),
        post(
            "Content-Length: 4\r\nTransfer-Encoding: chunked",
            "0\r\n\r\n",
        ),
        post("Transfer-Encoding: strange", "x"),
        post("Transfer-Encoding: chunked", "ZZ\r\nx\r\n"),
        post(&endless, ""),
    ] {
        let answer = shout(&server, &bytes).await;
        let is_refused = answer.is_empty() || answer.starts_with("HTTP/1.1 4");
        assert!(is_refused, "{answer}");
    }
    // A client that disconnects in the middle of a body.
    let mut stream = TcpStream::connect(server.authority()).await.unwrap();
    stream
        .write_all(&post("Content-Length: 100", "{"))
        .await
        .unwrap();
    drop(stream);

    server.get("/version").await.expect(200);
    server.printed("/version").await;
    let log = server.output();
    assert!(!log.contains("\"ERROR\""), "{log}");
    assert!(!log.contains("stream error"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_looks_like_a_secret_in_a_path_is_not_logged() {
    let github = GitHub::start().await;
    let server = github.server(&Database::sqlite()).start().await;
    let id = "57c3f278-ea3c-4f5f-8f09-12a598d97c1c";
    let paths = [
        ("/verify/ticket/abc-hunter".to_owned(), "/verify/…"),
        ("/token/abc-hunter/x".to_owned(), "/token/…"),
        (format!("/app/{id}/x"), "/app/…/x"),
        (format!("/signin/provider/{id}"), "/signin/provider/…"),
        ("/app/ada@hunter.example".to_owned(), "/app/…"),
        ("/app/%61bc-hunter".to_owned(), "/app/…"),
    ];

    for (path, _) in &paths {
        server.get(path).await;
    }

    for (_, logged) in &paths {
        server.printed(&format!("\"path\":\"{logged}\"")).await;
    }
    let log = server.output();
    for secret in ["hunter", id] {
        assert!(!log.contains(secret), "{log}");
    }
    // The paths of routes appear unchanged.
    server.get("/.well-known/jwks.json").await.expect(200);
    server.printed("\"path\":\"/.well-known/jwks.json\"").await;
    server.get("/signin/provider/github").await;
    server.printed("\"path\":\"/signin/provider/github\"").await;
}
