//! The HTTP layer alone, over a store in memory: what no end-to-end test can provoke.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use actix_web::{
    HttpServer,
    http::{Method, StatusCode},
    web::Data,
};
use async_trait::async_trait;
use auth_domain::{
    limits::{ClientNetwork, Limiter, RateLimit},
    ports::{HasherError, PasswordHasher, Store, UserLookup},
    testing::{self, FixedClock, PlainHasher},
    user::{EmailAddress, HashedPassword, PlainPassword, Role},
};
use http_api::{
    ApiSettings, AppState, Compat, LegacySettings, RequestLimits, SameSiteRule, TrustedProxies,
};
use serde_json::{Value, json};
use store_testkit::MemoryStore;
use tokio::{io::AsyncWriteExt, net::TcpStream, runtime::Handle, sync::Notify};

fn state(store: Arc<dyn Store>, hasher: Arc<dyn PasswordHasher>) -> Data<AppState> {
    Data::new(state_with(store, hasher, Compat::default()))
}

fn state_with(store: Arc<dyn Store>, hasher: Arc<dyn PasswordHasher>, compat: Compat) -> AppState {
    let dependencies = testing::dependencies(store, hasher);
    let settings = ApiSettings {
        prefix: String::new(),
        conceal_errors: false,
        confirm_links: false,
        version: "test".to_owned(),
        server_url: None,
        trusted_proxies: TrustedProxies::default(),
        compat,
        console: false,
        landing: false,
        change_env: false,
        legacy: LegacySettings {
            cookie_name: "sid".to_owned(),
            cookie_domain: None,
            cookie_secure: true,
            cookie_same_site: SameSiteRule::Lax,
            session_age: Duration::from_mins(1),
        },
    };
    AppState::new(dependencies.open_prepared(), settings, Handle::current())
}

/// A hasher that says when it was asked and answers when it is told to.
#[derive(Default)]
struct WaitingHasher {
    asked: Notify,
    go_on: Notify,
    done: AtomicBool,
}

#[async_trait]
impl PasswordHasher for WaitingHasher {
    async fn hash(
        &self,
        password: &PlainPassword,
        client: ClientNetwork,
    ) -> Result<HashedPassword, HasherError> {
        self.asked.notify_one();
        self.go_on.notified().await;
        self.done.store(true, Ordering::SeqCst);
        PlainHasher::default().hash(password, client).await
    }

    async fn verify(
        &self,
        _: &PlainPassword,
        _: &HashedPassword,
        _: ClientNetwork,
    ) -> Result<bool, HasherError> {
        panic!("provoked by a test");
    }

    async fn verify_dummy(&self, _: &PlainPassword, _: ClientNetwork) -> Result<(), HasherError> {
        panic!("provoked by a test");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_endpoint_of_the_document_is_served() {
    let state = state(
        Arc::new(MemoryStore::default()),
        Arc::new(PlainHasher::default()),
    );
    let (_server, client) = serve(&state);
    let head = "GET /openapi.json HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    let answer = exchange(&client, head.as_bytes()).await;
    let (_, document) = answer.split_once("\r\n\r\n").unwrap();
    let document: Value = serde_json::from_str(document).unwrap();
    let paths = document["paths"].as_object().unwrap();
    assert!(paths.len() > 60, "{}", paths.len());

    for (path, item) in paths {
        for method in item.as_object().unwrap().keys() {
            let name = method.to_uppercase();
            let method = Method::from_bytes(name.as_bytes()).unwrap();
            let status = status_of(&client, &method, path).await;
            assert_ne!(status, StatusCode::NOT_FOUND, "{name} {path}");
        }
    }
    assert_eq!(
        status_of(&client, &Method::GET, "/token").await,
        StatusCode::NOT_FOUND
    );
}

/// Starts a server on a free port; its handle and its address.
fn serve(state: &Data<AppState>) -> (actix_web::dev::ServerHandle, String) {
    let state = state.clone();
    let server = HttpServer::new(move || http_api::app(&state, None))
        .workers(1)
        .disable_signals()
        .bind("127.0.0.1:0")
        .unwrap();
    let address = server.addrs()[0].to_string();
    let server = server.run();
    let handle = server.handle();
    tokio::spawn(server);
    (handle, address)
}

async fn status_of(address: &str, method: &Method, path: &str) -> StatusCode {
    let head = format!("{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    let answer = exchange(address, head.as_bytes()).await;
    let code = answer.split(' ').nth(1).unwrap();
    code.parse().unwrap()
}

async fn exchange(address: &str, bytes: &[u8]) -> String {
    use tokio::io::AsyncReadExt;

    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

fn post(path: &str, body: &serde_json::Value) -> Vec<u8> {
    let body = body.to_string();
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    [head.into_bytes(), body.into_bytes()].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn work_whose_client_hung_up_is_carried_out_to_its_end() {
    let store = Arc::new(MemoryStore::default());
    let hasher = Arc::new(WaitingHasher::default());
    let state = state(Arc::clone(&store) as _, Arc::clone(&hasher) as _);
    let (_server, address) = serve(&state);
    let body = json!({ "email": "ada@example.com", "password": "correct horse" });

    let mut stream = TcpStream::connect(&address).await.unwrap();
    stream
        .write_all(&post("/signup/email-password", &body))
        .await
        .unwrap();
    hasher.asked.notified().await;
    stream.set_zero_linger().unwrap();
    drop(stream);
    // The server notices the reset before it answers a connection opened afterwards.
    exchange(
        &address,
        b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    )
    .await;
    assert!(!hasher.done.load(Ordering::SeqCst));
    hasher.go_on.notify_one();

    let email = EmailAddress::parse("ada@example.com").unwrap();
    let user = loop {
        if let Some(user) = store.find_user(UserLookup::Email(&email)).await.unwrap() {
            break user;
        }
        tokio::task::yield_now().await;
    };
    assert!(user.has_role(&Role::user()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_in_the_domain_is_a_500_of_each_generation_and_ends_nothing_else() {
    let hasher = Arc::new(WaitingHasher::default());
    let state = state(Arc::new(MemoryStore::default()), hasher);
    let (_server, address) = serve(&state);
    let modern = json!({ "email": "ada@example.com", "password": "correct horse" });
    let legacy = json!({
        "provider": "username",
        "data": { "username": "john", "password": "correct horse" },
    });

    let modern = exchange(&address, &post("/signin/email-password", &modern)).await;
    let legacy = exchange(&address, &post("/v1/login", &legacy)).await;

    assert!(modern.starts_with("HTTP/1.1 500"), "{modern}");
    assert!(
        modern.contains(r#""error":"internal-server-error""#),
        "{modern}"
    );
    assert!(legacy.starts_with("HTTP/1.1 500"), "{legacy}");
    assert!(legacy.contains(r#""code":"unexpected-state""#), "{legacy}");
    assert!(!modern.contains("provoked") && !legacy.contains("provoked"));
    assert_eq!(
        status_of(&address, &Method::GET, "/healthz").await,
        StatusCode::OK
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_too_many_is_refused_in_the_form_of_version_and_generation() {
    let one = RateLimit::new(1, Duration::from_hours(1));
    let limits = RequestLimits {
        global: one,
        email: one,
        email_is_global: false,
        sign_up_sends_mail: false,
        sms: one,
        brute_force: one,
        sign_ups: one,
        oauth2_server: one,
    };

    for (compat, modern) in [
        (Compat::V0_42, ""),
        (Compat::Latest, r#""error":"too-many-requests""#),
    ] {
        let state = state_with(
            Arc::new(MemoryStore::default()),
            Arc::new(PlainHasher::default()),
            compat,
        );
        let limiter = Limiter::new(Arc::new(FixedClock::default()));
        let state = Data::new(state.with_request_limits(limiter, limits.clone()));
        let (_server, address) = serve(&state);
        exchange(&address, &post("/token", &json!({}))).await;

        for (path, body) in [
            ("/token", modern),
            ("/v1/login", r#""code":"too-many-requests""#),
        ] {
            let answer = exchange(&address, &post(path, &json!({}))).await;
            let (head, text) = answer.split_once("\r\n\r\n").unwrap();
            assert!(head.starts_with("HTTP/1.1 429"), "{answer}");
            assert!(head.contains("retry-after: "), "{answer}");
            assert_eq!(head.contains("content-type"), !body.is_empty(), "{answer}");
            assert!(text.contains(body), "{answer}");
            assert_eq!(text.is_empty(), body.is_empty(), "{answer}");
        }
    }
}
