//! Signing in with an OpenID provider in a real browser, which keeps cookies by its own rules.

use reqwest::Url;
use serde_json::json;

use super::browser::{Browser, Page};
use crate::{
    support::{Database, Server, WebService, parameter},
    through_openid,
};

const SIGN_IN: &str = "http://auth.example.com/signin/provider/c:panva";

/// A server at the address that the provider knows, and an application.
struct Setting {
    server: Server,
    application: WebService,
}

impl Setting {
    async fn new() -> Self {
        let application = WebService::start(|_| (200, "<h1>Welcome</h1>".to_owned())).await;
        let server = through_openid::server(&Database::sqlite())
            .set("AUTH_CLIENT_URL", application.url())
            .start()
            .await;
        Self {
            server,
            application,
        }
    }

    async fn browser(&self) -> Browser {
        Browser::start_where("auth.example.com", self.server.authority()).await
    }

    /// Waits until the browser is back at the application; the URL.
    async fn back(&self, page: &Page) -> Url {
        page.shows("h1", 1).await;
        let place = page.run("location.href".to_owned()).await;
        let url = Url::parse(place.as_str().unwrap()).unwrap();
        assert!(url.as_str().starts_with(self.application.url()), "{url}");
        url
    }
}

/// Signs in at the provider, up to the page that asks for consent.
async fn sign_in(page: &Page, name: &str) {
    page.shows("[name=login]", 1).await;
    let fill = format!(
        "document.querySelector('[name=login]').value = '{name}'; \
         document.querySelector('[name=password]').value = 'x'; \
         document.querySelector('form').submit(); true"
    );
    page.run(fill).await;
    page.shows("[name=prompt][value=consent]", 1).await;
}

async fn consent(page: &Page) {
    let submit = "document.querySelector('form').submit(); true";
    page.run(submit.to_owned()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_signs_in_at_the_provider_and_comes_back() {
    let setting = Setting::new().await;
    let browser = setting.browser().await;

    let page = browser.open(SIGN_IN).await;
    sign_in(&page, "ada").await;
    consent(&page).await;
    let url = setting.back(&page).await;

    let token = json!(parameter(&url, "refreshToken").unwrap());
    let session = setting.server.refresh(&token).await.expect(200);
    assert_eq!(session["user"]["email"], "ada@example.com");
    browser.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_browser_began_another_cannot_end() {
    let setting = Setting::new().await;
    // Login CSRF: the attacker's browser stops at the provider, before the callback.
    let attacker = Browser::start_where("auth.example.com", "~NOTFOUND").await;
    let sign_in_here = format!(
        "http://{}/signin/provider/c:panva",
        setting.server.authority()
    );
    let page = attacker.open(&sign_in_here).await;
    sign_in(&page, "eve").await;
    consent(&page).await;
    let link = page.asked_for("http://auth.example.com/").await;

    let victim = setting.browser().await;
    let url = setting.back(&victim.open(&link).await).await;

    assert_eq!(parameter(&url, "error").as_deref(), Some("invalid-state"));
    assert_eq!(parameter(&url, "refreshToken"), None);
    attacker.end().await;
    victim.end().await;
}
