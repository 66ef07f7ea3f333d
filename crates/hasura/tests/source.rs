//! Requests and responses, against a server on this machine.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use auth_domain::{
    error::chain, ports::CustomClaimSource, secret::Secret, session::CustomClaims, user::UserId,
};
use egress::{Egress, EgressRules};
use hasura::{ClaimDefinitions, GraphqlEndpoint, HasuraClaims};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpListener,
    task::JoinHandle,
};

const SECRET: &str = "very-secret";

fn user_id() -> UserId {
    UserId("57c3f278-ea3c-4f5f-8f09-12a598d97c1c".parse().unwrap())
}

/// Answers one request with `reply`, and returns head and body of the request. With an empty reply
/// it waits until the client closes the connection.
async fn service(reply: String) -> (HasuraClaims, JoinHandle<(String, String)>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v1/graphql", listener.local_addr().unwrap());
    let served = tokio::spawn(async move {
        let (stream, _peer) = listener.accept().await.unwrap();
        let mut stream = BufReader::new(stream);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            stream.read_line(&mut head).await.unwrap();
        }
        let length = head
            .lines()
            .find_map(|it| it.strip_prefix("content-length: "))
            .unwrap();
        let mut body = vec![0; length.parse().unwrap()];
        stream.read_exact(&mut body).await.unwrap();
        // The client may close the connection before the end.
        let _sent = stream.get_mut().write_all(reply.as_bytes()).await;
        if reply.is_empty() {
            let _closed = stream.read(&mut [0]).await;
        }
        (head, String::from_utf8(body).unwrap())
    });
    let rules = EgressRules {
        allowed_hosts: vec!["127.0.0.1".to_owned()],
    };
    let endpoint = GraphqlEndpoint {
        url: url.parse().unwrap(),
        admin_secret: Secret::new(SECRET),
    };
    let definitions = json!({ "org": "profile.org", "teams": "profile.teams[].id" });
    let definitions = ClaimDefinitions::parse(&definitions.to_string()).unwrap();
    let claims = HasuraClaims::new(Egress::new(rules).unwrap(), endpoint, definitions);
    (claims, served)
}

fn reply(status: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

fn user(user: &Value) -> String {
    reply("200 OK", &json!({ "data": { "user": user } }).to_string())
}

fn said(claims: &CustomClaims) -> Vec<(&str, &str)> {
    claims.iter().collect()
}

#[tokio::test]
async fn one_request_with_the_admin_secret_asks_for_everything() {
    let profile = json!({ "profile": { "org": 7, "teams": [{ "id": "a" }, { "id": "b" }] } });
    let (hasura, served) = service(user(&profile)).await;

    let claims = hasura.claims_of(user_id()).await.unwrap();

    let expected = [("x-hasura-org", "7"), ("x-hasura-teams", r#"{"a","b"}"#)];
    assert_eq!(said(&claims), expected);
    let (head, body) = served.await.unwrap();
    assert!(head.starts_with("POST /v1/graphql HTTP/1.1\r\n"), "{head}");
    for header in [
        "x-hasura-admin-secret: very-secret\r\n",
        "accept: application/json\r\n",
        "content-type: application/json\r\n",
    ] {
        assert!(head.contains(header), "{head}");
    }
    let expected = json!({
        "query": "query GetClaims($id: uuid!) { user(id:$id) {profile{org teams{id }}} }",
        "variables": { "id": "57c3f278-ea3c-4f5f-8f09-12a598d97c1c" },
    });
    assert_eq!(serde_json::from_str::<Value>(&body).unwrap(), expected);
}

#[tokio::test]
async fn an_answer_of_more_than_a_hundred_kilobytes_is_read() {
    let filling = "x".repeat(200_000);
    let (hasura, _served) = service(user(&json!({ "profile": null, "rest": filling }))).await;

    let claims = hasura.claims_of(user_id()).await.unwrap();

    assert_eq!(said(&claims)[0], ("x-hasura-org", "null"));
}

#[tokio::test]
async fn a_value_too_large_for_a_token_costs_its_claim() {
    let profile = json!({ "profile": { "org": "x".repeat(70_000), "teams": [{ "id": "a" }] } });
    let (hasura, _served) = service(user(&profile)).await;

    let claims = hasura.claims_of(user_id()).await.unwrap();

    assert_eq!(said(&claims), [("x-hasura-teams", r#"{"a"}"#)]);
}

#[tokio::test]
async fn without_a_user_there_are_no_claims_and_the_error_holds_no_secret() {
    let error = json!({ "message": SECRET, "extensions": { "code": "access-denied" } });
    let refusal = json!({ "errors": [error] }).to_string();
    let long = "x".repeat(2 * 1024 * 1024);
    for (answer, expected) in [
        (reply("200 OK", &refusal), "access-denied"),
        (reply("500 Oops", SECRET), "status 500"),
        (reply("302 Found", SECRET), "status 302"),
        (reply("200 OK", SECRET), "something else than JSON"),
        (user(&json!(null)), "does not know the user"),
        (user(&json!({ "profile": { "org": long } })), "larger than"),
        (SECRET.to_owned(), "cannot be asked"),
    ] {
        let (hasura, _served) = service(answer).await;

        let error = hasura.claims_of(user_id()).await.unwrap_err();

        let said = chain(&error);
        assert!(said.contains(expected), "no `{expected}` in {said}");
        let debug = format!("{error:?} {hasura:?}");
        assert!(
            !said.contains(SECRET) && !debug.contains(SECRET),
            "{said} {debug}"
        );
    }
}

#[tokio::test]
async fn a_request_has_a_deadline() {
    let (hasura, _served) = service(String::new()).await;
    let hasura = hasura.with_timeout(Duration::from_millis(20));

    let error = hasura.claims_of(user_id()).await.unwrap_err();

    assert!(chain(&error).contains("in time"), "{error:?}");
}
