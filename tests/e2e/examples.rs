//! The examples in the OpenAPI description, sent unchanged to a fresh server.

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Database, Server, ServerBuilder, on_both_databases};

/// The requests that come first, in this order; the others need them.
const FIRST: [&str; 3] = [
    "/signup/email-password",
    "/signin/email-password",
    "/v1/signup",
];

/// The requests that change the password or end the session, last and in this order.
const LAST: [&str; 3] = ["/v1/user/change-password", "/user/password", "/signout"];

/// Examples with values that only a server, a provider or an authenticator can produce, or for users of
/// another kind, and the answers to them.
const WRONG: [(&str, u16, &str); 23] = [
    ("/elevate/otp/email/verify", 401, "unverified-user"),
    ("/elevate/otp/sms/verify", 401, "unverified-user"),
    ("/elevate/totp", 401, "disabled-mfa-totp"),
    ("/elevate/webauthn/verify", 400, "invalid-request"),
    ("/link/idtoken", 409, "disabled-endpoint"),
    ("/mfa/recovery-codes", 401, "disabled-mfa-totp"),
    ("/signin/idtoken", 409, "disabled-endpoint"),
    ("/signin/mfa/totp", 401, "invalid-ticket"),
    ("/signin/otp/email/verify", 401, "invalid-ticket"),
    ("/signin/passwordless/sms/otp", 400, "invalid-request"),
    ("/signin/pat", 401, "invalid-pat"),
    ("/signin/webauthn/verify", 400, "invalid-request"),
    ("/signup/idtoken", 409, "disabled-endpoint"),
    ("/signup/webauthn/verify", 400, "invalid-request"),
    ("/token", 401, "invalid-refresh-token"),
    ("/token/exchange", 400, "invalid-request"),
    ("/user/deanonymize", 400, "user-not-anonymous"),
    ("/user/deanonymize/sms", 400, "user-not-anonymous"),
    ("/user/mfa", 400, "no-totp-secret"),
    ("/user/phone/change/verify", 400, "invalid-request"),
    ("/user/sessions/end", 400, "invalid-request"),
    ("/user/webauthn/verify", 400, "invalid-request"),
    ("/verify/code", 409, "disabled-endpoint"),
];

fn everything_on(database: &Database) -> ServerBuilder {
    ServerBuilder::new(database)
        .with_mfa()
        .set("AUTH_ANONYMOUS_USERS_ENABLED", "true")
        .set("AUTH_EMAIL_PASSWORDLESS_ENABLED", "true")
        .set("AUTH_OTP_EMAIL_ENABLED", "true")
        .set("AUTH_SMS_PASSWORDLESS_ENABLED", "true")
        .set("AUTH_SMS_PROVIDER", "dev")
        .set("AUTH_WEBAUTHN_ENABLED", "true")
}

/// The example of each body, by path.
async fn examples(server: &Server) -> BTreeMap<String, Value> {
    let document = server.get("/openapi.json").await.expect(200);
    let paths = document["paths"].as_object().unwrap();
    let bodies = paths.iter().filter_map(|(path, item)| {
        let body = &item["post"]["requestBody"]["content"]["application/json"];
        body.is_object()
            .then(|| (path.clone(), body["example"].clone()))
    });
    bodies.collect()
}

async fn send(server: &Server, token: Option<&str>, path: &str, body: &Value) -> Answer {
    let request = server.request(Method::POST, path).json(body);
    let request = match token {
        Some(token) => request.bearer_auth(token),
        None => request,
    };
    server.send(request).await
}

fn code_of(answer: &Answer) -> String {
    let code = &answer.json()["error"];
    code.as_str().unwrap_or_default().to_owned()
}

on_both_databases! {
    async fn every_example_works_as_it_stands_or_is_told_what_is_wrong(database) {
        let server = everything_on(&database).start().await;
        let mut examples = examples(&server).await;
        let mut session = json!(null);
        for path in FIRST {
            let body = examples.remove(path).unwrap();
            let answer = send(&server, None, path, &body).await.expect(200);
            if path == "/signin/email-password" {
                session = answer["session"].clone();
            }
        }
        let mut token = session["accessToken"].as_str().unwrap().to_owned();
        let user = server.get_as(&token, "/user").await.expect(200);
        assert_eq!(user["email"], "ada@example.com");

        let last: Vec<_> = LAST.into_iter().filter_map(|it| examples.remove_entry(it)).collect();
        let mut unexpected = Vec::new();
        for (path, body) in examples.into_iter().chain(last) {
            let answer = send(&server, Some(&token), &path, &body).await;
            let wrong = WRONG.iter().find(|(wrong, ..)| *wrong == path);
            let expected = wrong.map_or((200, ""), |(_, status, code)| (*status, *code));
            let code = code_of(&answer);
            if (answer.status, code.as_str()) != expected {
                unexpected.push(format!("{path}: {}", answer.text));
            }
            // A password change ends every session.
            if path == LAST[0] {
                let password = body["new_password"].as_str().unwrap();
                let session = server.sign_in("ada@example.com", password).await.expect(200);
                let fresh = &session["session"]["accessToken"];
                fresh.as_str().unwrap().clone_into(&mut token);
            }
        }
        assert_eq!(unexpected, [""; 0]);
    }
}
