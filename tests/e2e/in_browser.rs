//! A real browser: the API console at `/console`, passkeys, identity providers.

mod browser;
mod first_steps;
mod passkeys;
mod social;

use serde_json::{Value, json};

use self::browser::Browser;
use crate::support::{Database, Server, ServerBuilder, WebService};

/// How many operations the document of a server describes.
fn count_operations(document: &Value) -> usize {
    let paths = document["paths"].as_object().unwrap().values();
    paths.map(|item| item.as_object().unwrap().len()).sum()
}

/// Uses the console of a server behind `prefix` as a developer does.
async fn try_the_console(server: &Server, prefix: &str) {
    let document = server.get(&format!("{prefix}/openapi.json")).await;
    let operations = count_operations(&document.expect(200));
    let browser = Browser::start().await;
    let page = browser
        .open(&format!("http://{}{prefix}/console", server.authority()))
        .await;

    page.shows(".opblock", operations).await;
    page.click("[id$='-getHealthz'] .opblock-summary-control")
        .await;
    page.click(".opblock.is-open .execute").await;
    let answer = ".opblock.is-open .live-responses-table";
    page.shows(answer, 1).await;

    let told = page.text(answer).await;
    assert!(told.contains("200"), "{told}");
    assert!(told.contains("\"OK\""), "{told}");
    let requests = page.requests();
    let own = format!("http://{}{prefix}/", server.authority());
    assert!(requests.contains(&format!("{own}healthz")), "{requests:?}");
    // Images inside style sheets are no requests.
    let is_own = |it: &String| it.starts_with(&own) || it.starts_with("data:");
    assert!(requests.iter().all(is_own), "{requests:?}");
    assert_eq!(page.complaints(), [""; 0]);
    browser.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_console_shows_every_operation_and_asks_nobody_but_its_own_server() {
    // The server's public name differs from the one that the browser uses.
    let server = Server::on(&Database::sqlite()).await;

    try_the_console(&server, "").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_console_works_behind_a_prefix() {
    let server = ServerBuilder::new(&Database::sqlite())
        .set("AUTH_API_PREFIX", "/api/auth")
        .start()
        .await;

    try_the_console(&server, "/api/auth").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_may_sign_up_in_the_console() {
    let server = Server::on(&Database::sqlite()).await;
    let browser = Browser::start().await;
    let page = browser
        .open(&format!("http://{}/console", server.authority()))
        .await;
    let body = json!({ "email": "ada@example.com", "password": "correct horse" });

    page.click("[id$='-postSignupEmailPassword'] .opblock-summary-control")
        .await;
    page.write(".opblock.is-open textarea", &body.to_string())
        .await;
    page.click(".opblock.is-open .execute").await;
    page.shows(".opblock.is-open .live-responses-table", 1)
        .await;

    let told = page.text(".opblock.is-open .live-responses-table").await;
    assert!(told.contains("accessToken"), "{told}");
    server
        .sign_in("ada@example.com", "correct horse")
        .await
        .expect(200);
    assert_eq!(page.complaints(), [""; 0]);
    browser.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_cannot_ask_anybody_else_even_if_it_wanted_to() {
    let server = Server::on(&Database::sqlite()).await;
    let elsewhere = WebService::start(|_| (200, String::new())).await;
    let browser = Browser::start().await;
    let page = browser
        .open(&format!("http://{}/console", server.authority()))
        .await;

    let outcome = page.ask(elsewhere.url()).await;

    assert_eq!(outcome, "refused");
    page.complains_of("Content Security Policy").await;
    assert!(elsewhere.received().is_empty());
    browser.end().await;
}
