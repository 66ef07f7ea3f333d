//! Text messages: rules for accounts, options and bodies hold for phone numbers, too.

use serde_json::{Value, json};

use crate::support::{Answer, Database, PASSWORD, Phones, Server, on_both_databases};

const NUMBER: &str = "+41790000001";
const OTHER: &str = "+41790000002";
const BLOCKED: &str = "blocked@example.com";
const SIGN_IN: &str = "/signin/passwordless/sms";
const SIGN_UP: &str = "/signup/passwordless/sms";
const DEANONYMIZE: &str = "/user/deanonymize/sms";
const CHANGE: &str = "/user/phone/change";
const CONFIRM: &str = "/user/phone/change/verify";
const USERS: &str = "SELECT count(*) AS count FROM auth.users";
const CANNOT: &str = "Cannot send SMS, check your phone number is correct";

fn bearer(session: &Value) -> &str {
    session["accessToken"].as_str().unwrap()
}

#[track_caller]
fn expect_refused(answer: &Answer) {
    answer.expect_error(400, "invalid-request", "The request payload is incorrect");
}

/// A server that sends text messages, with one setting more.
async fn server_with(phones: &Phones, database: &Database, name: &str, value: &str) -> Server {
    phones.server(database).set(name, value).start().await
}

/// Invalid options of a sign-up.
fn misshapen() -> [Value; 12] {
    [
        json!({ "displayName": "Ada; drop" }),
        json!({ "displayName": "x".repeat(33) }),
        json!({ "displayName": null }),
        json!({ "locale": "e" }),
        json!({ "locale": "eng" }),
        json!({ "locale": null }),
        json!({ "metadata": [] }),
        json!({ "metadata": "x" }),
        json!({ "metadata": null }),
        json!({ "unknown": 1 }),
        json!([]),
        json!(null),
    ]
}

on_both_databases! {
    async fn an_account_whose_address_is_shut_out_is_not_signed_in_to_by_text(database) {
        let phones = Phones::start().await;
        let blocked = ("AUTH_ACCESS_CONTROL_BLOCKED_EMAILS", BLOCKED);
        let server = server_with(&phones, &database, blocked.0, blocked.1).await;
        server.sign_in_by_text(&phones, NUMBER).await;
        server.ask_for_text(NUMBER).await.expect(200);
        let code = phones.last_code(NUMBER);
        let sent = phones.count();
        database.execute(&format!("UPDATE auth.users SET email = '{BLOCKED}'")).await;

        let asked = server.ask_for_text(NUMBER).await;
        let typed = server.type_text_code(NUMBER, &code).await;

        for answer in [asked, typed] {
            let message = "Incorrect email or password";
            answer.expect_error(401, "invalid-email-password", message);
        }
        assert_eq!(phones.count(), sent);
    }

    async fn an_explicit_sign_up_makes_a_disabled_account_and_sends_nothing(database) {
        let phones = Phones::start().await;
        let server = server_with(&phones, &database, "AUTH_DISABLE_NEW_USERS", "true").await;

        let answer = server.post(SIGN_UP, &json!({ "phoneNumber": NUMBER })).await;

        answer.expect_error(401, "disabled-user", "User is disabled");
        assert_eq!(database.count(&format!("{USERS} WHERE disabled")).await, 1);
        assert_eq!(phones.count(), 0);
    }

    async fn a_service_that_refuses_is_told_at_an_explicit_sign_up(database) {
        let phones = Phones::answering(503).await;
        let server = phones.server(&database).start().await;

        let answer = server.post(SIGN_UP, &json!({ "phoneNumber": NUMBER })).await;

        answer.expect_error(400, "cannot-send-sms", CANNOT);
        assert_eq!(phones.count(), 1);
    }

    async fn while_errors_are_concealed_a_service_that_refuses_is_told_to_the_log_alone(database) {
        let phones = Phones::answering(503).await;
        let server = server_with(&phones, &database, "AUTH_CONCEAL_ERRORS", "true").await;

        for (path, number) in [(SIGN_IN, NUMBER), (SIGN_UP, OTHER)] {
            let answer = server.post(path, &json!({ "phoneNumber": number })).await;
            assert_eq!(answer.expect(200), json!("OK"), "{path}");
        }

        phones.arrived(2).await;
        server.printed("a concealed request failed").await;
        let log = server.output();
        assert!(!log.contains(NUMBER) && !log.contains(OTHER), "{log}");
    }

    async fn concealed_sign_ups_by_text_do_not_tell_why_they_came_to_nothing(database) {
        let phones = Phones::start().await;
        let server = phones.server(&database)
            .set("AUTH_CONCEAL_ERRORS", "true")
            .set("AUTH_DISABLE_NEW_USERS", "true")
            .start()
            .await;

        for path in [SIGN_IN, SIGN_UP] {
            let body = json!({ "phoneNumber": NUMBER, "options": { "allowedRoles": ["admin"] } });
            expect_refused(&server.post(path, &body).await);
        }
        assert_eq!(database.count(USERS).await, 0);
        let answer = server.post(SIGN_UP, &json!({ "phoneNumber": NUMBER })).await;
        assert_eq!(answer.expect(200), json!("OK"));
        // The request has been processed once a code for it is refused.
        expect_refused(&server.type_text_code(NUMBER, "123456").await);
        assert_eq!(phones.count(), 0);
    }

    async fn options_of_a_wrong_form_are_refused_wherever_a_phone_signs_up(database) {
        let phones = Phones::start().await;
        let server = phones.server(&database).start().await;
        let guest = server.anonymous().await;

        for path in [SIGN_IN, SIGN_UP, DEANONYMIZE] {
            for options in misshapen() {
                let body = json!({ "phoneNumber": NUMBER, "options": options });
                let answer = server.post_as(bearer(&guest), path, &body).await;
                assert_eq!(answer.status, 400, "{path} {options}: {}", answer.text);
                answer.expect_invalid_request();
            }
        }
        for (options, code, message) in [
            (json!({ "redirectTo": "https://evil.example" }), "redirectTo-not-allowed",
                "The value of \"options.redirectTo\" is not allowed."),
            (json!({ "defaultRole": "admin" }), "default-role-must-be-in-allowed-roles",
                "Default role must be in allowed roles"),
        ] {
            let body = json!({ "phoneNumber": NUMBER, "options": options });
            let answer = server.post_as(bearer(&guest), DEANONYMIZE, &body).await;
            answer.expect_error(400, code, message);
        }
        assert_eq!(phones.count(), 0);
        assert_eq!(database.count(USERS).await, 1);
    }

    async fn a_language_that_is_not_offered_is_no_error_wherever_a_phone_signs_up(database) {
        let phones = Phones::start().await;
        let server = phones.server(&database).start().await;
        let guest = server.anonymous().await;

        for (at, path) in [SIGN_IN, SIGN_UP, DEANONYMIZE].into_iter().enumerate() {
            let number = format!("+4179000001{at}");
            let body = json!({ "phoneNumber": number, "options": { "locale": "xx" } });
            let answer = server.post_as(bearer(&guest), path, &body).await;
            assert_eq!(answer.expect(200), json!("OK"), "{path}");
            let code = phones.last_code(&number);
            let session = server.type_text_code(&number, &code).await.expect(200);
            assert_eq!(session["session"]["user"]["locale"], "en", "{path}");
        }
    }

    async fn what_is_no_code_of_a_new_number_moves_no_account(database) {
        let phones = Phones::start().await;
        let server = phones.server(&database).start().await;
        let session = server.sign_up("ada@example.com").await;
        let confirm = async |body: Value| server.post_as(bearer(&session), CONFIRM, &body).await;
        let asked = json!({ "newPhoneNumber": NUMBER });
        server.post_as(bearer(&session), CHANGE, &asked).await.expect(200);
        let code = phones.last_code(NUMBER);

        for otp in ["", "12345", "1234567", "12345a", " 12345"] {
            expect_refused(&confirm(json!({ "newPhoneNumber": NUMBER, "otp": otp })).await);
        }
        for body in [
            json!({}),
            json!({ "newPhoneNumber": NUMBER }),
            json!({ "otp": code }),
            json!({ "newPhoneNumber": null, "otp": code }),
            json!({ "newPhoneNumber": "", "otp": code }),
            json!({ "newPhoneNumber": NUMBER, "otp": 123_456 }),
            json!({ "newPhoneNumber": NUMBER, "otp": null }),
            json!({ "newPhoneNumber": NUMBER, "otp": code, "more": 1 }),
        ] {
            confirm(body).await.expect_invalid_request();
        }
        let past = "UPDATE auth.one_time_codes \
                    SET expires_at = (SELECT min(created_at) FROM auth.users)";
        database.execute(past).await;
        expect_refused(&confirm(json!({ "newPhoneNumber": NUMBER, "otp": code })).await);

        let moved = format!("{USERS} WHERE phone_number IS NOT NULL");
        assert_eq!(database.count(&moved).await, 0);
    }

    async fn while_errors_are_concealed_a_number_that_was_taken_meanwhile_is_not_told_of(database) {
        let phones = Phones::start().await;
        let server = server_with(&phones, &database, "AUTH_CONCEAL_ERRORS", "true").await;
        let session = server.sign_up("ada@example.com").await;
        let asked = json!({ "newPhoneNumber": NUMBER });
        server.post_as(bearer(&session), CHANGE, &asked).await.expect(200);
        phones.arrived(1).await;
        let code = phones.last_code(NUMBER);
        let taken = json!({ "email": "bob@example.com", "password": PASSWORD });
        server.post("/signup/email-password", &taken).await.expect(200);
        database.execute(&format!(
            "UPDATE auth.users SET phone_number = '{NUMBER}', phone_number_verified = true \
             WHERE email = 'bob@example.com'"
        )).await;

        let typed = json!({ "newPhoneNumber": NUMBER, "otp": code });
        expect_refused(&server.post_as(bearer(&session), CONFIRM, &typed).await);

        let bobs = format!("{USERS} WHERE phone_number = '{NUMBER}' AND email = 'bob@example.com'");
        assert_eq!(database.count(&bobs).await, 1);
    }

    async fn a_code_that_elevates_comes_in_a_body_that_fits(database) {
        let phones = Phones::start().await;
        let server = phones.server(&database).start().await;
        let session = server.sign_in_by_text(&phones, NUMBER).await;
        server.post_as(bearer(&session), "/elevate/otp/sms", &json!({})).await.expect(200);
        let code = phones.last_code(NUMBER);
        let elevate = async |body: Value| {
            server.post_as(bearer(&session), "/elevate/otp/sms/verify", &body).await
        };

        for body in [
            json!({}),
            json!({ "otp": null }),
            json!({ "otp": 123_456 }),
            json!({ "otp": code, "more": 1 }),
            json!([]),
        ] {
            elevate(body).await.expect_invalid_request();
        }

        elevate(json!({ "otp": code })).await.expect(200);
    }
}
