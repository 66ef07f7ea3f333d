//! Passkeys of a real browser, used by a page of another origin than the server's.

use serde_json::{Value, json};

use super::browser::{Browser, Page};
use crate::support::{Database, Server, ServerBuilder, WebService};

/// The application: the minimum that uses passkeys.
const APPLICATION: &str = include_str!("passkeys.html");

/// A server, an application on another origin, and a user with an authenticator.
struct Setting {
    server: Server,
    browser: Browser,
    page: Page,
    _application: WebService,
}

impl Setting {
    async fn new() -> Self {
        let application = WebService::start(|_| (200, APPLICATION.to_owned())).await;
        // Browsers treat this name as secure, and keys are bound to names.
        let origin = application.url().replace("127.0.0.1", "localhost");
        let server = ServerBuilder::new(&Database::sqlite())
            .set("AUTH_CLIENT_URL", &origin)
            .set("AUTH_WEBAUTHN_ENABLED", "true")
            .set("AUTH_REQUIRE_ELEVATED_CLAIM", "recommended")
            .start()
            .await;
        let browser = Browser::start().await;
        let page = browser
            .open(&format!("{origin}/?http://{}", server.authority()))
            .await;
        page.plug_in_authenticator().await;
        Self {
            server,
            browser,
            page,
            _application: application,
        }
    }

    /// The result of a function of the application.
    async fn call(&self, function: &str, arguments: &[Value]) -> Value {
        let arguments = Value::from(arguments).to_string();
        let script = format!(
            "{function}(...{arguments}).then(it => it, error => ({{ failed: `${{error}}` }}))"
        );
        self.page.run(script).await
    }

    async fn session(&self, function: &str, arguments: &[Value]) -> Value {
        let answer = self.call(function, arguments).await;
        assert!(
            answer["session"]["accessToken"].is_string(),
            "{function}: {answer}"
        );
        answer["session"].clone()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_signs_up_and_in_and_elevates_with_a_passkey() {
    let setting = Setting::new().await;

    let signed_up = setting.session("signUp", &[json!("ada@example.com")]).await;
    let body = json!({ "refreshToken": signed_up["refreshToken"] });
    setting.server.post("/signout", &body).await.expect(200);
    let signed_in = setting.session("signIn", &[json!({})]).await;
    let token = &signed_in["accessToken"];
    let elevated = setting
        .session("elevate", std::slice::from_ref(token))
        .await;

    assert_eq!(signed_in["user"]["id"], signed_up["user"]["id"]);
    assert_eq!(elevated["user"]["id"], signed_up["user"]["id"]);
    let pat = json!({ "expiresAt": "2099-01-01T00:00:00Z" });
    for (session, status) in [(&signed_in, 400), (&elevated, 200)] {
        let token = session["accessToken"].as_str().unwrap();
        setting
            .server
            .post_as(token, "/pat", &pat)
            .await
            .expect(status);
    }
    setting.browser.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_with_a_password_adds_a_passkey_and_no_second_one_on_the_same_device() {
    let setting = Setting::new().await;
    let session = setting.server.sign_up("ada@example.com").await;

    let added = setting
        .call("add", &[session["accessToken"].clone(), json!("Laptop")])
        .await;
    let by_address = setting
        .session("signIn", &[json!({ "email": "ada@example.com" })])
        .await;
    let token = setting
        .session("elevate", &[by_address["accessToken"].clone()])
        .await["accessToken"]
        .clone();
    let again = setting.call("add", &[token, json!("Laptop")]).await;

    assert_eq!(added["nickname"], "Laptop", "{added}");
    assert_eq!(by_address["user"]["id"], session["user"]["id"]);
    let refusal = again["failed"].as_str().unwrap_or_default();
    assert!(refusal.starts_with("InvalidStateError"), "{again}");
    setting.browser.end().await;
}
