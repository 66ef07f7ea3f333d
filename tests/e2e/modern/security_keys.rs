//! Security keys: `/signup/webauthn`, `/signin/webauthn`, `/elevate/webauthn`, `/user/webauthn/…`

mod adding;
mod adoption;
mod ceremonies;
mod elevating;
mod rows;
mod signing_in;
mod signing_up;

use serde_json::{Value, json};

use crate::support::{Answer, Database, SecurityKey, Server, ServerBuilder};

const EMAIL: &str = "ada@example.com";

fn with_keys(database: &Database) -> ServerBuilder {
    ServerBuilder::new(database).set("AUTH_WEBAUTHN_ENABLED", "true")
}

/// A user who has just signed up with a key.
struct Owner {
    session: Value,
    key: SecurityKey,
}

impl Owner {
    fn token(&self) -> &str {
        self.session["accessToken"].as_str().unwrap()
    }
}

#[track_caller]
fn expect_invalid(answer: &Answer) {
    answer.expect_error(400, "invalid-request", "The request payload is incorrect");
}

#[track_caller]
fn session_of(answer: &Answer) -> Value {
    let body = answer.expect(200);
    assert!(body["session"]["accessToken"].is_string(), "{body}");
    body["session"].clone()
}

impl Server {
    async fn creation_options(&self, email: &str) -> Value {
        let body = json!({ "email": email });
        self.post("/signup/webauthn", &body).await.expect(200)
    }

    async fn request_options(&self) -> Value {
        self.post("/signin/webauthn", &json!({})).await.expect(200)
    }

    async fn sign_up_verify(&self, credential: &Value) -> Answer {
        let body = json!({ "credential": credential });
        self.post("/signup/webauthn/verify", &body).await
    }

    async fn sign_in_verify(&self, credential: &Value) -> Answer {
        let body = json!({ "credential": credential });
        self.post("/signin/webauthn/verify", &body).await
    }

    async fn elevate_verify(&self, token: &str, credential: &Value) -> Answer {
        let body = json!({ "credential": credential });
        self.post_as(token, "/elevate/webauthn/verify", &body).await
    }

    async fn add_verify(&self, token: &str, credential: &Value) -> Answer {
        let body = json!({ "credential": credential });
        self.post_as(token, "/user/webauthn/verify", &body).await
    }

    /// A new user with a key.
    async fn owner(&self, email: &str) -> Owner {
        let options = self.creation_options(email).await;
        let key = SecurityKey::new(&options);
        let answer = self.sign_up_verify(&key.attest(&options)).await;
        Owner {
            session: session_of(&answer),
            key,
        }
    }

    /// A further key of the user of this token.
    async fn added_key(&self, token: &str) -> SecurityKey {
        let options = self
            .post_as(token, "/user/webauthn/add", &json!({}))
            .await
            .expect(200);
        let key = SecurityKey::new(&options);
        self.add_verify(token, &key.attest(&options))
            .await
            .expect(200);
        key
    }

    /// The answer to a sign-in with this key.
    async fn sign_in_with_key(&self, key: &mut SecurityKey) -> Answer {
        let options = self.request_options().await;
        self.sign_in_verify(&key.sign(&options)).await
    }
}

impl Database {
    async fn keys(&self) -> i64 {
        self.count("SELECT count(*) AS count FROM auth.user_security_keys")
            .await
    }

    async fn users(&self) -> i64 {
        self.count("SELECT count(*) AS count FROM auth.users").await
    }

    /// The only signature counter there is.
    async fn sign_count(&self) -> i64 {
        self.count("SELECT counter AS count FROM auth.user_security_keys")
            .await
    }
}
