//! The OpenAPI description at `/openapi.json`, compared with the server's real answers.

use jsonschema::{Draft, Validator};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::support::{
    Answer, Authenticator, Database, PASSWORD, Server, ServerBuilder, legacy_credentials,
    on_both_databases,
};

/// A server and its description.
struct Described {
    server: Server,
    document: Value,
}

impl Described {
    async fn start(builder: ServerBuilder) -> Self {
        let server = builder.start().await;
        let document = server.get("/openapi.json").await.expect(200);
        Self { server, document }
    }

    /// Sends a request and checks that its answer is documented.
    async fn send(
        &self,
        method: Method,
        path: &str,
        fill: impl Fn(RequestBuilder) -> RequestBuilder,
    ) -> Answer {
        let answer = self
            .server
            .send(fill(self.server.request(method.clone(), path)))
            .await;
        let described = self.described(&method, path, answer.status);
        assert!(
            answer
                .header("content-type")
                .starts_with("application/json"),
            "{path}: {answer:?}"
        );
        let errors: Vec<_> = described
            .iter_errors(&answer.json())
            .map(|error| format!("{error} at {}", error.instance_path()))
            .collect();
        assert!(
            errors.is_empty(),
            "{method} {path}: {errors:?} in {}",
            answer.text
        );
        answer
    }

    async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::POST, path, |it| it.json(body)).await
    }

    async fn post_as(&self, bearer: &str, path: &str, body: &Value) -> Answer {
        self.send(Method::POST, path, |it| it.bearer_auth(bearer).json(body))
            .await
    }

    async fn get_as(&self, bearer: &str, path: &str) -> Answer {
        self.send(Method::GET, path, |it| it.bearer_auth(bearer))
            .await
    }

    /// The schema for the body of such an answer.
    fn described(&self, method: &Method, path: &str, status: u16) -> Validator {
        let method = method.as_str().to_lowercase();
        let answers = &self.document["paths"][path][&method]["responses"];
        let mut schema =
            answers[status.to_string()]["content"]["application/json"]["schema"].clone();
        assert!(
            schema.is_object(),
            "{method} {path} is not said to answer {status}"
        );
        // References are paths into the document's components.
        schema["components"] = self.document["components"].clone();
        jsonschema::options()
            .with_draft(Draft::Draft202012)
            .should_validate_formats(true)
            .build(&schema)
            .unwrap()
    }
}

on_both_databases! {
    async fn what_the_server_answers_is_what_it_says_it_answers(database) {
        let api = Described::start(ServerBuilder::new(&database)).await;
        let email_password = json!({ "email": "ada@example.com", "password": PASSWORD });

        api.send(Method::GET, "/healthz", |it| it).await.expect(200);
        api.send(Method::GET, "/readyz", |it| it).await.expect(200);
        api.send(Method::GET, "/version", |it| it).await.expect(200);
        api.send(Method::GET, "/.well-known/jwks.json", |it| it).await.expect(200);
        let session = api.post("/signup/email-password", &email_password).await.expect(200);
        let session = &session["session"];
        let token = session["accessToken"].as_str().unwrap();
        api.get_as(token, "/user").await.expect(200);
        api.post_as(token, "/token/verify", &json!({})).await.expect(200);
        let refreshed = api.post("/token", &json!({ "refreshToken": session["refreshToken"] })).await;
        let pat = json!({ "expiresAt": "2100-01-01T00:00:00Z", "metadata": { "name": "ci" } });
        let pat = api.post_as(token, "/pat", &pat).await.expect(200);
        let pat = json!({ "personalAccessToken": pat["personalAccessToken"] });
        api.post("/signin/pat", &pat).await.expect(200);
        let refresh_token = &refreshed.expect(200)["refreshToken"];
        api.post("/signout", &json!({ "refreshToken": refresh_token })).await.expect(200);
    }

    async fn errors_are_announced_too(database) {
        let api = Described::start(ServerBuilder::new(&database)).await;
        let known = json!({ "email": "ada@example.com", "password": PASSWORD });
        let wrong = json!({ "email": "ada@example.com", "password": "wrong horse" });
        let id = "8c3e1f2a-0b4d-4c5e-9f60-a1b2c3d4e5f6";

        api.post("/signup/email-password", &known).await.expect(200);
        api.post("/signup/email-password", &known).await.expect(409);
        api.post("/signup/email-password", &json!({})).await.expect(400);
        api.post("/signin/email-password", &wrong).await.expect(401);
        api.post("/signin/anonymous", &json!({})).await.expect(409);
        api.post("/token", &json!({ "refreshToken": id })).await.expect(401);
        api.send(Method::GET, "/user", |it| it).await.expect(400);
        api.send(Method::GET, "/verify", |it| it).await.expect(400);
        let large = "x".repeat(70_000);
        api.post("/signin/email-password", &json!({ "email": large })).await.expect(413);
        api.post("/v1/login", &legacy_credentials("nobody", PASSWORD)).await.expect(400);
        api.send(Method::GET, "/v1/user/info", |it| it).await.expect(401);
    }

    async fn a_second_factor_is_asked_for_as_announced(database) {
        let builder = ServerBuilder::new(&database).with_mfa();
        let api = Described::start(builder).await;
        let email_password = json!({ "email": "ada@example.com", "password": PASSWORD });
        let session = api.post("/signup/email-password", &email_password).await.expect(200);
        let token = session["session"]["accessToken"].as_str().unwrap();

        let enrolment = api.get_as(token, "/mfa/totp/generate").await.expect(200);
        let app = Authenticator::new(enrolment["totpSecret"].as_str().unwrap());
        let on = json!({ "code": app.code(), "activeMfaType": "totp" });
        api.post_as(token, "/user/mfa", &on).await.expect(200);
        let challenge = api.post("/signin/email-password", &email_password).await.expect(200);

        assert!(challenge["mfa"]["ticket"].is_string());
        assert_eq!(challenge.get("session"), None);
        let guess = json!({ "ticket": challenge["mfa"]["ticket"], "otp": "not a code" });
        api.post("/signin/mfa/totp", &guess).await.expect(401);
    }

    async fn the_legacy_api_answers_what_it_says(database) {
        let api = Described::start(ServerBuilder::new(&database)).await;
        let credentials = legacy_credentials("john", PASSWORD);

        api.post("/v1/signup", &credentials).await.expect(200);
        let john = api.post("/v1/login", &credentials).await.expect(200);
        let token = john["auth_token"].as_str().unwrap();
        api.get_as(token, "/v1/user/info").await.expect(200);
        api.post_as(token, "/v1/user/logout", &json!({})).await.expect(200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_description_says_where_the_server_is_reached() {
    let server = ServerBuilder::new(&Database::sqlite())
        .set("AUTH_API_PREFIX", "/auth")
        .set("AUTH_SERVER_URL", "https://example.com/auth")
        .start()
        .await;

    let document = server.get("/auth/openapi.json").await.expect(200);

    assert_eq!(document["openapi"], "3.1.0");
    assert_eq!(document["info"]["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(document["servers"][0]["url"], "..");
    assert_eq!(document["servers"][1]["url"], "https://example.com");
    assert!(document["paths"]["/auth/user"]["get"].is_object());
    assert!(document["paths"]["/v1/login"]["post"].is_object());
    assert_eq!(server.get("/openapi.json").await.status, 404);
}
