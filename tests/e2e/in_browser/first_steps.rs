//! The zero-setup mode in a browser, before there is an application.

use serde_json::json;

use super::browser::{Browser, Page};
use crate::support::{Database, PASSWORD, Server, ServerBuilder};

const ADA: &str = "ada@example.com";
const HOST: &str = "auth.example.com";

/// A server without an application, and a browser that uses its public host name.
async fn trying() -> (Server, Browser) {
    let server = ServerBuilder::new(&Database::sqlite())
        .unset("AUTH_CLIENT_URL")
        .set("AUTH_EMAIL_PASSWORDLESS_ENABLED", "true")
        .start()
        .await;
    let browser = Browser::start_where(HOST, server.authority()).await;
    (server, browser)
}

/// Opens the outbox by its printed link, and the link of the newest mail in it.
async fn follow_newest(server: &Server, browser: &Browser) -> Page {
    let port = server.authority().split_once(':').unwrap().1;
    let outbox = server.outbox_link().await;
    let page = browser
        .open(&format!("http://localhost:{port}{outbox}"))
        .await;
    page.shows("article:first-of-type iframe", 1).await;
    let address = page.run("location.href".to_owned()).await;
    assert!(!address.as_str().unwrap().contains("key="), "{address}");
    let link = "document.querySelector('article a').href".to_owned();
    let link = page.run(link).await;
    browser.open(link.as_str().unwrap()).await
}

/// Waits for a headline of the landing page, whose URL holds no token any more.
async fn landed(page: &Page, headline: &str) {
    page.says("h1", headline).await;
    let address = page.run("location.href".to_owned()).await;
    assert_eq!(address, json!(format!("http://{HOST}/landing")));
    assert_eq!(page.complaints(), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_of_the_outbox_leads_to_the_session() {
    let (server, browser) = trying().await;
    let body = json!({ "email": ADA });
    server
        .post("/signin/passwordless/email", &body)
        .await
        .expect(200);

    let page = follow_newest(&server, &browser).await;

    landed(&page, "Signed in by a link").await;
    let user = page.text("#user").await;
    assert!(user.contains(ADA), "{user}");
    let claims = page.text("#claims").await;
    assert!(claims.contains("x-hasura-user-id"), "{claims}");
    browser.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_password_can_be_chosen_after_a_link_for_that() {
    let (server, browser) = trying().await;
    server.sign_up(ADA).await;
    let body = json!({ "email": ADA });
    server.post("/user/password/reset", &body).await.expect(200);

    let page = follow_newest(&server, &browser).await;
    landed(&page, "Choose a new password").await;
    page.write("#new-password", "another horse battery").await;
    page.click("#password button").await;

    landed(&page, "The password is set").await;
    server
        .sign_in(ADA, "another horse battery")
        .await
        .expect(200);
    server.sign_in(ADA, PASSWORD).await.expect(401);
    browser.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_is_used_up_says_so() {
    let (server, browser) = trying().await;
    let body = json!({ "email": ADA });
    server
        .post("/signin/passwordless/email", &body)
        .await
        .expect(200);
    let first = follow_newest(&server, &browser).await;
    landed(&first, "Signed in by a link").await;

    let page = follow_newest(&server, &browser).await;

    landed(&page, "That did not work").await;
    page.says("main", "invalid-ticket").await;
    browser.end().await;
}
