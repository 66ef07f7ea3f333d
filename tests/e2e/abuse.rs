//! Hostile and broken requests: a clear error of the right generation, no data lost, never a 500, and
//! no secret in the log.

use reqwest::Method;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::support::{
    Answer, Database, PASSWORD, Server, ServerBuilder, legacy_credentials, on_both_databases,
};

const MODERN: [&str; 4] = [
    "/signup/email-password",
    "/signin/email-password",
    "/token",
    "/signout",
];
const LEGACY: [&str; 2] = ["/v1/signup", "/v1/login"];

async fn post_raw(server: &Server, path: &str, body: impl Into<reqwest::Body>) -> Answer {
    let request = server
        .request(Method::POST, path)
        .header("Content-Type", "application/json");
    server.send(request.body(body)).await
}

fn assert_is_a_clear_answer(answer: &Answer, path: &str) {
    assert_eq!(answer.status, 400, "{path}: {answer:?}");
    let body = answer.json();
    if path.starts_with("/v1/") {
        assert!(
            body["code"].is_string() && body["message"].is_string(),
            "{path}: {body}"
        );
    } else {
        assert!(body["error"].is_string(), "{path}: {body}");
    }
}

on_both_databases! {
    async fn a_body_that_is_no_json_object_of_the_right_form_is_refused(database) {
        let server = Server::on(&database).await;
        let deep = format!("{}{}", "[".repeat(30_000), "]".repeat(30_000));
        let deep_member = format!(r#"{{"email":{deep}}}"#);
        let nul = r#"{"email":"a\u0000b@example.com","password":"12345678","provider":"username","data":{"username":"a\u0000b","password":"12345678"},"refreshToken":"\u0000"}"#;
        let surrogate = r#"{"email":"\ud800@example.com","password":"12345678","provider":"\udfff","data":{},"refreshToken":"\ud800"}"#;
        let bodies: [&[u8]; 14] = [
            b"",
            b"{",
            b"null",
            b"[]",
            b"\"text\"",
            b"1e999",
            b"{\"email\":1,\"password\":2,\"provider\":3,\"data\":4,\"refreshToken\":5}",
            b"{\"email\":null,\"password\":null,\"provider\":null,\"data\":null,\"refreshToken\":null}",
            b"{\"email\":\"a@b.co\",\"email\":\"c@d.co\",\"provider\":\"x\",\"provider\":\"y\",\"refreshToken\":\"x\",\"refreshToken\":\"y\"}",
            b"{\"email\":\"\xff\xfe\",\"provider\":\"\xff\",\"refreshToken\":\"\xff\"}",
            nul.as_bytes(),
            surrogate.as_bytes(),
            deep.as_bytes(),
            deep_member.as_bytes(),
        ];

        for path in MODERN.into_iter().chain(LEGACY) {
            for body in bodies {
                let answer = post_raw(&server, path, body.to_vec()).await;
                assert_is_a_clear_answer(&answer, path);
            }
        }
        assert_eq!(database.count("SELECT count(*) AS count FROM auth.users").await, 0);
    }

    async fn hostile_values_in_valid_bodies_never_reach_the_database_as_errors(database) {
        let server = Server::on(&database).await;
        let values = [
            json!("'; DROP TABLE auth.users; --"),
            json!("\u{7f}\u{80}\u{ffff}"),
            json!("💥".repeat(200)),
            json!("x".repeat(60_000)),
            json!(i64::MAX),
            json!(1e308),
            json!([[[]]]),
            json!({ "$ne": 1 }),
            json!(true),
        ];
        for value in values {
            let bodies = [
                json!({ "email": value, "password": value }),
                json!({ "email": "ada@example.com", "password": value }),
                json!({ "email": "ada@example.com", "password": PASSWORD, "options": value }),
                json!({ "email": "ada@example.com", "password": PASSWORD,
                        "options": { "displayName": value } }),
                json!({ "email": "ada@example.com", "password": PASSWORD,
                        "options": { "locale": value } }),
                json!({ "email": "ada@example.com", "password": PASSWORD,
                        "options": { "allowedRoles": [value] } }),
                json!({ "email": "ada@example.com", "password": PASSWORD,
                        "options": { "redirectTo": value } }),
                json!({ "refreshToken": value }),
                json!({ "token": value }),
                json!({ "provider": value, "data": value }),
                json!({ "provider": "username", "data": { "username": value, "password": value } }),
            ];
            for body in bodies {
                for path in MODERN.into_iter().chain(LEGACY).chain(["/token/verify"]) {
                    let answer = server.post(path, &body).await;
                    assert!(answer.status < 500, "{path} {body:.100}: {answer:?}");
                }
            }
        }
        server.sign_up("still@example.com").await;
    }

    async fn metadata_of_every_form_survives_the_way_there_and_back(database) {
        let server = Server::on(&database).await;
        let metadata = json!({
            "": "", "emoji": "😀", "quote": "\"\\/", "deep": [[[[{ "x": [null, true, -0.5] }]]]],
            "big": 9_007_199_254_740_993_u64, "control": "\u{1}\n\t",
        });

        let body = json!({
            "email": "ada@example.com", "password": PASSWORD, "options": { "metadata": metadata },
        });
        server.post("/signup/email-password", &body).await.expect(200);

        let session = server.sign_in("ada@example.com", PASSWORD).await.expect(200);
        assert_eq!(session["session"]["user"]["metadata"], metadata);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_validation_error_names_the_place_and_not_the_value() {
    let server = Server::on(&Database::sqlite()).await;
    let path = "/signup/email-password";
    let post = async |body| server.post(path, &body).await.expect_invalid_request();

    let short = post(json!({ "email": "ada@example.com", "password": "12" })).await;
    let long = post(json!({ "email": "ada@example.com", "password": "x".repeat(51) })).await;
    let secret = post(json!({ "email": "ada@example.com", "password": 47_114_711 })).await;
    let email = post(json!({ "email": "not an address", "password": PASSWORD })).await;
    let unknown = post(json!({ "email": "a@b.co", "password": PASSWORD, "admin": true })).await;
    let missing = post(json!({ "email": "a@b.co" })).await;

    assert!(
        short.contains("/password") && short.contains("minimum"),
        "{short}"
    );
    assert!(
        long.contains("/password") && long.contains("maximum"),
        "{long}"
    );
    assert!(
        secret.contains("/password") && !secret.contains("47114711"),
        "{secret}"
    );
    assert!(
        email.contains("/email") && !email.contains("not an address"),
        "{email}"
    );
    assert!(unknown.contains("admin"), "{unknown}");
    assert!(missing.contains("password"), "{missing}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_beyond_the_limit_is_refused_with_413() {
    let server = Server::on(&Database::sqlite()).await;
    let huge = "x".repeat(1024 * 1024);

    for path in MODERN {
        let answer = server
            .post(path, &json!({ "email": "a@b.co", "password": huge }))
            .await;
        answer.expect_error(413, "request-too-large", "The request body is too large");
    }
    for path in LEGACY {
        let answer = server.post(path, &legacy_credentials("john", &huge)).await;
        let message = "request body is larger than 65536 bytes";
        answer.expect_legacy_error(413, "invalid-args", message);
    }
    let padding = " ".repeat(64 * 1024 - 2);
    post_raw(&server, "/signout", format!("{{}}{padding}"))
        .await
        .expect(400);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_needs_the_content_type_of_json() {
    let server = Server::on(&Database::sqlite()).await;
    let body = json!({ "email": "ada@example.com", "password": PASSWORD }).to_string();

    for content_type in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/jsonx",
    ] {
        let request = server.request(Method::POST, "/signup/email-password");
        let request = request
            .header("Content-Type", content_type)
            .body(body.clone());
        server.send(request).await.expect_invalid_request();
    }
    let request = server.request(Method::POST, "/v1/signup");
    let request = request
        .header("Content-Type", "application/jsonx")
        .body("{}");
    assert_eq!(
        server.send(request).await.expect(400)["code"],
        json!("bad-headers")
    );
    let request = server.request(Method::POST, "/signup/email-password");
    let request = request
        .header("Content-Type", "application/json; charset=utf-8")
        .body(body);
    server.send(request).await.expect(200);
}

/// Sends raw bytes; the first line of the answer, or `None` when the server closes the connection.
async fn exchange(server: &Server, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(server.authority()).await.unwrap();
    let sent = stream.write_all(bytes).await;
    let mut answer = Vec::new();
    let received = stream.read_to_end(&mut answer).await;
    if sent.is_err() || received.is_err() {
        return String::new();
    }
    String::from_utf8_lossy(&answer)
        .lines()
        .next()
        .unwrap_or_default()
        .to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_http_does_not_stop_the_server() {
    let server = Server::on(&Database::sqlite()).await;
    let huge_header = format!(
        "GET /healthz HTTP/1.1\r\nHost: x\r\nX: {}\r\n\r\n",
        "y".repeat(300_000)
    );
    let many_headers = format!(
        "GET /healthz HTTP/1.1\r\nHost: x\r\n{}\r\n",
        "X: y\r\n".repeat(10_000)
    );
    let requests: [&[u8]; 5] = [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST /token HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: -1\r\n\r\n",
        huge_header.as_bytes(),
        many_headers.as_bytes(),
    ];

    for request in requests {
        let first_line = exchange(&server, request).await;
        assert!(!first_line.contains(" 500"), "{first_line}");
        assert!(!first_line.contains(" 200"), "{first_line}");
    }
    assert_eq!(server.get("/healthz").await.expect(200), json!("OK"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_hangs_up_does_not_leave_a_sign_up_half_done() {
    let database = Database::sqlite();
    let server = ServerBuilder::new(&database)
        .set("AUTH_BCRYPT_COST", "11")
        .start()
        .await;
    let body = json!({ "email": "ada@example.com", "password": PASSWORD }).to_string();
    let request = format!(
        "POST /signup/email-password HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );

    let mut stream = TcpStream::connect(server.authority()).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    stream.set_zero_linger().unwrap();
    drop(stream);

    // Atomic: it was never read or is carried out as a whole; the next request sees which.
    let session = loop {
        let answer = server.sign_in("ada@example.com", PASSWORD).await;
        if answer.status == 200 {
            break answer.json();
        }
        server
            .post(
                "/signup/email-password",
                &serde_json::from_str(&body).unwrap(),
            )
            .await;
    };
    assert_eq!(session["session"]["user"]["roles"], json!(["me", "user"]));
    assert!(!server.output().contains("panicked"), "{}", server.output());
}

on_both_databases! {
    async fn no_secret_reaches_the_log_at_any_level(database) {
        let server = ServerBuilder::new(&database)
            .set("AUTH_LOG_LEVEL", "trace")
            .set("AUTH_EMAIL_SIGNIN_EMAIL_VERIFIED_REQUIRED", "false")
            .start()
            .await;

        let session = server.sign_up("ada.secret@example.com").await;
        let refreshed = server.refresh(&session["refreshToken"]).await.expect(200);
        let access = refreshed["accessToken"].as_str().unwrap();
        server.get_as(access, "/user?token=query-secret").await.expect(200);
        server.sign_in("ada.secret@example.com", "a wrong guess").await.expect(401);
        let john = server.legacy_sign_up("john").await;
        let legacy = john["auth_token"].as_str().unwrap();
        server.get_as(legacy, "/v1/user/info").await.expect(200);
        server.post("/signout", &json!({ "refreshToken": refreshed["refreshToken"] })).await;

        let log = server.output();
        assert!(log.contains("/signup/email-password"), "{log}");
        for secret in [
            PASSWORD,
            "a wrong guess",
            "query-secret",
            "ada.secret",
            access,
            legacy,
            session["refreshToken"].as_str().unwrap(),
            refreshed["refreshToken"].as_str().unwrap(),
            "$2a$",
            "$2b$",
        ] {
            let at = log.find(secret).map(|at| &log[at.saturating_sub(300)..at]);
            assert_eq!(at, None, "a secret is in the log behind this");
        }
    }
}
