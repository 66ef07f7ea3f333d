//! Apple, whose callback is a form post and whose profile is an ID token.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::support::{
    Browser, Database, Issuer, ServerBuilder, WebService, ec_key, now, on_both_databases,
    parameter, pem,
};

const SIGN_IN: &str = "/signin/provider/apple";

/// The token endpoint, which answers the ID token that the test put there.
struct Exchange {
    service: WebService,
    token: Arc<Mutex<String>>,
}

impl Exchange {
    async fn start() -> Self {
        let token = Arc::new(Mutex::new(String::new()));
        let laid_down = Arc::clone(&token);
        let service = WebService::start(move |_| {
            let token = laid_down.lock().unwrap().clone();
            (
                200,
                json!({ "access_token": "t", "id_token": token }).to_string(),
            )
        });
        Self {
            service: service.await,
            token,
        }
    }

    fn server(&self, apple: &Issuer, database: &Database) -> ServerBuilder {
        let (_, key) = ec_key();
        // As it fits into a variable.
        let key = pem("PRIVATE KEY", &key).replace('\n', "\\n");
        apple
            .server(database)
            .set("AUTH_SERVER_URL", "https://auth.example.com")
            .set("AUTH_PROVIDER_APPLE_ENABLED", "true")
            .set("AUTH_PROVIDER_APPLE_CLIENT_ID", "com.example.web")
            .set("AUTH_PROVIDER_APPLE_TEAM_ID", "TEAM")
            .set("AUTH_PROVIDER_APPLE_KEY_ID", "KEY")
            .set("AUTH_PROVIDER_APPLE_PRIVATE_KEY", &key)
            .set(
                "AUTH_PROVIDER_APPLE_TOKEN_URL",
                &format!("{}/token", self.service.url()),
            )
    }
}

fn claims(nonce: Option<&str>) -> Value {
    json!({
        "iss": "https://appleid.apple.com", "aud": "com.example.web", "sub": "001.ada",
        "email": "ada@example.com", "email_verified": "true", "nonce": nonce,
        "iat": now(), "exp": now() + 600,
    })
}

on_both_databases! {
    async fn somebody_comes_back_with_a_form_and_their_name(database) {
        let apple = Issuer::start().await;
        let exchange = Exchange::start().await;
        let server = exchange.server(&apple, &database).start().await;
        let browser = Browser::default();

        let sent = browser.get(&server, SIGN_IN).await.location();
        *exchange.token.lock().unwrap() = apple.token(&claims(parameter(&sent, "nonce").as_deref()));
        let state = parameter(&sent, "state").unwrap();
        let user = "%7B%22name%22%3A%7B%22firstName%22%3A%22Ada%22%2C%22lastName%22%3A%22L%22%7D%7D";
        let form = format!("state={state}&code=c&id_token=ignored&user={user}");
        let answer = browser.post(&server, &format!("{SIGN_IN}/callback"), &form).await;

        assert_eq!(sent.host_str(), Some("appleid.apple.com"));
        assert_eq!(parameter(&sent, "response_mode").as_deref(), Some("form_post"));
        let token = json!(parameter(&answer.location(), "refreshToken").unwrap());
        let user = server.refresh(&token).await.expect(200)["user"].clone();
        assert_eq!(user["email"], "ada@example.com");
        assert_eq!(user["emailVerified"], true);
        assert_eq!(user["displayName"], "Ada L");
        let proof = &exchange.service.received()[0].body;
        assert!(proof.contains("client_secret=ey"), "{proof}");
    }

    async fn an_id_token_of_another_flow_signs_nobody_in(database) {
        let apple = Issuer::start().await;
        let exchange = Exchange::start().await;
        let server = exchange.server(&apple, &database).start().await;

        for nonce in [None, Some("another")] {
            let browser = Browser::default();
            let sent = browser.get(&server, SIGN_IN).await.location();
            *exchange.token.lock().unwrap() = apple.token(&claims(nonce));
            let form = format!("state={}&code=c", parameter(&sent, "state").unwrap());
            let answer = browser.post(&server, &format!("{SIGN_IN}/callback"), &form).await;

            let error = parameter(&answer.location(), "error");
            assert_eq!(error.as_deref(), Some("oauth-profile-fetch-failed"));
        }
        assert_eq!(database.count("SELECT count(*) AS count FROM auth.users").await, 0);
    }
}
