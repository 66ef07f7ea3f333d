//! Every endpoint about phones and security keys that takes an access token, and its answer to users
//! who may not use their account.

use serde_json::{Value, json};

use crate::support::{Answer, Database, PASSWORD, Phones, ServerBuilder, on_both_databases};

const ADA: &str = "ada@example.com";
const BLOCKED: &str = "blocked@example.com";
const NUMBER: &str = "+41790000001";
const INVALID: &str = "The request payload is incorrect";

/// Path and body of each that checks the state of the account in the same way.
fn endpoints() -> [(&'static str, Value); 8] {
    [
        ("/user/phone/change", json!({ "newPhoneNumber": NUMBER })),
        (
            "/user/phone/change/verify",
            json!({ "newPhoneNumber": NUMBER, "otp": "123456" }),
        ),
        ("/elevate/otp/sms", json!({})),
        ("/elevate/otp/sms/verify", json!({ "otp": "123456" })),
        ("/elevate/webauthn", json!({})),
        ("/elevate/webauthn/verify", json!({ "credential": {} })),
        ("/user/webauthn/add", json!({})),
        ("/user/webauthn/verify", json!({ "credential": {} })),
    ]
}

/// A server with every feature on, which requires verified addresses.
fn with_devices(phones: &Phones, database: &Database) -> ServerBuilder {
    phones
        .server(database)
        .set("AUTH_WEBAUTHN_ENABLED", "true")
        .set("AUTH_EMAIL_SIGNIN_EMAIL_VERIFIED_REQUIRED", "true")
        .set("AUTH_ACCESS_CONTROL_BLOCKED_EMAILS", BLOCKED)
}

#[track_caller]
fn expect_bad_token(answer: &Answer, reason: &str, path: &str) {
    let error = format!(
        "error in openapi3filter.SecurityRequirementsError: security requirements failed: {reason}"
    );
    assert_eq!(answer.status, 400, "{path}: {}", answer.text);
    assert_eq!(answer.json(), json!({ "error": error }), "{path}");
}

#[track_caller]
fn expect_row(answer: &Answer, row: (u16, &str, &str), context: &str) {
    let (status, code, message) = row;
    assert_eq!(answer.status, status, "{context}: {}", answer.text);
    let expected = json!({ "status": status, "error": code, "message": message });
    assert_eq!(answer.json(), expected, "{context}");
}

/// Nothing was sent, registered, started or opened.
async fn expect_nothing_done(database: &Database, phones: &Phones) {
    assert_eq!(phones.count(), 0);
    for table in [
        "one_time_codes",
        "user_security_keys",
        "security_key_challenges",
    ] {
        let rows = format!("SELECT count(*) AS count FROM auth.{table}");
        assert_eq!(database.count(&rows).await, 0, "{table}");
    }
    let sessions = "SELECT count(*) AS count FROM auth.refresh_tokens";
    assert!(database.count(sessions).await <= 1);
    let moved = "SELECT count(*) AS count FROM auth.users WHERE phone_number IS NOT NULL";
    assert_eq!(database.count(moved).await, 0);
}

on_both_databases! {
    async fn every_endpoint_about_devices_wants_a_good_token(database) {
        let phones = Phones::start().await;
        let server = with_devices(&phones, &database).start().await;
        let deanonymize = ("/user/deanonymize/sms", json!({ "phoneNumber": NUMBER }));

        for (path, body) in endpoints().into_iter().chain([deanonymize]) {
            let without = server.post(path, &body).await;
            let bad = server.post_as("abc", path, &body).await;

            expect_bad_token(&without, "invalid authorization header", path);
            expect_bad_token(&bad, "error validating token: invalid token", path);
        }
        expect_nothing_done(&database, &phones).await;
    }

    async fn every_endpoint_about_devices_wants_an_account_that_may_be_used(database) {
        let phones = Phones::start().await;
        let server = with_devices(&phones, &database).start().await;
        let session = server.verified(ADA).await;
        let token = session["accessToken"].as_str().unwrap();
        let blocked = format!("email = '{BLOCKED}'");
        let rows = [
            ("disabled = true", (401, "disabled-user", "User is disabled")),
            ("email_verified = false", (401, "unverified-user", "User is not verified.")),
            (&*blocked, (401, "invalid-email-password", "Incorrect email or password")),
            ("is_anonymous = true", (403, "forbidden-anonymous", "Forbidden, user is anonymous.")),
        ];

        for (change, row) in rows {
            database.execute(&format!("UPDATE auth.users SET {change}")).await;
            for (path, body) in endpoints() {
                let answer = server.post_as(token, path, &body).await;
                expect_row(&answer, row, &format!("{change} {path}"));
            }
            let as_before = format!(
                "UPDATE auth.users SET disabled = false, email_verified = true, email = '{ADA}', \
                 is_anonymous = false"
            );
            database.execute(&as_before).await;
        }
        // The state of the account was the only obstacle.
        server.get_as(token, "/user").await.expect(200);
        expect_nothing_done(&database, &phones).await;
        database.execute("DELETE FROM auth.users").await;
        for (path, body) in endpoints() {
            let answer = server.post_as(token, path, &body).await;
            expect_bad_token(&answer, "invalid token", path);
        }
        expect_nothing_done(&database, &phones).await;
    }

    async fn concealed_errors_are_the_same_at_every_endpoint_about_devices(database) {
        let phones = Phones::start().await;
        let server = with_devices(&phones, &database)
            .set("AUTH_CONCEAL_ERRORS", "true")
            .set("AUTH_EMAIL_SIGNIN_EMAIL_VERIFIED_REQUIRED", "false")
            .start()
            .await;
        let body = json!({ "email": ADA, "password": PASSWORD });
        let session = server.post("/signup/email-password", &body).await.expect(200);
        let token = session["session"]["accessToken"].as_str().unwrap();
        let blocked = format!("email = '{BLOCKED}'");

        for change in ["disabled = true", "is_anonymous = true", &blocked] {
            database.execute(&format!("UPDATE auth.users SET {change}")).await;
            for (path, body) in endpoints() {
                let answer = server.post_as(token, path, &body).await;
                let context = format!("{change} {path}");
                expect_row(&answer, (400, "invalid-request", INVALID), &context);
            }
        }
        expect_nothing_done(&database, &phones).await;
    }
}
