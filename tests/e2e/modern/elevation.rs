//! `AUTH_REQUIRE_ELEVATED_CLAIM` and `/elevate/…`

use serde_json::{Value, json};

use crate::support::{Answer, Database, PASSWORD, Server, ServerBuilder, on_both_databases};

const PAT: &str = "/pat";
const NEEDED: &str = "elevated-claim-required";

fn pat() -> Value {
    json!({ "expiresAt": "2099-01-01T00:00:00Z" })
}

/// Every endpoint that needs elevation, with a valid body.
fn delicate() -> [(&'static str, Value); 3] {
    [
        (PAT, pat()),
        (
            "/user/email/change",
            json!({ "newEmail": "new@example.com" }),
        ),
        ("/user/password", json!({ "newPassword": "battery staple" })),
    ]
}

fn requiring(database: &Database, rule: &str) -> ServerBuilder {
    ServerBuilder::new(database)
        .with_mfa()
        .set("AUTH_OTP_EMAIL_ENABLED", "true")
        .set("AUTH_REQUIRE_ELEVATED_CLAIM", rule)
}

fn bearer(session: &Value) -> &str {
    session["accessToken"].as_str().unwrap()
}

#[track_caller]
fn expect_needed(answer: &Answer) {
    assert_eq!(answer.status, 400, "{}", answer.text);
    assert!(answer.text.contains(NEEDED), "{}", answer.text);
}

/// A user whose address is verified.
async fn verified(server: &Server, database: &Database, email: &str) -> Value {
    let session = server.sign_up(email).await;
    database
        .execute("UPDATE auth.users SET email_verified = true")
        .await;
    session
}

/// A session with an elevated token, by the mailed code.
async fn elevated(server: &Server, session: &Value) -> Value {
    let sent = server
        .post_as(bearer(session), "/elevate/otp/email", &json!({}))
        .await;
    assert_eq!(sent.expect(200), json!("OK"));
    let body = json!({ "otp": server.last_mail()["ticket"] });
    let answer = server
        .post_as(bearer(session), "/elevate/otp/email/verify", &body)
        .await;
    answer.expect(200)["session"].clone()
}

on_both_databases! {
    async fn where_it_is_required_delicate_changes_need_an_elevated_token(database) {
        let server = requiring(&database, "required").start().await;
        let session = verified(&server, &database, "ada@example.com").await;

        for (path, body) in delicate() {
            let refused = server.post_as(bearer(&session), path, &body).await;
            if path == "/user/password" {
                // A token that is not elevated counts as none here, and then a ticket is missing.
                let message = "The request payload is incorrect";
                refused.expect_error(400, "invalid-request", message);
            } else {
                expect_needed(&refused);
            }
        }
        let elevated = elevated(&server, &session).await;
        for (path, body) in delicate() {
            server.post_as(bearer(&elevated), path, &body).await.expect(200);
        }
    }

    async fn a_mailed_code_elevates_once_and_a_refresh_loses_it(database) {
        let server = requiring(&database, "required").start().await;
        let session = verified(&server, &database, "ada@example.com").await;

        let elevated = elevated(&server, &session).await;

        let mail = server.last_mail();
        assert_eq!(mail["template"], "elevate-otp");
        let body = json!({ "otp": mail["ticket"] });
        let again = server.post_as(bearer(&session), "/elevate/otp/email/verify", &body).await;
        again.expect_error(401, "invalid-ticket", "Invalid ticket");
        server.post_as(bearer(&elevated), PAT, &pat()).await.expect(200);
        let refreshed = server.refresh(&elevated["refreshToken"]).await.expect(200);
        expect_needed(&server.post_as(bearer(&refreshed), PAT, &pat()).await);
    }

    async fn an_app_elevates_and_its_code_is_used_up_by_that(database) {
        let server = requiring(&database, "required").start().await;
        let ada = server.protected("ada@example.com").await;
        let code = ada.app.code();

        let wrong = json!({ "otp": ada.app.wrong_code() });
        let wrong = server.post_as(&ada.token, "/elevate/totp", &wrong).await;
        let body = json!({ "otp": code });
        let elevated = server.post_as(&ada.token, "/elevate/totp", &body).await.expect(200);
        let again = server.post_as(&ada.token, "/elevate/totp", &body).await;

        wrong.expect_error(401, "invalid-totp", "Invalid TOTP code");
        again.expect_error(401, "invalid-totp", "Invalid TOTP code");
        server.post_as(bearer(&elevated["session"]), PAT, &pat()).await.expect(200);
        // The token is still valid otherwise.
        server.sign_in_with("ada@example.com", &code).await.expect(200);
    }

    async fn where_it_is_recommended_only_people_with_a_security_key_need_it(database) {
        let server = requiring(&database, "recommended").start().await;
        let session = verified(&server, &database, "ada@example.com").await;
        server.post_as(bearer(&session), PAT, &pat()).await.expect(200);

        let id = match &database {
            Database::Sqlite(_) => "randomblob(16)",
            Database::Postgres(_) => "gen_random_uuid()",
        };
        let key = format!(
            "INSERT INTO auth.user_security_keys (id, user_id, credential_id) \
             SELECT {id}, users.id, 'key' FROM auth.users"
        );
        database.execute(&key).await;

        expect_needed(&server.post_as(bearer(&session), PAT, &pat()).await);
        let elevated = elevated(&server, &session).await;
        server.post_as(bearer(&elevated), PAT, &pat()).await.expect(200);
    }

    async fn the_ways_to_elevate_are_those_that_are_open(database) {
        let server = requiring(&database, "required").start().await;
        let session = server.sign_up("ada@example.com").await;
        let methods = async |token: &str| {
            let answer = server.get_as(token, "/elevate").await.expect(200);
            answer["methods"].clone()
        };
        assert_eq!(methods(bearer(&session)).await, json!([]));

        let bob = server.protected("bob@example.com").await;
        assert_eq!(methods(&bob.token).await, json!(["totp"]));
        database.execute("UPDATE auth.users SET email_verified = true").await;
        assert_eq!(methods(&bob.token).await, json!(["totp", "otp-email"]));

        for path in ["/elevate/totp", "/elevate/otp/email", "/elevate/otp/email/verify"] {
            server.post(path, &json!({ "otp": "123456" })).await.expect(400);
        }
        server.get("/elevate").await.expect(400);
    }

    async fn what_proves_nothing_elevates_nothing(database) {
        let server = requiring(&database, "required").start().await;
        let session = server.sign_up("ada@example.com").await;
        let post = async |path, body| server.post_as(bearer(&session), path, &body).await;

        let unverified = post("/elevate/otp/email", json!({})).await;
        unverified.expect_error(401, "unverified-user", "User is not verified.");
        let without_app = post("/elevate/totp", json!({ "otp": "123456" })).await;
        let message = "User does not have TOTP MFA enabled";
        without_app.expect_error(401, "disabled-mfa-totp", message);
        database.execute("UPDATE auth.users SET email_verified = true").await;
        for otp in ["000000", "", "12345", "no code"] {
            let wrong = post("/elevate/otp/email/verify", json!({ "otp": otp })).await;
            wrong.expect_error(401, "invalid-ticket", "Invalid ticket");
        }
        // A code for signing in does not elevate.
        server.post("/signin/otp/email", &json!({ "email": "ada@example.com" })).await.expect(200);
        let code = server.last_mail()["ticket"].clone();
        let wrong = post("/elevate/otp/email/verify", json!({ "otp": code })).await;
        wrong.expect_error(401, "invalid-ticket", "Invalid ticket");

        drop(server);
        let closed = ServerBuilder::new(&database).start().await;
        let signed_in = closed.sign_in("ada@example.com", PASSWORD).await.expect(200);
        let session = &signed_in["session"];
        for path in ["/elevate/totp", "/elevate/otp/email", "/elevate/otp/email/verify"] {
            let body = json!({ "otp": "123456" });
            let disabled = closed.post_as(bearer(session), path, &body).await;
            disabled.expect_error(409, "disabled-endpoint", "This endpoint is disabled");
        }
    }

    async fn nothing_has_to_be_elevated_unless_that_is_asked_for(database) {
        let server = ServerBuilder::new(&database).start().await;
        let session = server.sign_up("ada@example.com").await;

        for (path, body) in delicate() {
            server.post_as(bearer(&session), path, &body).await.expect(200);
        }
    }
}
