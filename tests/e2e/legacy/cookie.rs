//! The session cookie.

use reqwest::Method;
use serde_json::json;

use crate::support::{Answer, Database, PASSWORD, Server, ServerBuilder, legacy_credentials};

async fn info_with(server: &Server, headers: &[(&str, &str)]) -> Answer {
    let mut request = server.request(Method::GET, "/v1/user/info");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    server.send(request).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_comes_with_a_cookie_that_scripts_cannot_read() {
    let server = Server::on(&Database::sqlite()).await;

    for path in ["/v1/signup", "/v1/login"] {
        let answer = server
            .post(path, &legacy_credentials("john", PASSWORD))
            .await;
        let token = answer.expect(200)["auth_token"]
            .as_str()
            .unwrap()
            .to_owned();
        let expected =
            format!("dinoisses={token}; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=1814400");
        assert_eq!(answer.header("set-cookie"), expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cookie_is_what_the_settings_say() {
    let server = ServerBuilder::new(&Database::sqlite())
        .set("AUTH_LEGACY_SESSION_COOKIE_NAME", "sid")
        .set("AUTH_LEGACY_SESSION_COOKIE_DOMAIN", "example.com")
        .set("AUTH_LEGACY_SESSION_COOKIE_SECURE", "false")
        .set("AUTH_LEGACY_SESSION_AGE", "60")
        .start()
        .await;

    let answer = server
        .post("/v1/signup", &legacy_credentials("john", PASSWORD))
        .await;

    let cookie = answer.header("set-cookie");
    assert!(cookie.starts_with("sid="), "{cookie}");
    let rest = "; HttpOnly; SameSite=Lax; Path=/; Domain=example.com; Max-Age=60";
    assert!(cookie.ends_with(rest), "{cookie}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cookie_stands_in_for_an_absent_header() {
    let server = Server::on(&Database::sqlite()).await;
    let john = server.legacy_sign_up("john").await;
    let jane = server.legacy_sign_up("jane").await;
    let cookie = format!(
        "other=1; dinoisses={}",
        john["auth_token"].as_str().unwrap()
    );
    let bearer = format!("Bearer {}", jane["auth_token"].as_str().unwrap());

    let by_cookie = info_with(&server, &[("Cookie", &cookie)]).await;
    let both = info_with(&server, &[("Cookie", &cookie), ("Authorization", &bearer)]).await;

    assert_eq!(by_cookie.expect(200), john);
    assert_eq!(both.expect(200), jane);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_logout_makes_the_browser_forget() {
    let server = Server::on(&Database::sqlite()).await;
    let john = server.legacy_sign_up("john").await;
    let cookie = format!("dinoisses={}", john["auth_token"].as_str().unwrap());

    let request = server
        .request(Method::POST, "/v1/user/logout")
        .header("Cookie", &cookie);
    let answer = server.send(request.json(&json!({}))).await;

    answer.expect(200);
    let forget = answer.header("set-cookie");
    assert!(forget.starts_with("dinoisses=; "), "{forget}");
    assert!(
        forget.contains("Max-Age=0") && forget.contains("Path=/"),
        "{forget}"
    );
    info_with(&server, &[("Cookie", &cookie)]).await.expect(401);
    let again = server
        .request(Method::POST, "/v1/user/logout")
        .header("Cookie", &cookie);
    let again = server.send(again.json(&json!({}))).await;
    again.expect(401);
    assert!(
        again.header("set-cookie").contains("Max-Age=0"),
        "a stale cookie goes, too"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_another_site_cannot_use_the_cookie() {
    let server = Server::on(&Database::sqlite()).await;
    let john = server.legacy_sign_up("john").await;
    let cookie = format!("dinoisses={}", john["auth_token"].as_str().unwrap());
    let own = format!("http://{}", server.authority());

    for origin in ["http://localhost:3000", "http://auth.example.com", &own] {
        info_with(&server, &[("Cookie", &cookie), ("Origin", origin)])
            .await
            .expect(200);
    }
    for origin in [
        "https://evil.example",
        "null",
        "http://localhost:3001",
        "http://localhost",
    ] {
        info_with(&server, &[("Cookie", &cookie), ("Origin", origin)])
            .await
            .expect(401);
    }
    let change = json!({ "old_password": PASSWORD, "new_password": "battery staple" });
    let request = server.request(Method::POST, "/v1/user/change-password");
    let request = request
        .header("Cookie", &cookie)
        .header("Origin", "https://evil.example");
    server.send(request.json(&change)).await.expect(401);
    server
        .post("/v1/login", &legacy_credentials("john", PASSWORD))
        .await
        .expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_page_of_another_site_writes_with_the_cookie_whatever_tells_of_it() {
    let server = Server::on(&Database::sqlite()).await;
    let john = server.legacy_sign_up("john").await;
    let cookie = format!("dinoisses={}", john["auth_token"].as_str().unwrap());
    let change = json!({ "old_password": PASSWORD, "new_password": "battery staple" });
    let write = async |path: &str, page: &[(&str, &str)]| {
        let mut request = server.request(Method::POST, path).header("Cookie", &cookie);
        for (name, value) in page {
            request = request.header(*name, *value);
        }
        server.send(request.json(&change)).await
    };

    for page in [
        &[("Sec-Fetch-Site", "cross-site")][..],
        &[("Sec-Fetch-Site", "same-site")],
        &[
            ("Sec-Fetch-Site", "cross-site"),
            ("Referer", "https://evil.example/"),
        ],
        &[("Referer", "https://evil.example/http://localhost:3000/")],
        &[("Origin", "null"), ("Referer", "http://localhost:3000/")],
        &[
            ("Origin", "https://evil.example"),
            ("Sec-Fetch-Site", "same-origin"),
        ],
    ] {
        for path in ["/v1/user/logout", "/v1/user/change-password"] {
            let answer = write(path, page).await;
            answer.expect(401);
            assert_eq!(answer.header("set-cookie"), "", "{path} {page:?}");
        }
    }
    for page in [
        &[("Sec-Fetch-Site", "same-origin")][..],
        &[
            ("Sec-Fetch-Site", "same-site"),
            ("Referer", "http://localhost:3000/deeper?x"),
        ],
        &[("Referer", "http://localhost:3000/")],
    ] {
        let mut request = server.request(Method::GET, "/v1/user/info");
        for (name, value) in page {
            request = request.header(*name, *value);
        }
        let answer = server.send(request.header("Cookie", &cookie)).await;
        assert_eq!(answer.expect(200), john, "{page:?}");
    }
    write("/v1/user/logout", &[("Sec-Fetch-Site", "none")])
        .await
        .expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_page_of_another_site_signs_the_browser_in_or_out() {
    let server = Server::on(&Database::sqlite()).await;
    let own = format!("http://{}", server.authority());
    let ask = async |path: &str, page: (&str, &str), name: &str| {
        let request = server.request(Method::POST, path).header(page.0, page.1);
        let credentials = legacy_credentials(name, PASSWORD);
        server.send(request.json(&credentials)).await
    };

    for (number, page) in [
        ("Origin", "https://evil.example"),
        ("Origin", "null"),
        ("Sec-Fetch-Site", "cross-site"),
        ("Referer", "https://evil.example/"),
    ]
    .into_iter()
    .enumerate()
    {
        let name = format!("mallory{number}");
        for path in ["/v1/signup", "/v1/login"] {
            let answer = ask(path, page, &name).await;
            // Bearer tokens are accepted from every origin (no CSRF).
            let token = answer.expect(200)["auth_token"].clone();
            assert_eq!(answer.header("set-cookie"), "", "{path} {page:?}");
            let request = server
                .request(Method::POST, "/v1/user/logout")
                .header(page.0, page.1)
                .bearer_auth(token.as_str().unwrap());
            let answer = server.send(request.json(&json!({}))).await;
            answer.expect(200);
            assert_eq!(answer.header("set-cookie"), "", "logout {page:?}");
        }
    }
    for page in [
        ("Origin", "http://localhost:3000"),
        ("Origin", own.as_str()),
        ("Sec-Fetch-Site", "same-origin"),
    ] {
        let answer = ask("/v1/login", page, "mallory0").await;
        answer.expect(200);
        assert!(
            answer.header("set-cookie").starts_with("dinoisses="),
            "{page:?}"
        );
    }
}
