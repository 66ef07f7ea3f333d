//! The pages that `/console` serves, and when; `in_browser` uses it.

use crate::support::{Database, Server, ServerBuilder};

#[tokio::test(flavor = "multi_thread")]
async fn the_page_may_load_and_ask_nothing_but_its_own_server() {
    let server = Server::on(&Database::sqlite()).await;

    let page = server.get("/console").await;

    assert_eq!(page.status, 200);
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    let policy = page.header("content-security-policy");
    let rules: Vec<_> = policy.split(';').map(str::trim).collect();
    for rule in [
        "default-src 'none'",
        "connect-src 'self'",
        "script-src 'self'",
    ] {
        assert!(rules.contains(&rule), "{policy}");
    }
    for hole in ["http", "*", "unsafe"] {
        assert!(!policy.contains(hole), "{policy}");
    }
    assert_eq!(page.header("x-content-type-options"), "nosniff");
    assert_eq!(page.header("referrer-policy"), "no-referrer");
}

#[tokio::test(flavor = "multi_thread")]
async fn its_files_come_with_their_types_and_may_be_cached() {
    let server = Server::on(&Database::sqlite()).await;

    for (name, kind) in [
        ("console.js", "text/javascript; charset=utf-8"),
        ("console.css", "text/css; charset=utf-8"),
        ("swagger-ui.css", "text/css; charset=utf-8"),
        ("swagger-ui-bundle.js", "text/javascript; charset=utf-8"),
        ("favicon-32x32.png", "image/png"),
    ] {
        let request = server.request(reqwest::Method::HEAD, &format!("/console/{name}"));
        assert_eq!(server.send(request).await.status, 404, "HEAD of {name}");
        let request = server.request(reqwest::Method::GET, &format!("/console/{name}"));
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 200, "{name}");
        assert_eq!(answer.headers()["content-type"], kind, "{name}");
        assert_eq!(answer.headers()["cache-control"], "public, max-age=3600");
        assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
    }
    for name in ["index.html", "nothing", "..%2Fconsole.js", "a/b"] {
        assert_eq!(
            server.get(&format!("/console/{name}")).await.status,
            404,
            "{name}"
        );
    }
    let slash = server.get("/console/").await;
    assert_eq!(
        (slash.status, slash.header("location")),
        (301, "../console")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_database_the_console_is_there_only_if_it_was_asked_for() {
    let database = Database::postgres().await;
    let unasked = Server::on(&database).await;
    let asked = ServerBuilder::new(&database)
        .set("AUTH_CONSOLE_ENABLED", "true")
        .start()
        .await;

    for path in ["/console", "/console/", "/console/console.js"] {
        assert_eq!(unasked.get(path).await.status, 404, "{path}");
    }
    unasked.get("/openapi.json").await.expect(200);
    assert_eq!(asked.get("/console").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_database_it_can_be_switched_off() {
    let server = ServerBuilder::new(&Database::sqlite())
        .set("AUTH_CONSOLE_ENABLED", "false")
        .start()
        .await;

    assert_eq!(server.get("/console").await.status, 404);
    server.get("/openapi.json").await.expect(200);
}
