//! The built example, from signing up to a token.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::{fs, process::Stdio};

use reqwest::{Client, StatusCode};
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{ChildStderr, Command},
};

const SECRET: &str = r#"{"type":"HS256","key":"a secret of this test, and long enough"}"#;
const ADA: &str = r#"{"email":"ada@example.com","password":"correct horse"}"#;

#[tokio::test]
async fn the_link_of_the_mail_lets_the_new_user_sign_in() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("jwt-secret.json"), SECRET).unwrap();
    let mut server = Command::new(env!("CARGO_BIN_EXE_embed"))
        .arg("127.0.0.1:0")
        .current_dir(&folder)
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(server.stderr.take().unwrap()).lines();
    let url = after("listening on ", &mut lines).await;
    let client = client();

    let (status, _) = post(&client, format!("{url}/sign-up"), ADA).await;
    assert_eq!(status, StatusCode::OK);
    let (status, refusal) = post(&client, format!("{url}/sign-in"), ADA).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert_eq!(refusal, "the e-mail address is not verified");
    let link = after("mailed: ", &mut lines).await;
    let followed = client.get(&link).send().await.unwrap();
    assert_eq!(followed.status(), StatusCode::OK);
    let again = client.get(&link).send().await.unwrap();
    assert_eq!(again.status(), StatusCode::FORBIDDEN);
    let (status, token) = post(&client, format!("{url}/sign-in"), ADA).await;

    assert_eq!(status, StatusCode::OK);
    assert_eq!(token.split('.').count(), 3, "{token} is no JSON Web Token");
    let wrong = ADA.replace("horse", "house");
    let (status, _) = post(&client, format!("{url}/sign-in"), &wrong).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
}

/// reqwest needs a named TLS provider before it speaks even plain HTTP, because other crates bring
/// TLS.
fn client() -> Client {
    drop(rustls::crypto::ring::default_provider().install_default());
    Client::new()
}

/// The rest of the next line that begins with `start`.
async fn after(start: &str, lines: &mut Lines<BufReader<ChildStderr>>) -> String {
    while let Some(line) = lines.next_line().await.unwrap() {
        if let Some(rest) = line.strip_prefix(start) {
            return rest.to_owned();
        }
    }
    panic!("the server ended before it said: {start}");
}

async fn post(client: &Client, url: String, body: &str) -> (StatusCode, String) {
    let request = client.post(url).header("content-type", "application/json");
    let answer = request.body(body.to_owned()).send().await.unwrap();
    (answer.status(), answer.text().await.unwrap())
}
