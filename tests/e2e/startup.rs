//! Starting, failing to start, and stopping.

use std::{
    os::unix::fs::PermissionsExt,
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use crate::support::{Database, PASSWORD, Server, ServerBuilder, on_both_databases, within};

on_both_databases! {
    async fn ten_servers_may_start_at_once_on_an_empty_database(database) {
        let servers = join_all((0..10).map(|_| Server::on(&database))).await;

        let ada = servers[0].sign_up("ada@example.com").await;
        for server in &servers {
            server.sign_in("ada@example.com", PASSWORD).await.expect(200);
        }
        assert_eq!(ada["user"]["email"], "ada@example.com");
    }

    async fn a_restart_keeps_users_sessions_and_key(database) {
        let builder = ServerBuilder::new(&database);
        let folder = builder.folder().to_owned();
        let data = folder.join("data");
        let keep = tempfile::TempDir::new().unwrap();
        let data_dir = keep.path().join("data");
        let data_dir = data_dir.to_str().unwrap();
        let mut first = builder.set("AUTH_DATA_DIR", data_dir).start().await;
        let ada = first.sign_up("ada@example.com").await;
        first.terminate();
        assert!(first.ended().await);

        let second = ServerBuilder::new(&database).set("AUTH_DATA_DIR", data_dir).start().await;

        let token = ada["accessToken"].as_str().unwrap();
        second.get_as(token, "/user").await.expect(200);
        second.refresh(&ada["refreshToken"]).await.expect(200);
        assert!(!data.exists(), "nothing is written outside the data folder");
    }

    async fn open_requests_are_answered_before_the_server_stops(database) {
        let mut server = Server::on(&database).await;
        let request = server.open_sign_up("ada@example.com").await;

        server.terminate();
        server.printed("stopping").await;
        let answer = request.finish().await;

        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        assert!(server.ended().await, "{}", server.output());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_any_setting_the_first_run_works_and_says_what_is_unsafe() {
    let database = Database::sqlite();
    let mut builder = ServerBuilder::new(&database);
    for name in [
        "AUTH_SQLITE_PATH",
        "AUTH_HOST",
        "AUTH_BCRYPT_COST",
        "AUTH_CLIENT_URL",
        "AUTH_SERVER_URL",
        "AUTH_EMAIL_SIGNIN_EMAIL_VERIFIED_REQUIRED",
    ] {
        builder = builder.unset(name);
    }

    let server = builder.start().await;

    let session = server.sign_up("ada@example.com").await;
    server.refresh(&session["refreshToken"]).await.expect(200);
    server.legacy_sign_up("john").await;
    let banner = server.output();
    for expected in ["auth.db", "jwt-secret.json", "outbox", "curl", "production"] {
        assert!(banner.contains(expected), "no `{expected}` in:\n{banner}");
    }
    let data = server.folder().join("data");
    for file in ["auth.db", "jwt-secret.json", "encryption-key"] {
        let mode = std::fs::metadata(data.join(file))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
}

/// Starts a server that has to fail; its error output.
async fn failure(builder: ServerBuilder) -> String {
    let output = builder.command().output().await.unwrap();
    assert!(!output.status.success(), "it started");
    let said = String::from_utf8(output.stderr).unwrap();
    let lines: Vec<_> = said.lines().collect();
    assert_eq!(lines.len(), 1, "one line, not:\n{said}");
    said
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_cannot_start_says_why_in_one_line() {
    let sqlite = Database::sqlite();
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let new = || ServerBuilder::new(&sqlite);
    let postgres = |url| {
        new()
            .unset("AUTH_SQLITE_PATH")
            .set("POSTGRES_CONNECTION", url)
            .set("AUTH_DATABASE_STARTUP_TIMEOUT", "0s")
    };

    let on_taken_port = new().set("AUTH_PORT", &port);
    let in_use = failure(on_taken_port.clone()).await;
    let no_port = failure(new().set("AUTH_PORT", "http")).await;
    let secret = failure(new().set("HASURA_GRAPHQL_JWT_SECRET", "{\"type\":\"HS256\"}")).await;
    let away = failure(postgres(
        "postgres://u:hunter2@127.0.0.1:1/x?sslmode=disable",
    ))
    .await;
    let scheme = failure(postgres("mysql://u:hunter2@127.0.0.1/x")).await;
    let sslmode = failure(postgres("postgres://u:hunter2@127.0.0.1/x?sslmode=perhaps")).await;
    let folder = failure(new().set("AUTH_SQLITE_PATH", "/proc/nowhere/auth.db")).await;
    let url = failure(new().set("AUTH_CLIENT_URL", "not a url")).await;

    assert!(
        in_use.contains(&port) && in_use.contains("AUTH_PORT"),
        "{in_use}"
    );
    let made = on_taken_port.folder().join("data");
    assert!(!made.exists(), "keys are made before the port is had");
    assert!(no_port.contains("AUTH_PORT"), "{no_port}");
    assert!(
        secret.contains("HASURA_GRAPHQL_JWT_SECRET") && secret.contains("key"),
        "{secret}"
    );
    assert!(folder.contains("/proc/nowhere"), "{folder}");
    assert!(url.contains("AUTH_CLIENT_URL"), "{url}");
    assert!(sslmode.contains("sslmode"), "{sslmode}");
    for said in [away, scheme, sslmode] {
        assert!(said.contains("POSTGRES_CONNECTION"), "{said}");
        assert!(!said.contains("hunter2"), "{said}");
    }
}

/// The problem that `config check` prints in one line.
async fn complaint(builder: &ServerBuilder) -> String {
    let output = builder.command().args(["config", "check"]).output().await;
    let output = output.unwrap();
    assert!(!output.status.success(), "it is valid");
    assert_eq!(output.stdout, b"");
    String::from_utf8(output.stderr).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_keeps_a_server_from_starting_is_found_by_the_check_and_before_anything_is_written() {
    let templates = tempfile::TempDir::new().unwrap();
    let template = templates.path().join("en/email-verify");
    std::fs::create_dir_all(&template).unwrap();
    std::fs::write(template.join("subject.txt"), "Hello ${nonsense}").unwrap();
    std::fs::write(template.join("body.html"), "x").unwrap();
    let file = template.join("body.html");
    let in_the_way = |name| file.join(name).to_str().unwrap().to_owned();
    let new = || {
        let builder = ServerBuilder::new(&Database::sqlite());
        let database = builder.folder().join("auth.db");
        builder.set("AUTH_SQLITE_PATH", database.to_str().unwrap())
    };
    let with_mail = || {
        let builder = new().set("AUTH_SMTP_HOST", "localhost");
        builder.set("AUTH_SMTP_SENDER", "auth@example.com")
    };

    for (builder, word) in [
        (
            with_mail().set("AUTH_SMTP_SENDER", "Acme"),
            "AUTH_SMTP_SENDER (the SMTP sender `Acme`",
        ),
        (
            with_mail().unset("AUTH_SMTP_SENDER"),
            "AUTH_SMTP_SENDER (there is no SMTP sender",
        ),
        (
            with_mail().set("AUTH_SMTP_CA_FILE", "/none.pem"),
            "AUTH_SMTP_CA_FILE (cannot read certificates of authorities from /none.pem",
        ),
        (
            with_mail().set("AUTH_SMTP_CLIENT_NAME", "a b"),
            "AUTH_SMTP_CLIENT_NAME (the SMTP client name `a b`",
        ),
        (
            with_mail().set("AUTH_SMTP_HOST", "a b"),
            "AUTH_SMTP_HOST (the SMTP host `a b`",
        ),
        (
            with_mail().set("AUTH_SMTP_X_SMTPAPI_HEADER", "{\"a\":\"é\"}"),
            "AUTH_SMTP_X_SMTPAPI_HEADER",
        ),
        (
            new().set("AUTH_SQLITE_PATH", &in_the_way("auth.db")),
            "AUTH_SQLITE_PATH",
        ),
        (
            new().set("AUTH_SQLITE_PATH", templates.path().to_str().unwrap()),
            "AUTH_SQLITE_PATH",
        ),
        (
            new().set("AUTH_DATA_DIR", &in_the_way("data")),
            "AUTH_DATA_DIR",
        ),
        (
            new().set(
                "AUTH_EMAIL_TEMPLATES_PATH",
                templates.path().to_str().unwrap(),
            ),
            "nonsense",
        ),
        (new().set("AUTH_EMAIL_TEMPLATES_PATH", "/none"), "/none"),
        (new().set("AUTH_HOST", "no..host"), "AUTH_HOST"),
        // RFC 5737: an address that no machine has.
        (new().set("AUTH_HOST", "192.0.2.1"), "AUTH_HOST"),
    ] {
        let checked = complaint(&builder).await;
        let started = failure(builder.clone()).await;

        assert!(checked.contains(word), "no `{word}` in {checked}");
        assert_eq!(started, checked);
        assert_eq!(
            std::fs::read_dir(builder.folder()).unwrap().count(),
            0,
            "{word}"
        );
    }
    let valid = with_mail()
        .command()
        .args(["config", "check"])
        .output()
        .await;
    let said = String::from_utf8(valid.unwrap().stdout).unwrap();
    assert!(said.contains("The configuration is valid."), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_cannot_be_used_is_found_by_the_check() {
    let builder = ServerBuilder::new(&Database::sqlite());
    let file = builder.folder().join("data/jwt-secret.json");
    std::fs::create_dir(file.parent().unwrap()).unwrap();
    std::fs::write(file, "{ this is no key").unwrap();

    let complaint = complaint(&builder).await;

    assert!(complaint.contains("no signing key"), "{complaint}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_for_the_network_needs_a_database_that_was_named_on_purpose() {
    let database = Database::sqlite();
    let new = || {
        let builder = ServerBuilder::new(&database).unset("AUTH_SQLITE_PATH");
        builder.set("AUTH_HOST", "0.0.0.0")
    };
    let url = "postgres://u:hunter2@127.0.0.1:1/x";

    for name in [
        "DATABASE_URL",
        "POSTGRES_URL",
        "PGHOST",
        "HASURA_GRAPHQL_METADATA_DATABASE_URL",
        "POSTGRES_CONECTION",
    ] {
        let builder = new().set(name, url);

        let said = failure(builder.clone()).await;

        for word in [name, "POSTGRES_CONNECTION", "AUTH_SQLITE_PATH"] {
            assert!(said.contains(word), "no `{word}` in {said}");
        }
        assert!(!said.contains("hunter2"), "{said}");
        assert_eq!(std::fs::read_dir(builder.folder()).unwrap().count(), 0);
    }
    failure(new()).await;
    // SQLite that is configured serves a network, without the defaults of the zero-setup mode.
    let server = ServerBuilder::new(&database)
        .set("AUTH_HOST", "0.0.0.0")
        .unset("AUTH_EMAIL_SIGNIN_EMAIL_VERIFIED_REQUIRED");
    let server = server.start().await;
    assert_eq!(server.get("/console").await.status, 404);
    assert_eq!(server.get("/dev/outbox").await.status, 404);
    let body = json!({ "email": "ada@example.com", "password": PASSWORD });
    let answer = server
        .post("/signup/email-password", &body)
        .await
        .expect(200);
    assert!(answer["session"].is_null(), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_leads_to_a_client_url_with_query_and_fragment() {
    for client in [
        "http://localhost:3000/#/",
        "http://localhost:3000/?",
        "http://localhost:3000/app?tab=1#/home",
    ] {
        let server = ServerBuilder::new(&Database::sqlite())
            .set("AUTH_CLIENT_URL", client)
            .start()
            .await;
        server.sign_up("ada@example.com").await;
        let ask = json!({ "email": "ada@example.com" });
        server
            .post("/user/email/send-verification-email", &ask)
            .await
            .expect(200);

        let mails = server.outbox().await.expect(200);
        let link = mails[0]["link"].as_str().unwrap();
        let (_, path) = link.split_once("http://auth.example.com").unwrap();
        let followed = server.get(path).await;

        let location = followed.header("location");
        assert!(location.contains("refreshToken="), "{client}: {location}");
        assert!(!location.contains("not-allowed"), "{client}: {location}");
    }
}

on_both_databases! {
    /// Values of deployments in use.
    async fn a_server_starts_with_what_hasura_auth_starts_with(database) {
        let server = ServerBuilder::new(&database)
            .set("AUTH_WEBAUTHN_ATTESTATION_TIMEOUT", "0")
            .set("AUTH_MFA_TOTP_ISSUER", "Acme: Dev")
            .set("AUTH_RATE_LIMIT_EMAIL_INTERVAL", "3600")
            .set("AUTH_RATE_LIMIT_MEMCACHE_SERVER", "memcached:11211")
            .set("AUTH_SMS_PROVIDER", "messagebird")
            .set("AUTH_PROVIDER_GITHUB_TOKEN_URL", "github")
            .set(
                "AUTH_ACCESS_CONTROL_ALLOWED_REDIRECT_URLS",
                "http://localhost:*,https://example.com:80??/cb,com.example.app:/oauth2redirect",
            )
            .set("AUTH_LOCALE_ALLOWED_LOCALES", "en,pt-BR,fil")
            .set("AUTH_LOCALE_DEFAULT", "en-US")
            .set("AUTH_SMTP_HOST", "localhost")
            .set("AUTH_SMTP_SENDER", "noreply@localhost")
            .set("AUTH_SMTP_PASS", "hunter2")
            .set("AUTH_API_PREFIX", "/v1/")
            .start()
            .await;
        let sign_up = async |email: &str, options: serde_json::Value| {
            let body = json!({ "email": email, "password": PASSWORD, "options": options });
            server.post("/v1/signup/email-password", &body).await
        };

        let ada = sign_up("ada@example.com", json!({})).await.expect(200);
        let grace = sign_up("grace@example.com", json!({ "locale": "pt" })).await.expect(200);
        let blank = "http://localhost:8080/x?name=Ada Lovelace";
        sign_up("joan@example.com", json!({ "redirectTo": blank })).await.expect(200);
        let evil = "http://localhost:x@evil.example";
        let refused = sign_up("eve@example.com", json!({ "redirectTo": evil })).await;

        assert_eq!(ada["session"]["user"]["locale"], "en");
        assert_eq!(grace["session"]["user"]["locale"], "pt");
        assert_eq!(refused.status, 400);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_protection_that_would_not_be_there_keeps_the_server_from_starting() {
    let database = Database::sqlite();
    let new = || ServerBuilder::new(&database);
    let short = r#"{"type":"HS256","key":"hunter2hunter2hunter2hunter2hun"}"#;
    let weak = || new().set("HASURA_GRAPHQL_JWT_SECRET", short);
    let domains = "AUTH_ACCESS_CONTROL_ALLOWED_EMAIL_DOMAINS";

    for (builder, words) in [
        (
            weak().set("AUTH_HOST", "0.0.0.0"),
            ["HASURA_GRAPHQL_JWT_SECRET", "fewer than 32 bytes"],
        ),
        (
            new().set("AUTH_DISABLE_SIGNUPS", "true"),
            ["AUTH_DISABLE_SIGNUPS", "AUTH_DISABLE_SIGNUP,"],
        ),
        (new().set(domains, " , "), [domains, "blank"]),
        (
            new().set("AUTH_TURNSTILE_SECRET", " "),
            ["AUTH_TURNSTILE_SECRET", "not blank"],
        ),
    ] {
        let said = failure(builder).await;
        for word in words {
            assert!(said.contains(word), "no `{word}` in {said}");
        }
        assert!(!said.contains("hunter2"), "{said}");
    }
    // On the loopback address, a short key is accepted, and an empty secret is reported.
    let server = weak().set("AUTH_TURNSTILE_SECRET", "").start().await;
    server.printed("AUTH_TURNSTILE_SECRET is empty").await;
    assert!(server.output().contains("fewer than 32 bytes"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_broken_or_cannot_be_read_is_named() {
    let database = Database::sqlite();
    let broken = ServerBuilder::new(&database);
    let file = broken.folder().join("data/jwt-secret.json");
    std::fs::create_dir(file.parent().unwrap()).unwrap();
    std::fs::write(file, "{ this is no key").unwrap();
    let unreadable = ServerBuilder::new(&database);
    // A folder in its place cannot be read, not even by root.
    std::fs::create_dir_all(unreadable.folder().join("data/jwt-secret.json")).unwrap();

    let broken = failure(broken).await;
    let unreadable = failure(unreadable).await;

    assert!(
        broken.contains("jwt-secret.json") && broken.contains("no signing key"),
        "{broken}"
    );
    let expected = "jwt-secret.json cannot be read or made";
    assert!(unreadable.contains(expected), "{unreadable}");
}

#[tokio::test(flavor = "multi_thread")]
async fn custom_claims_that_cannot_work_keep_the_server_from_starting() {
    let database = Database::sqlite();
    let claims = "AUTH_JWT_CUSTOM_CLAIMS";
    let url = "HASURA_GRAPHQL_GRAPHQL_URL";
    let secret = "HASURA_GRAPHQL_ADMIN_SECRET";
    let good = || {
        ServerBuilder::new(&database)
            .set(claims, r#"{"organisation-id":"profile.organisation.id"}"#)
            .set(url, "http://graphql-engine:8080/v1/graphql")
            .set(secret, "hunter2")
    };

    for (name, builder) in [
        (claims, good().set(claims, "{")),
        (claims, good().set(claims, r#"{"organisation-id":7}"#)),
        (
            "AUTH_JWT_CUSTOM_CLAIMS_DEFAULTS",
            good().set("AUTH_JWT_CUSTOM_CLAIMS_DEFAULTS", "[]"),
        ),
        (url, good().unset(url)),
        (url, good().set(url, "graphql-engine")),
        (secret, good().unset(secret)),
        (secret, good().set(secret, "hunter2\nx-hasura-role: admin")),
    ] {
        let said = failure(builder).await;
        assert!(said.contains(name), "no `{name}` in {said}");
        assert!(!said.contains("hunter2"), "{said}");
    }
    good().start().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_protection_that_is_not_built_is_not_silently_missing() {
    let database = Database::sqlite();

    let shared = "AUTH_RATE_LIMIT_MEMCACHE_SERVER";

    let builder = ServerBuilder::new(&database).set("AUTH_RATE_LIMIT_ENABLE", "true");
    let said = failure(builder.set(shared, "localhost:11211")).await;

    assert!(said.contains(shared), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_printed_link_shows_the_mails_on_this_machine() {
    let server = ServerBuilder::new(&Database::sqlite()).start().await;
    server.sign_up("ada@example.com").await;
    let ask = json!({ "email": "ada@example.com" });
    server
        .post("/user/email/send-verification-email", &ask)
        .await
        .expect(200);

    let opened = server.get(&server.outbox_link().await).await;
    let mails = server.outbox().await.expect(200);

    assert_eq!(
        (opened.status, opened.header("location")),
        (303, "/dev/outbox")
    );
    assert_eq!(opened.header("cache-control"), "no-store");
    let cookie = opened.header("set-cookie");
    assert!(cookie.starts_with("hasura-auth-outbox="), "{cookie}");
    assert!(
        cookie.ends_with("; HttpOnly; SameSite=Strict; Path=/dev/outbox"),
        "{cookie}"
    );
    let link = mails[0]["link"].as_str().unwrap();
    let (_, path) = link.split_once("http://auth.example.com").unwrap();
    let followed = server.get(path).await;
    assert_eq!(followed.status, 302);
    assert!(
        followed
            .header("location")
            .starts_with("http://localhost:3000/?refreshToken=")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn browsers_are_shown_the_outbox_as_a_page_with_the_newest_message_first() {
    let server = ServerBuilder::new(&Database::sqlite()).start().await;
    for email in ["ada@example.com", "bob@example.com"] {
        server.sign_up(email).await;
        let ask = json!({ "email": email });
        let path = "/user/email/send-verification-email";
        server.post(path, &ask).await.expect(200);
    }

    let request = server.request(reqwest::Method::GET, "/dev/outbox");
    let request = request.header("Cookie", server.outbox_cookie().await);
    let accepted = "text/html,application/xhtml+xml,*/*;q=0.8";
    let page = server.send(request.header("Accept", accepted)).await;

    assert_eq!(page.status, 200);
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    assert_eq!(page.header("cache-control"), "no-store");
    let policy = page.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'"), "{policy}");
    assert!(!policy.contains("script"), "{policy}");
    let newest = page.text.find("bob@example.com").unwrap();
    assert!(newest < page.text.find("ada@example.com").unwrap());
    let link = r#"<a href="http://auth.example.com/verify?"#;
    assert!(page.text.contains(link), "{}", page.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_landing_page_stands_in_for_an_application_and_only_then() {
    let trying = ServerBuilder::new(&Database::sqlite()).unset("AUTH_CLIENT_URL");
    let trying = trying.start().await;
    let page = trying.get("/landing").await;
    let policy = page.header("content-security-policy");
    assert!(policy.contains("script-src 'self'"), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
    for file in ["/landing/landing.js", "/landing/landing.css"] {
        assert_eq!(trying.get(file).await.status, 200, "{file}");
    }
    let asked = trying.request(reqwest::Method::GET, "/landing");
    let asked = asked.header("Origin", "https://evil.example");
    let answer = trying.send(asked).await;
    assert_eq!(answer.header("access-control-allow-origin"), "");

    let with_application = Server::on(&Database::sqlite()).await;
    assert_eq!(with_application.get("/landing").await.status, 404);
    let postgres = Server::on(&Database::postgres().await).await;
    assert_eq!(postgres.get("/landing").await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_page_no_proxy_and_no_guess_opens_the_outbox() {
    let server = ServerBuilder::new(&Database::sqlite()).start().await;
    let link = server.outbox_link().await;
    let cookie = server.outbox_cookie().await;
    let ask = async |path: &str, headers: &[(&str, &str)]| {
        let mut request = server.request(reqwest::Method::GET, path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = server.send(request).await;
        assert_eq!(answer.header("access-control-allow-origin"), "");
        assert_eq!(answer.header("set-cookie"), "");
        answer.status
    };

    for sign in [
        ("Origin", "https://evil.example"),
        ("Origin", "null"),
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Site", "same-site"),
        ("Host", "evil.example"),
        ("Via", "1.1 proxy"),
        ("Forwarded", "for=203.0.113.7"),
        ("X-Forwarded-For", "203.0.113.7"),
        ("X-Forwarded-Host", "auth.example.com"),
        ("X-Forwarded-Proto", "https"),
        ("X-Real-IP", "203.0.113.7"),
        ("CF-Connecting-IP", "203.0.113.7"),
        ("True-Client-IP", "203.0.113.7"),
    ] {
        assert_eq!(
            ask("/dev/outbox", &[sign, ("Cookie", &cookie)]).await,
            404,
            "{sign:?}"
        );
        assert_eq!(ask(&link, &[sign]).await, 404, "{sign:?}");
    }
    assert_eq!(ask("/dev/outbox", &[]).await, 403);
    assert_eq!(ask("/dev/outbox?key=", &[("Cookie", &cookie)]).await, 403);
    assert_eq!(ask(&format!("{link}x"), &[]).await, 403);
    assert_eq!(
        ask("/dev/outbox", &[("Cookie", "hasura-auth-outbox=x")]).await,
        403
    );
    let preflight = server
        .request(reqwest::Method::OPTIONS, "/dev/outbox")
        .header("Origin", "https://evil.example")
        .header("Access-Control-Request-Method", "GET");
    let preflight = server.send(preflight).await;
    assert_eq!(preflight.status, 404);
    assert_eq!(preflight.header("access-control-allow-origin"), "");
}

/// What nginx sends where nothing but `proxy_pass` is written.
#[tokio::test(flavor = "multi_thread")]
async fn a_plain_reverse_proxy_does_not_make_the_outbox_public() {
    let server = ServerBuilder::new(&Database::sqlite()).start().await;
    let cookie = server.outbox_cookie().await;
    let host = server.authority();

    let answer = server
        .exchange(&format!(
            "GET /dev/outbox HTTP/1.0\r\nHost: {host}\r\nConnection: close\r\n\
             Cookie: {cookie}\r\n\r\n"
        ))
        .await;

    assert!(answer.starts_with("HTTP/1.0 404"), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_key_of_the_outbox_is_another_one_after_each_start() {
    let database = Database::sqlite();
    let first = ServerBuilder::new(&database).start().await;
    let cookie = first.outbox_cookie().await;
    let second = ServerBuilder::new(&database).start().await;

    let request = second.request(reqwest::Method::GET, "/dev/outbox");
    let answer = second.send(request.header("Cookie", cookie)).await;

    assert_eq!(answer.status, 403);
    second.outbox().await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_asks_for_the_outbox_is_logged_with_the_key() {
    let server = ServerBuilder::new(&Database::sqlite())
        .set("AUTH_LOG_LEVEL", "debug")
        .start()
        .await;
    let link = server.outbox_link().await;

    server.get(&link).await;
    server.outbox().await.expect(200);

    server.printed("call completed").await;
    let (_, key) = link.split_once("key=").unwrap();
    assert_eq!(server.output().matches(key).count(), 1, "only in the link");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_installation_with_a_database_shows_its_mails_to_nobody() {
    let server = Server::on(&Database::postgres().await).await;

    assert_eq!(server.get("/dev/outbox").await.status, 404);
}

/// Sends a request over a connection that may stay open; the head of the answer.
async fn ask_and_stay(stream: &mut TcpStream) -> String {
    let request = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
    stream.write_all(request).await.unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"\"OK\"") {
        answer.push(within(stream.read_u8()).await.unwrap());
    }
    String::from_utf8(answer).unwrap().to_lowercase()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_without_a_request_is_kept_as_long_as_the_setting_says() {
    let database = Database::sqlite();
    let start = |keep_alive: &'static str| {
        ServerBuilder::new(&database)
            .set("AUTH_KEEP_ALIVE", keep_alive)
            .start()
    };
    let (long, short, none) = tokio::join!(start("1h"), start("1s"), start("0s"));
    let connect = async |server: &Server| TcpStream::connect(server.authority()).await.unwrap();

    let mut kept = connect(&long).await;
    ask_and_stay(&mut kept).await;
    let mut closed = connect(&short).await;
    let answer = ask_and_stay(&mut closed).await;
    assert!(!answer.contains("connection: close"), "{answer}");
    let rest = within(closed.read(&mut [0; 1])).await.unwrap();
    let mut once = connect(&none).await;
    let answer = ask_and_stay(&mut once).await;

    assert_eq!(rest, 0, "the server closes it");
    assert!(answer.contains("connection: close"), "{answer}");
    ask_and_stay(&mut kept).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_without_a_request_does_not_hold_up_the_end() {
    let mut server = Server::on(&Database::sqlite()).await;
    let mut idle = TcpStream::connect(server.authority()).await.unwrap();
    ask_and_stay(&mut idle).await;
    let begin = Instant::now();

    server.terminate();

    assert!(server.ended().await, "{}", server.output());
    let took = begin.elapsed();
    assert!(
        took < Duration::from_secs(15),
        "{took:?} of the 30 s for requests under way"
    );
}
