//! `AUTH_API_COMPAT`: error codes that the latest version renamed, at every endpoint that has them.

use serde_json::{Value, json};

use crate::support::{
    Answer, Database, PASSWORD, Phones, SecurityKey, Server, ServerBuilder, on_both_databases,
    other_than,
};

const ADA: &str = "ada@example.com";
const BOB: &str = "bob@example.com";
const NUMBER: &str = "+41790000001";
const OTHER: &str = "+41790000002";
const BOTH: [&str; 2] = ["0.42", "latest"];

fn bearer(session: &Value) -> &str {
    session["accessToken"].as_str().unwrap()
}

/// A server with every feature on, which requires no verification.
async fn server(phones: &Phones, database: &Database, compat: &str) -> Server {
    let builder: ServerBuilder = phones.server(database);
    builder
        .by_mail()
        .set("AUTH_EMAIL_SIGNIN_EMAIL_VERIFIED_REQUIRED", "false")
        .set("AUTH_EMAIL_LINK_CODE", "true")
        .set("AUTH_WEBAUTHN_ENABLED", "true")
        .set("AUTH_API_COMPAT", compat)
        .start()
        .await
}

/// The error for an address that is taken.
fn taken(compat: &str) -> (&'static str, &'static str) {
    match compat {
        "latest" => ("user-already-exists", "User already exists"),
        _ => ("email-already-in-use", "Email already in use"),
    }
}

/// The errors for a wrong code and for one guess too many, by mail.
fn wrong_code(compat: &str) -> [(u16, &'static str, &'static str); 2] {
    let earlier = (401, "invalid-ticket", "Invalid ticket");
    if compat == "latest" {
        NEW_ROWS
    } else {
        [earlier, earlier]
    }
}

/// The same by text message, except in elevation.
fn wrong_text(compat: &str) -> [(u16, &'static str, &'static str); 2] {
    let earlier = (400, "invalid-request", "The request payload is incorrect");
    if compat == "latest" {
        NEW_ROWS
    } else {
        [earlier, earlier]
    }
}

const NEW_ROWS: [(u16, &str, &str); 2] = [
    (400, "invalid-otp", "Invalid or expired OTP"),
    (
        400,
        "otp-too-many-attempts",
        "Too many incorrect attempts, please request a new OTP",
    ),
];

/// Guesses (brute force) until the code is closed, then sends the right one.
async fn expect_guesses_told(
    guess: impl AsyncFn(String) -> Answer,
    right: &str,
    [wrong, closed]: [(u16, &str, &str); 2],
) {
    for _ in 0..5 {
        let answer = guess(other_than(right)).await;
        answer.expect_error(wrong.0, wrong.1, wrong.2);
    }
    let answer = guess(right.to_owned()).await;
    answer.expect_error(closed.0, closed.1, closed.2);
}

on_both_databases! {
    async fn an_address_that_is_taken_has_one_name_for_each_version_everywhere(database) {
        let phones = Phones::start().await;
        for compat in BOTH {
            let (code, message) = taken(compat);
            let server = server(&phones, &database, compat).await;
            let email = format!("{compat}.{ADA}");
            let ada = server.sign_up(&email).await;
            let free = format!("{compat}.{BOB}");
            let change = json!({ "newEmail": free });
            server.post_as(bearer(&ada), "/user/email/change", &change).await.expect(200);
            let with_code = server.last_mail();
            let eve = server.sign_up(&format!("{compat}.eve@example.com")).await;
            server.post_as(bearer(&eve), "/user/email/change", &change).await.expect(200);
            let with_link = server.last_mail();
            let options = server.post("/signup/webauthn", &json!({ "email": free })).await;
            let options = options.expect(200);
            let anonymous = server.anonymous().await;

            server.sign_up(&free).await;

            let typed = json!({
                "email": email, "type": "emailConfirmChange", "code": with_code["code"],
            });
            server.post("/verify/code", &typed).await.expect_error(409, code, message);
            let asked = server.post_as(bearer(&ada), "/user/email/change", &change).await;
            asked.expect_error(409, code, message);
            server.follow(&with_link).await.expect_error_at_client(code, message);
            for body in [
                json!({ "signInMethod": "email-password", "email": free, "password": PASSWORD }),
                json!({ "signInMethod": "passwordless", "email": free }),
            ] {
                let answer = server.post_as(bearer(&anonymous), "/user/deanonymize", &body).await;
                answer.expect_error(409, code, message);
            }
            let credential = SecurityKey::new(&options).attest(&options);
            let key = json!({ "credential": credential });
            server.post("/signup/webauthn/verify", &key).await.expect_error(409, code, message);
        }
        let keys = "SELECT count(*) AS count FROM auth.user_security_keys";
        assert_eq!(database.count(keys).await, 0);
    }

    async fn a_wrong_code_that_elevates_is_told_from_one_too_many_only_by_the_latest(database) {
        let phones = Phones::start().await;
        for (at, compat) in BOTH.into_iter().enumerate() {
            let server = server(&phones, &database, compat).await;
            let session = server.sign_up(&format!("{compat}.{ADA}")).await;
            let token = bearer(&session);
            let number = format!("+4179000000{at}");
            let proven = format!(
                "UPDATE auth.users SET email_verified = true, phone_number = '{number}', \
                 phone_number_verified = true WHERE email = '{compat}.{ADA}'"
            );
            database.execute(&proven).await;

            server.post_as(token, "/elevate/otp/email", &json!({})).await.expect(200);
            let code = server.last_mail()["ticket"].as_str().unwrap().to_owned();
            let guess = async |otp: String| {
                let body = json!({ "otp": otp });
                server.post_as(token, "/elevate/otp/email/verify", &body).await
            };
            expect_guesses_told(guess, &code, wrong_code(compat)).await;

            server.post_as(token, "/elevate/otp/sms", &json!({})).await.expect(200);
            let code = phones.last_code(&number);
            let guess = async |otp: String| {
                let body = json!({ "otp": otp });
                server.post_as(token, "/elevate/otp/sms/verify", &body).await
            };
            expect_guesses_told(guess, &code, wrong_code(compat)).await;
        }
    }

    async fn a_wrong_code_from_a_phone_is_told_from_one_too_many_only_by_the_latest(database) {
        let phones = Phones::start().await;
        for (at, compat) in BOTH.into_iter().enumerate() {
            let server = server(&phones, &database, compat).await;
            let (number, other) = (format!("{NUMBER}{at}"), format!("{OTHER}{at}"));
            server.ask_for_text(&number).await.expect(200);
            let code = phones.last_code(&number);
            let guess = async |otp: String| server.type_text_code(&number, &otp).await;
            expect_guesses_told(guess, &code, wrong_text(compat)).await;

            let session = server.sign_up(&format!("{compat}.{ADA}")).await;
            let token = bearer(&session);
            let wish = json!({ "newPhoneNumber": other });
            server.post_as(token, "/user/phone/change", &wish).await.expect(200);
            let code = phones.last_code(&other);
            let guess = async |otp: String| {
                let body = json!({ "newPhoneNumber": other, "otp": otp });
                server.post_as(token, "/user/phone/change/verify", &body).await
            };
            expect_guesses_told(guess, &code, wrong_text(compat)).await;
        }
    }

    async fn a_bad_token_counts_as_none_where_a_password_is_set_in_every_version(database) {
        for compat in BOTH {
            let server = ServerBuilder::new(&database)
                .set("AUTH_API_COMPAT", compat)
                .set("AUTH_REQUIRE_ELEVATED_CLAIM", "required")
                .start()
                .await;
            let email = format!("{compat}.{ADA}");
            let session = server.sign_up(&email).await;

            for token in ["abc", bearer(&session)] {
                let body = json!({ "newPassword": "battery staple" });
                let refused = server.post_as(token, "/user/password", &body).await;
                let message = "The request payload is incorrect";
                refused.expect_error(400, "invalid-request", message);
            }
            server.sign_in(&email, PASSWORD).await.expect(200);
        }
    }
}
