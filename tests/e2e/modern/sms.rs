//! `POST /signin/passwordless/sms`, `/signup/passwordless/sms` and
//! `/signin/passwordless/sms/otp`

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{
    Answer, Database, PASSWORD, Phones, Server, ServerBuilder, on_both_databases, other_than,
};

const SIGN_IN: &str = "/signin/passwordless/sms";
const SIGN_UP: &str = "/signup/passwordless/sms";
const NUMBER: &str = "+41790000001";
const REFUSED: &str = "The request payload is incorrect";

#[track_caller]
fn expect_refused(answer: &Answer) {
    answer.expect_error(400, "invalid-request", REFUSED);
}

async fn users(database: &Database) -> i64 {
    database
        .count("SELECT count(*) AS count FROM auth.users")
        .await
}

/// A server that sends text messages, with one setting more.
async fn server_with(phones: &Phones, database: &Database, name: &str, value: &str) -> Server {
    phones.server(database).set(name, value).start().await
}

on_both_databases! {
    async fn a_code_signs_a_new_person_up_and_in_once(database) {
        let phones = Phones::start().await;
        let server = phones.server(&database).start().await;

        assert_eq!(server.ask_for_text(NUMBER).await.expect(200), json!("OK"));
        let code = phones.last_code(NUMBER);
        let session = server.type_text_code(NUMBER, &code).await.expect(200)["session"].clone();
        expect_refused(&server.type_text_code(NUMBER, &code).await);

        let user = &session["user"];
        assert_eq!(user["phoneNumber"], NUMBER);
        assert_eq!(user["phoneNumberVerified"], true);
        assert_eq!(user["displayName"], NUMBER);
        assert_eq!(user["isAnonymous"], false);
        assert_eq!(phones.count(), 1);
        assert_eq!(users(&database).await, 1);
    }

    async fn whoever_has_only_a_phone_can_do_what_others_can(database) {
        let phones = Phones::start().await;
        let server = phones.server(&database)
            .set("AUTH_EMAIL_SIGNIN_EMAIL_VERIFIED_REQUIRED", "true")
            .set("AUTH_MFA_ENABLED", "true")
            .start()
            .await;

        let session = server.sign_in_by_text(&phones, NUMBER).await;
        let token = session["accessToken"].as_str().unwrap();

        assert_eq!(server.get_as(token, "/user").await.expect(200)["phoneNumber"], NUMBER);
        let pat = json!({ "expiresAt": "2099-01-01T00:00:00Z" });
        let pat = server.post_as(token, "/pat", &pat).await.expect(200);
        server.post("/signin/pat", &json!({ "personalAccessToken": pat["personalAccessToken"] }))
            .await
            .expect(200);
        server.get_as(token, "/mfa/totp/generate").await.expect(200);
        server.post_as(token, "/token/verify", &json!({})).await.expect(200);
        let refreshed = server.refresh(&session["refreshToken"]).await.expect(200);
        let new_email = json!({ "newEmail": "ada@example.com" });
        server.post_as(token, "/user/email/change", &new_email).await.expect(200);
        server.session_behind(&server.mail_to("ada@example.com").await).await;
        let user = server.get_as(token, "/user").await.expect(200);
        assert_eq!((&user["email"], &user["emailVerified"]), (&new_email["newEmail"], &json!(true)));
        let password = json!({ "newPassword": PASSWORD });
        server.post_as(token, "/user/password", &password).await.expect(200);
        let out = json!({ "refreshToken": refreshed["refreshToken"] });
        server.post("/signout", &out).await.expect(200);
    }

    async fn somebody_known_signs_in_to_their_account_whatever_the_options(database) {
        let phones = Phones::start().await;
        let server = phones.server(&database).start().await;
        let first = server.sign_in_by_text(&phones, NUMBER).await;

        let body = json!({ "phoneNumber": NUMBER, "options": { "displayName": "Eve" } });
        server.post(SIGN_IN, &body).await.expect(200);
        let code = phones.last_code(NUMBER);
        let second = server.type_text_code(NUMBER, &code).await.expect(200)["session"].clone();

        assert_eq!(second["user"]["id"], first["user"]["id"]);
        assert_eq!(second["user"]["displayName"], NUMBER);
        server.refresh(&first["refreshToken"]).await.expect(200);
    }

    async fn a_new_person_gets_what_they_ask_for_and_a_message_in_their_language(database) {
        let phones = Phones::start().await;
        let server = server_with(&phones, &database, "AUTH_LOCALE_ALLOWED_LOCALES", "en,fr").await;
        let options = json!({
            "displayName": "Ada", "locale": "fr", "metadata": { "a": 1 },
            "allowedRoles": ["me"], "defaultRole": "me",
        });

        let body = json!({ "phoneNumber": NUMBER, "options": options });
        server.post(SIGN_UP, &body).await.expect(200);
        let french = phones.last_text();
        let code = phones.last_code(NUMBER);
        let session = server.type_text_code(NUMBER, &code).await.expect(200)["session"].clone();
        server.ask_for_text("+41790000002").await.expect(200);
        let english = phones.last_text();

        assert!(french.contains("Votre code"), "{french}");
        assert!(!english.contains("Votre"), "{english}");
        let user = &session["user"];
        assert_eq!(user["displayName"], "Ada");
        assert_eq!(user["locale"], "fr");
        assert_eq!(user["metadata"], json!({ "a": 1 }));
        assert_eq!(user["roles"], json!(["me"]));
        assert_eq!(user["defaultRole"], "me");
    }

    async fn nothing_is_sent_to_whom_a_sign_up_is_refused(database) {
        let phones = Phones::start().await;
        let server = phones.server(&database).start().await;
        for path in [SIGN_IN, SIGN_UP] {
            for (options, status, code, message) in [
                (json!({ "redirectTo": "https://evil.example" }), 400, "redirectTo-not-allowed",
                    "The value of \"options.redirectTo\" is not allowed."),
                (json!({ "allowedRoles": ["admin"] }), 400, "role-not-allowed",
                    "Role not allowed"),
                (json!({ "defaultRole": "admin" }), 400, "default-role-must-be-in-allowed-roles",
                    "Default role must be in allowed roles"),
            ] {
                let body = json!({ "phoneNumber": NUMBER, "options": options });
                server.post(path, &body).await.expect_error(status, code, message);
            }
        }
        drop(server);

        let closed = server_with(&phones, &database, "AUTH_DISABLE_SIGNUP", "true").await;
        for path in [SIGN_IN, SIGN_UP] {
            let answer = closed.post(path, &json!({ "phoneNumber": NUMBER })).await;
            answer.expect_error(403, "signup-disabled", "Sign up is disabled.");
        }
        assert_eq!(users(&database).await, 0);
        drop(closed);

        let waiting = server_with(&phones, &database, "AUTH_DISABLE_NEW_USERS", "true").await;
        let answer = waiting.ask_for_text(NUMBER).await;
        answer.expect_error(401, "disabled-user", "User is disabled");

        assert_eq!(users(&database).await, 1);
        assert_eq!(phones.count(), 0);
    }

    async fn nothing_is_sent_to_whoever_may_not_sign_in(database) {
        let phones = Phones::start().await;
        let server = phones.server(&database)
            .set("AUTH_EMAIL_SIGNIN_EMAIL_VERIFIED_REQUIRED", "true")
            .start()
            .await;
        server.ask_for_text(NUMBER).await.expect(200);
        let code = phones.last_code(NUMBER);

        database.execute("UPDATE auth.users SET disabled = true").await;
        let disabled = server.ask_for_text(NUMBER).await;
        disabled.expect_error(401, "disabled-user", "User is disabled");
        // A code that was sent earlier is refused, too.
        let typed = server.type_text_code(NUMBER, &code).await;
        typed.expect_error(401, "disabled-user", "User is disabled");

        database.execute("UPDATE auth.users SET disabled = false, is_anonymous = true").await;
        let anonymous = server.ask_for_text(NUMBER).await;
        anonymous.expect_error(403, "forbidden-anonymous", "Forbidden, user is anonymous.");

        database.execute(
            "UPDATE auth.users SET is_anonymous = false, email = 'ada@example.com'"
        ).await;
        let unverified = server.ask_for_text(NUMBER).await;
        unverified.expect_error(401, "unverified-user", "User is not verified.");
        assert_eq!(phones.count(), 1);
    }

    async fn the_state_of_an_account_is_told_as_it_is_once_the_code_is_right(database) {
        let phones = Phones::start().await;
        let server = phones.server(&database)
            .set("AUTH_EMAIL_SIGNIN_EMAIL_VERIFIED_REQUIRED", "true")
            .start()
            .await;
        for (change, status, code, message) in [
            ("is_anonymous = true", 403, "forbidden-anonymous", "Forbidden, user is anonymous."),
            ("is_anonymous = false, email = 'ada@example.com'", 401, "unverified-user",
                "User is not verified."),
            ("email = NULL, disabled = true", 401, "disabled-user", "User is disabled"),
        ] {
            database.execute(
                "UPDATE auth.users SET disabled = false, is_anonymous = false, email = NULL"
            ).await;
            server.ask_for_text(NUMBER).await.expect(200);
            let digits = phones.last_code(NUMBER);
            database.execute(&format!("UPDATE auth.users SET {change}")).await;

            let wrong = server.type_text_code(NUMBER, &other_than(&digits)).await;
            let right = server.type_text_code(NUMBER, &digits).await;

            expect_refused(&wrong);
            right.expect_error(status, code, message);
        }
    }

    async fn an_explicit_sign_up_tells_nobody_that_a_number_is_known(database) {
        let phones = Phones::start().await;
        let server = phones.server(&database).start().await;
        server.sign_in_by_text(&phones, NUMBER).await;

        let known = server.post(SIGN_UP, &json!({ "phoneNumber": NUMBER })).await;

        assert_eq!(known.expect(200), json!("OK"));
        assert_eq!(phones.count(), 1);
    }

    async fn without_automatic_sign_up_strangers_get_nothing_and_are_not_told(database) {
        let phones = Phones::start().await;
        let server = server_with(&phones, &database, "AUTH_DISABLE_AUTO_SIGNUP", "true").await;

        assert_eq!(server.ask_for_text(NUMBER).await.expect(200), json!("OK"));

        assert_eq!(phones.count(), 0);
        assert_eq!(users(&database).await, 0);
        server.post(SIGN_UP, &json!({ "phoneNumber": NUMBER })).await.expect(200);
        let code = phones.last_code(NUMBER);
        server.type_text_code(NUMBER, &code).await.expect(200);
        server.sign_in_by_text(&phones, NUMBER).await;
    }

    async fn what_is_no_code_of_the_number_is_refused(database) {
        let phones = Phones::start().await;
        let server = phones.server(&database).start().await;
        server.ask_for_text("+41790000002").await.expect(200);
        server.ask_for_text(NUMBER).await.expect(200);
        let code = phones.last_code(NUMBER);

        for text in ["", "12345", "1234567", "12345a", " 12345"] {
            expect_refused(&server.type_text_code(NUMBER, text).await);
        }
        for number in ["+41790000002", "+41790000003", "41790000001", "+41 79 000 00 01"] {
            if number == "+41790000002" && phones.messages()[0].1.contains(&code) {
                continue;
            }
            expect_refused(&server.type_text_code(number, &code).await);
        }
        for body in [
            json!({ "phoneNumber": "", "otp": code }),
            json!({ "phoneNumber": "+41\n79", "otp": code }),
            json!({ "phoneNumber": "1".repeat(65), "otp": code }),
            json!({ "phoneNumber": NUMBER }),
            json!({ "phoneNumber": NUMBER, "otp": code, "x": 1 }),
        ] {
            server.post("/signin/passwordless/sms/otp", &body).await.expect_invalid_request();
        }
        server.post(SIGN_IN, &json!({ "phoneNumber": "\0" })).await.expect_invalid_request();
        server.post(SIGN_UP, &json!({ "phoneNumber": null })).await.expect_invalid_request();
        server.type_text_code(NUMBER, &code).await.expect(200);
    }

    async fn a_code_is_good_for_five_minutes_and_until_the_next_one(database) {
        let phones = Phones::start().await;
        let server = phones.server(&database).start().await;
        server.ask_for_text(NUMBER).await.expect(200);
        let first = phones.last_code(NUMBER);
        server.ask_for_text(NUMBER).await.expect(200);
        let mut second = phones.last_code(NUMBER);
        while second == first {
            server.ask_for_text(NUMBER).await.expect(200);
            second = phones.last_code(NUMBER);
        }
        expect_refused(&server.type_text_code(NUMBER, &first).await);

        let minutes = |minutes: i64| match &database {
            Database::Sqlite(_) => format!("expires_at - {}", minutes * 60_000_000),
            Database::Postgres(_) => format!("expires_at - interval '{minutes} minutes'"),
        };
        database.execute(&format!("UPDATE auth.one_time_codes SET expires_at = {}", minutes(4))).await;
        server.type_text_code(NUMBER, &second).await.expect(200);

        server.ask_for_text(NUMBER).await.expect(200);
        let late = phones.last_code(NUMBER);
        database.execute(&format!("UPDATE auth.one_time_codes SET expires_at = {}", minutes(5))).await;
        expect_refused(&server.type_text_code(NUMBER, &late).await);
    }

    async fn five_wrong_guesses_close_the_account_whatever_codes_are_asked_for(database) {
        let phones = Phones::start().await;
        let server = phones.server(&database).start().await;

        for _ in 0..5 {
            server.ask_for_text(NUMBER).await.expect(200);
            let code = phones.last_code(NUMBER);
            expect_refused(&server.type_text_code(NUMBER, &other_than(&code)).await);
        }
        server.ask_for_text(NUMBER).await.expect(200);
        let code = phones.last_code(NUMBER);

        expect_refused(&server.type_text_code(NUMBER, &code).await);
        server.sign_in_by_text(&phones, "+41790000002").await;
    }

    async fn of_many_who_type_one_code_at_once_one_is_let_in(database) {
        let phones = Phones::start().await;
        let server = phones.server(&database).start().await;
        server.ask_for_text(NUMBER).await.expect(200);
        let code = phones.last_code(NUMBER);

        let guesses = (0..8).map(|_| server.type_text_code(NUMBER, &code));
        let answers = join_all(guesses).await;

        let admitted = answers.iter().filter(|it| it.status == 200).count();
        assert_eq!(admitted, 1, "{answers:?}");
        let sessions = "SELECT count(*) AS count FROM auth.refresh_tokens";
        assert_eq!(database.count(sessions).await, 1);
    }

    async fn a_first_proof_of_a_phone_drops_what_somebody_left_there(database) {
        let phones = Phones::start().await;
        let server = phones.server(&database).start().await;
        let squatter = server.sign_up("eve@example.com").await;
        database.execute(&format!("UPDATE auth.users SET phone_number = '{NUMBER}'")).await;

        let owner = server.sign_in_by_text(&phones, NUMBER).await;

        let refreshed = server.refresh(&squatter["refreshToken"]).await;
        refreshed.expect_error(401, "invalid-refresh-token", "Invalid or expired refresh token");
        let password = server.sign_in("eve@example.com", PASSWORD).await;
        password.expect_error(401, "invalid-email-password", "Incorrect email or password");
        // Only the first verification revokes (pre-hijacking): later sign-ins keep the owner's session.
        server.sign_in_by_text(&phones, NUMBER).await;
        server.refresh(&owner["refreshToken"]).await.expect(200);
    }

    async fn codes_and_numbers_are_not_in_the_log_and_codes_not_in_the_database(database) {
        let phones = Phones::start().await;
        let server = server_with(&phones, &database, "AUTH_LOG_LEVEL", "debug").await;

        server.ask_for_text(NUMBER).await.expect(200);
        let code = phones.last_code(NUMBER);
        let stored = format!(
            "SELECT count(*) AS count FROM auth.one_time_codes WHERE code_hash LIKE '%{code}%'"
        );
        assert_eq!(database.count(&stored).await, 0);
        server.type_text_code(NUMBER, &code).await.expect(200);

        let log = server.output();
        assert!(!log.contains(NUMBER) && !log.contains("41790000001"), "{log}");
    }

    async fn a_service_that_refuses_is_an_error_that_the_log_tells_without_the_message(database) {
        let phones = Phones::answering(503).await;
        let server = phones.server(&database).start().await;
        let cannot = "Cannot send SMS, check your phone number is correct";

        let answer = server.ask_for_text(NUMBER).await;

        answer.expect_error(400, "cannot-send-sms", cannot);
        server.printed("answered with status 503").await;
        let code = phones.last_code(NUMBER);
        let log = server.output();
        assert!(!log.contains(NUMBER) && !log.contains(&code), "{log}");
        // The account exists, and another message can be requested for it.
        server.ask_for_text(NUMBER).await.expect_error(400, "cannot-send-sms", cannot);
        assert_eq!(users(&database).await, 1);
    }

    async fn concealed_errors_tell_nothing_of_an_account(database) {
        let phones = Phones::start().await;
        let server = server_with(&phones, &database, "AUTH_CONCEAL_ERRORS", "true").await;
        database.execute("UPDATE auth.users SET disabled = true").await;
        let code = {
            assert_eq!(server.ask_for_text(NUMBER).await.expect(200), json!("OK"));
            phones.arrived(1).await;
            phones.last_code(NUMBER)
        };
        database.execute("UPDATE auth.users SET disabled = true").await;

        assert_eq!(server.ask_for_text(NUMBER).await.expect(200), json!("OK"));
        expect_refused(&server.type_text_code(NUMBER, &other_than(&code)).await);
        expect_refused(&server.type_text_code(NUMBER, &code).await);
        expect_refused(&server.type_text_code("+41790000009", &code).await);
        assert_eq!(phones.count(), 1);

        drop(server);
        let closed = phones.server(&database)
            .set("AUTH_CONCEAL_ERRORS", "true")
            .set("AUTH_DISABLE_SIGNUP", "true")
            .start()
            .await;
        assert_eq!(closed.ask_for_text("+41790000009").await.expect(200), json!("OK"));
        expect_refused(&closed.post(SIGN_UP, &json!({ "phoneNumber": "+41790000009" })).await);
        assert_eq!(phones.count(), 1);
    }

    async fn numbers_for_tests_get_no_message_and_have_a_code_of_their_own(database) {
        let phones = Phones::start().await;
        let server = server_with(
            &phones,
            &database,
            "AUTH_SMS_TEST_PHONE_NUMBERS",
            "+41790000001=424242,+41790000002",
        ).await;
        server.printed("a number without a code is like any other").await;
        assert!(!server.output().contains("424242"));

        expect_refused(&server.type_text_code(NUMBER, "424242").await);
        server.ask_for_text(NUMBER).await.expect(200);
        expect_refused(&server.type_text_code(NUMBER, "424243").await);
        assert_eq!(phones.count(), 0);

        server.type_text_code(NUMBER, "424242").await.expect(200);
        expect_refused(&server.type_text_code(NUMBER, "424242").await);
        server.sign_in_by_text(&phones, "+41790000002").await;
    }

    async fn switched_off_every_endpoint_says_so(database) {
        let server = ServerBuilder::new(&database).start().await;
        let session = server.sign_up("ada@example.com").await;
        let token = session["accessToken"].as_str().unwrap();
        let number = json!({ "phoneNumber": NUMBER });

        for (path, body) in [
            (SIGN_IN, number.clone()),
            (SIGN_UP, number.clone()),
            ("/signin/passwordless/sms/otp", json!({ "phoneNumber": NUMBER, "otp": "123456" })),
            ("/elevate/otp/sms", json!({})),
            ("/elevate/otp/sms/verify", json!({ "otp": "123456" })),
            ("/user/deanonymize/sms", number.clone()),
            ("/user/phone/change", json!({ "newPhoneNumber": NUMBER })),
            ("/user/phone/change/verify", json!({ "newPhoneNumber": NUMBER, "otp": "123456" })),
        ] {
            let answer = server.post_as(token, path, &body).await;
            answer.expect_error(409, "disabled-endpoint", "This endpoint is disabled");
        }
    }

    async fn a_number_gets_no_more_messages_than_its_limit_however_it_is_spelled(database) {
        let phones = Phones::start().await;
        let server = phones.server(&database)
            .set("AUTH_RATE_LIMIT_ENABLE", "true")
            .set("AUTH_TRUSTED_PROXIES", "127.0.0.1")
            .set("AUTH_RATE_LIMIT_RECIPIENT_BURST", "2")
            .start()
            .await;

        server.ask_for_text("+41790000001").await.expect(200);
        server.ask_for_text("0041 79 000 00 01").await.expect(200);
        let third = server.ask_for_text("+41-79-000-00-01").await;

        assert_eq!(third.status, 429, "{}", third.text);
        assert_eq!(phones.count(), 2);
        server.ask_for_text("+41790000002").await.expect(200);
    }

    async fn a_client_gets_no_more_messages_than_its_limit(database) {
        let phones = Phones::start().await;
        let server = phones.server(&database)
            .set("AUTH_RATE_LIMIT_ENABLE", "true")
            .set("AUTH_TRUSTED_PROXIES", "127.0.0.1")
            .set("AUTH_RATE_LIMIT_SMS_BURST", "3")
            .start()
            .await;
        let session = server.anonymous().await;
        let token = session["accessToken"].as_str().unwrap();
        let body = |at: u32| json!({ "phoneNumber": format!("+4179000000{at}") });

        server.post(SIGN_IN, &body(1)).await.expect(200);
        server.post(SIGN_UP, &body(2)).await.expect(200);
        server.post_as(token, "/user/deanonymize/sms", &body(3)).await.expect(200);

        for path in [SIGN_IN, SIGN_UP, "/user/deanonymize/sms", "/user/phone/change", "/elevate/otp/sms"] {
            assert_eq!(server.post_as(token, path, &body(4)).await.status, 429, "{path}");
        }
        assert_eq!(phones.count(), 3);
    }
}

fn is_kept(server: &Server, number: &str) -> Option<Value> {
    server
        .mails()
        .into_iter()
        .rev()
        .find(|it| it["to"] == number)
}

#[tokio::test]
async fn the_provider_for_development_keeps_messages_beside_mails() {
    let database = Database::sqlite();
    let server = ServerBuilder::new(&database)
        .set("AUTH_SMS_PASSWORDLESS_ENABLED", "true")
        .set("AUTH_SMS_PROVIDER", "Dev")
        .set("AUTH_SMS_DEV_OUTPUT_DIR", "texts")
        .start()
        .await;

    server.ask_for_text(NUMBER).await.expect(200);

    let kept = is_kept(&server, NUMBER).expect("the message was kept");
    let code = kept["ticket"].as_str().unwrap();
    let file = server.folder().join(format!("texts/{NUMBER}.txt"));
    assert_eq!(std::fs::read_to_string(file).unwrap(), kept["body"]);
    server
        .printed("a text message was put into the outbox")
        .await;
    assert!(!server.output().contains(code));
    assert!(!server.output().contains(NUMBER));
    let shown = server.outbox().await.expect(200);
    assert_eq!(shown[0]["body"], kept["body"]);
    server.type_text_code(NUMBER, code).await.expect(200);
}

#[tokio::test]
async fn a_provider_without_credentials_keeps_the_server_from_starting() {
    for (provider, missing) in [
        ("twilio", "AUTH_SMS_TWILIO_ACCOUNT_SID"),
        ("modica", "AUTH_SMS_MODICA_USERNAME"),
        ("generic", "AUTH_SMS_GENERIC_URL"),
    ] {
        let builder = ServerBuilder::new(&Database::sqlite())
            .set("AUTH_SMS_PASSWORDLESS_ENABLED", "true")
            .set("AUTH_SMS_PROVIDER", provider);

        let ended = builder.command().output().await.unwrap();

        assert!(!ended.status.success());
        let said = String::from_utf8(ended.stderr).unwrap();
        assert!(said.contains(&format!("which needs {missing}")), "{said}");
    }
}
