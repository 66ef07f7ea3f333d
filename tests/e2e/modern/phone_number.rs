//! `POST /user/phone/change`, `/user/deanonymize/sms` and `/elevate/otp/sms`, and their verification.

use serde_json::{Value, json};

use crate::support::{
    Answer, Database, PASSWORD, Phones, Server, ServerBuilder, WebService, on_both_databases,
    other_than,
};

const OLD: &str = "+41790000001";
const NEW: &str = "+41790000002";
const CHANGE: &str = "/user/phone/change";
const DEANONYMIZE: &str = "/user/deanonymize/sms";
const ELEVATE: &str = "/elevate/otp/sms";

#[track_caller]
fn bearer(session: &Value) -> &str {
    session["accessToken"].as_str().unwrap()
}

async fn change(server: &Server, session: &Value, number: &str) -> Answer {
    let body = json!({ "newPhoneNumber": number });
    server.post_as(bearer(session), CHANGE, &body).await
}

async fn confirm(server: &Server, session: &Value, number: &str, code: &str) -> Answer {
    let body = json!({ "newPhoneNumber": number, "otp": code });
    let path = "/user/phone/change/verify";
    server.post_as(bearer(session), path, &body).await
}

async fn deanonymize(server: &Server, session: &Value, number: &str) -> Answer {
    let body = json!({ "phoneNumber": number });
    server.post_as(bearer(session), DEANONYMIZE, &body).await
}

async fn elevate(server: &Server, session: &Value, code: &str) -> Answer {
    let body = json!({ "otp": code });
    server
        .post_as(bearer(session), "/elevate/otp/sms/verify", &body)
        .await
}

async fn user(server: &Server, session: &Value) -> Value {
    server.get_as(bearer(session), "/user").await.expect(200)
}

#[track_caller]
fn expect_refused(answer: &Answer) {
    answer.expect_error(400, "invalid-request", "The request payload is incorrect");
}

#[track_caller]
fn expect_taken(answer: &Answer) {
    answer.expect_error(409, "user-already-exists", "User already exists");
}

on_both_databases! {
    async fn a_wish_for_a_taken_number_voids_the_code_for_another_like_any_wish(database) {
        let phones = Phones::start().await;
        let server = phones.server(&database).start().await;
        let session = server.sign_in_by_text(&phones, OLD).await;
        let taken = "+41790000009";
        server.sign_in_by_text(&phones, taken).await;
        change(&server, &session, NEW).await.expect(200);
        let code = phones.last_code(NEW);

        expect_taken(&change(&server, &session, taken).await);

        // User enumeration: a code that stayed valid would tell that the other number has an account.
        expect_refused(&confirm(&server, &session, NEW, &code).await);
        assert_eq!(user(&server, &session).await["phoneNumber"], OLD);
    }

    async fn an_account_moves_to_a_number_once_its_owner_reads_the_code_there(database) {
        let phones = Phones::start().await;
        let server = phones.server(&database).start().await;
        let session = server.sign_in_by_text(&phones, OLD).await;
        server.ask_for_text(OLD).await.expect(200);
        let pending = phones.last_code(OLD);

        assert_eq!(change(&server, &session, NEW).await.expect(200), json!("OK"));
        let code = phones.last_code(NEW);
        assert_eq!(user(&server, &session).await["phoneNumber"], OLD);
        expect_refused(&confirm(&server, &session, NEW, &other_than(&code)).await);
        expect_refused(&confirm(&server, &session, "+41790000009", &other_than(&code)).await);
        assert_eq!(confirm(&server, &session, NEW, &code).await.expect(200), json!("OK"));

        let moved = user(&server, &session).await;
        assert_eq!(moved["phoneNumber"], NEW);
        assert_eq!(moved["phoneNumberVerified"], true);
        expect_refused(&confirm(&server, &session, NEW, &code).await);
        for number in [OLD, NEW] {
            expect_refused(&server.type_text_code(number, &pending).await);
        }
        server.refresh(&session["refreshToken"]).await.expect(200);
        let again = server.sign_in_by_text(&phones, NEW).await;
        assert_eq!(again["user"]["id"], moved["id"]);
        let other = server.sign_in_by_text(&phones, OLD).await;
        assert_ne!(other["user"]["id"], moved["id"]);
    }

    async fn somebody_with_an_address_gets_a_number_and_signs_in_with_it(database) {
        let phones = Phones::start().await;
        let server = phones.server(&database).start().await;
        let session = server.sign_up("ada@example.com").await;

        change(&server, &session, NEW).await.expect(200);
        let code = phones.last_code(NEW);
        confirm(&server, &session, NEW, &code).await.expect(200);
        let by_text = server.sign_in_by_text(&phones, NEW).await;

        assert_eq!(by_text["user"]["email"], "ada@example.com");
        // No pre-hijacking: the number was verified, so the account's credentials stay.
        server.sign_in("ada@example.com", PASSWORD).await.expect(200);
        server.refresh(&session["refreshToken"]).await.expect(200);
    }

    async fn a_code_for_one_number_does_not_move_an_account_to_another(database) {
        let phones = Phones::start().await;
        let server = phones.server(&database).start().await;
        let session = server.sign_up("eve@example.com").await;

        change(&server, &session, OLD).await.expect(200);
        let own = phones.last_code(OLD);
        expect_refused(&confirm(&server, &session, NEW, &own).await);
        change(&server, &session, OLD).await.expect(200);
        let own = phones.last_code(OLD);
        change(&server, &session, NEW).await.expect(200);
        while phones.last_code(NEW) == own {
            change(&server, &session, NEW).await.expect(200);
        }

        expect_refused(&confirm(&server, &session, NEW, &own).await);
        expect_refused(&confirm(&server, &session, OLD, &own).await);
        assert_eq!(user(&server, &session).await.get("phoneNumber"), None);
    }

    async fn proving_a_phone_of_ones_own_buys_no_guesses_at_anothers(database) {
        let phones = Phones::start().await;
        let server = phones.server(&database).start().await;
        let session = server.sign_in_by_text(&phones, OLD).await;

        for round in 0..5 {
            change(&server, &session, NEW).await.expect(200);
            let code = phones.last_code(NEW);
            expect_refused(&confirm(&server, &session, NEW, &other_than(&code)).await);
            server.sign_in_by_text(&phones, OLD).await;
            if round == 2 {
                change(&server, &session, "+41790000007").await.expect(200);
                let own = phones.last_code("+41790000007");
                confirm(&server, &session, "+41790000007", &own).await.expect(200);
                change(&server, &session, OLD).await.expect(200);
                let own = phones.last_code(OLD);
                confirm(&server, &session, OLD, &own).await.expect(200);
            }
        }
        change(&server, &session, NEW).await.expect(200);
        let code = phones.last_code(NEW);

        expect_refused(&confirm(&server, &session, NEW, &code).await);
        assert_eq!(user(&server, &session).await["phoneNumber"], OLD);
    }

    async fn a_taken_number_is_nobodys_to_move_to(database) {
        let phones = Phones::start().await;
        let server = phones.server(&database).start().await;
        let ada = server.sign_up("ada@example.com").await;
        change(&server, &ada, NEW).await.expect(200);
        let code = phones.last_code(NEW);
        let holder = server.sign_in_by_text(&phones, NEW).await;
        let sent = phones.count();

        expect_taken(&confirm(&server, &ada, NEW, &code).await);
        expect_taken(&change(&server, &ada, NEW).await);
        expect_taken(&change(&server, &holder, NEW).await);
        assert_eq!(phones.count(), sent);

        assert_eq!(user(&server, &holder).await["phoneNumber"], NEW);
        drop(server);
        let concealing = phones.server(&database).set("AUTH_CONCEAL_ERRORS", "true").start().await;
        // This server has another signing key.
        let signed_in = concealing.sign_in("ada@example.com", PASSWORD).await.expect(200);
        let ada = signed_in["session"].clone();
        assert_eq!(change(&concealing, &ada, NEW).await.expect(200), json!("OK"));
        let anonymous = concealing.anonymous().await;
        assert_eq!(deanonymize(&concealing, &anonymous, NEW).await.expect(200), json!("OK"));
        // In order: a message from one of the requests above would have come first.
        change(&concealing, &ada, "+41790000003").await.expect(200);
        phones.arrived(sent + 1).await;
        assert_eq!(phones.messages()[sent].0, "+41790000003");
    }

    async fn whoever_may_not_use_their_account_moves_it_nowhere(database) {
        let phones = Phones::start().await;
        let server = phones.server(&database).start().await;
        let session = server.sign_up("ada@example.com").await;
        let anonymous = server.anonymous().await;
        let without = server.post(CHANGE, &json!({ "newPhoneNumber": NEW })).await;
        assert_eq!(without.status, 400, "{}", without.text);

        let answer = change(&server, &anonymous, NEW).await;
        answer.expect_error(403, "forbidden-anonymous", "Forbidden, user is anonymous.");
        for body in [json!({}), json!({ "newPhoneNumber": "" }), json!({ "newPhoneNumber": 4 })] {
            server.post_as(bearer(&session), CHANGE, &body).await.expect_invalid_request();
        }
        database.execute("UPDATE auth.users SET disabled = true").await;
        for answer in [
            change(&server, &session, NEW).await,
            confirm(&server, &session, NEW, "123456").await,
        ] {
            answer.expect_error(401, "disabled-user", "User is disabled");
        }

        assert_eq!(phones.count(), 0);
    }

    async fn where_it_is_required_moving_needs_an_elevated_token(database) {
        let phones = Phones::start().await;
        let server = phones.server(&database)
            .set("AUTH_REQUIRE_ELEVATED_CLAIM", "required")
            .start()
            .await;
        let session = server.sign_in_by_text(&phones, OLD).await;

        let refused = change(&server, &session, NEW).await;
        assert!(refused.text.contains("elevated-claim-required"), "{}", refused.text);
        server.post_as(bearer(&session), ELEVATE, &json!({})).await.expect(200);
        let code = phones.last_code(OLD);
        let wrong = elevate(&server, &session, &other_than(&code)).await;
        wrong.expect_error(401, "invalid-ticket", "Invalid ticket");
        let elevated = elevate(&server, &session, &code).await.expect(200)["session"].clone();
        let again = elevate(&server, &session, &code).await;
        again.expect_error(401, "invalid-ticket", "Invalid ticket");

        change(&server, &elevated, NEW).await.expect(200);
        let code = phones.last_code(NEW);
        confirm(&server, &session, NEW, &code).await.expect(200);
    }

    async fn a_phone_elevates_only_if_it_is_proven(database) {
        let phones = Phones::start().await;
        let server = phones.server(&database).start().await;
        let session = server.sign_up("ada@example.com").await;
        let methods = async || {
            server.get_as(bearer(&session), "/elevate").await.expect(200)["methods"].clone()
        };
        database.execute(&format!("UPDATE auth.users SET phone_number = '{OLD}'")).await;

        assert_eq!(methods().await, json!([]));
        for answer in [
            server.post_as(bearer(&session), ELEVATE, &json!({})).await,
            elevate(&server, &session, "123456").await,
        ] {
            answer.expect_error(401, "unverified-user", "User is not verified.");
        }
        assert_eq!(phones.count(), 0);

        database.execute("UPDATE auth.users SET phone_number_verified = true").await;
        assert_eq!(methods().await, json!(["otp-sms"]));
        server.ask_for_text(OLD).await.expect(200);
        let sign_in = phones.last_code(OLD);
        let other_purpose = elevate(&server, &session, &sign_in).await;
        other_purpose.expect_error(401, "invalid-ticket", "Invalid ticket");
        server.post_as(bearer(&session), ELEVATE, &json!({})).await.expect(200);
        let code = phones.last_code(OLD);
        elevate(&server, &session, &code).await.expect(200);
    }

    async fn an_anonymous_user_gets_a_number_by_typing_its_code(database) {
        let phones = Phones::start().await;
        let server = phones.server(&database).start().await;
        let session = server.anonymous().await;
        let body = json!({
            "phoneNumber": NEW,
            "options": { "displayName": "Ada", "metadata": { "b": 2 }, "allowedRoles": ["user", "me"] },
        });

        let answer = server.post_as(bearer(&session), DEANONYMIZE, &body).await;
        assert_eq!(answer.expect(200), json!("OK"));
        let code = phones.last_code(NEW);
        let still = "SELECT count(*) AS count FROM auth.users \
                     WHERE is_anonymous AND phone_number IS NULL";
        assert_eq!(database.count(still).await, 1);
        expect_refused(&server.type_text_code(NEW, &other_than(&code)).await);
        expect_refused(&server.type_text_code(OLD, &code).await);
        let named = server.type_text_code(NEW, &code).await.expect(200)["session"].clone();

        let user = &named["user"];
        assert_eq!(user["id"], session["user"]["id"]);
        assert_eq!(user["isAnonymous"], false);
        assert_eq!(user["phoneNumber"], NEW);
        assert_eq!(user["phoneNumberVerified"], true);
        assert_eq!(user["displayName"], "Ada");
        assert_eq!(user["metadata"], json!({ "b": 2 }));
        assert_eq!(user["defaultRole"], "user");
        assert_eq!(user["roles"], json!(["user", "me"]));
        let old = server.refresh(&session["refreshToken"]).await;
        old.expect_error(401, "invalid-refresh-token", "Invalid or expired refresh token");
        server.refresh(&named["refreshToken"]).await.expect(200);
        expect_refused(&server.type_text_code(NEW, &code).await);
        let again = deanonymize(&server, &named, OLD).await;
        again.expect_error(400, "user-not-anonymous", "Logged in user is not anonymous");
    }

    async fn a_wish_of_an_anonymous_user_is_refused_before_anything_is_sent(database) {
        let phones = Phones::start().await;
        let server = phones.server(&database).start().await;
        server.sign_in_by_text(&phones, OLD).await;
        let session = server.anonymous().await;

        expect_taken(&deanonymize(&server, &session, OLD).await);
        let body = json!({ "phoneNumber": NEW, "options": { "allowedRoles": ["admin"] } });
        let answer = server.post_as(bearer(&session), DEANONYMIZE, &body).await;
        answer.expect_error(400, "role-not-allowed", "Role not allowed");
        server.post_as(bearer(&session), DEANONYMIZE, &json!({})).await.expect_invalid_request();
        database.execute("UPDATE auth.users SET disabled = true").await;
        let disabled = deanonymize(&server, &session, NEW).await;
        disabled.expect_error(401, "disabled-user", "User is disabled");

        assert_eq!(phones.count(), 1);
        let staged = "SELECT count(*) AS count FROM auth.users WHERE new_phone_number IS NOT NULL";
        assert_eq!(database.count(staged).await, 0);
    }

    async fn a_number_is_whose_reader_comes_first(database) {
        let phones = Phones::start().await;
        let server = phones.server(&database).start().await;
        let anonymous = server.anonymous().await;
        deanonymize(&server, &anonymous, NEW).await.expect(200);
        let staged = phones.last_code(NEW);

        let owner = server.sign_in_by_text(&phones, NEW).await;

        expect_refused(&server.type_text_code(NEW, &staged).await);
        assert_ne!(owner["user"]["id"], anonymous["user"]["id"]);
        server.refresh(&anonymous["refreshToken"]).await.expect(200);
    }

    async fn of_two_who_want_one_number_the_last_code_counts(database) {
        let phones = Phones::start().await;
        let server = phones.server(&database).start().await;
        let (first, second) = (server.anonymous().await, server.anonymous().await);
        deanonymize(&server, &first, NEW).await.expect(200);
        let of_first = phones.last_code(NEW);
        deanonymize(&server, &second, NEW).await.expect(200);
        while phones.last_code(NEW) == of_first {
            deanonymize(&server, &second, NEW).await.expect(200);
        }

        expect_refused(&server.type_text_code(NEW, &of_first).await);
        let code = phones.last_code(NEW);
        let named = server.type_text_code(NEW, &code).await.expect(200)["session"].clone();

        assert_eq!(named["user"]["id"], second["user"]["id"]);
    }

    async fn a_service_that_refuses_is_told_at_every_endpoint(database) {
        let phones = Phones::answering(500).await;
        let server = phones.server(&database).start().await;
        let anonymous = server.anonymous().await;
        let session = server.sign_up("ada@example.com").await;
        let proven = format!(
            "UPDATE auth.users SET phone_number = '{OLD}', phone_number_verified = true \
             WHERE email IS NOT NULL"
        );
        database.execute(&proven).await;

        for answer in [
            deanonymize(&server, &anonymous, NEW).await,
            change(&server, &session, NEW).await,
            server.post_as(bearer(&session), ELEVATE, &json!({})).await,
        ] {
            let message = "Cannot send SMS, check your phone number is correct";
            answer.expect_error(400, "cannot-send-sms", message);
        }
    }

    async fn whoever_proves_a_mailbox_first_finds_no_phone_of_somebody_else(database) {
        let phones = Phones::start().await;
        let server = phones.server(&database).set("AUTH_OTP_EMAIL_ENABLED", "true").start().await;
        let squatter = server.sign_up("ada@example.com").await;
        change(&server, &squatter, NEW).await.expect(200);
        let code = phones.last_code(NEW);
        confirm(&server, &squatter, NEW, &code).await.expect(200);

        let email = json!({ "email": "ada@example.com" });
        let mail = server.mail_after("/signin/otp/email", &email).await;
        let typed = json!({ "email": "ada@example.com", "otp": mail["ticket"] });
        let owner = server.post("/signin/otp/email/verify", &typed).await.expect(200);

        assert_eq!(owner["session"]["user"].get("phoneNumber"), None);
        let other = server.sign_in_by_text(&phones, NEW).await;
        assert_ne!(other["user"]["id"], owner["session"]["user"]["id"]);
    }
}

/// A server whose codes Twilio Verify makes, and the fake of that service: `111111` is the code of
/// every number.
async fn verified_by_twilio(database: &Database) -> (Server, WebService) {
    let twilio = WebService::start(|request| match request.line.as_str() {
        "POST /v2/Services/VA2/Verifications" => (201, "{}".to_owned()),
        "POST /v2/Services/VA2/VerificationCheck" if request.body.ends_with("Code=111111") => {
            (200, json!({ "status": "approved" }).to_string())
        }
        "POST /v2/Services/VA2/VerificationCheck" if request.body.ends_with("Code=500500") => {
            (500, String::new())
        }
        _ => (404, String::new()),
    })
    .await;
    let server = ServerBuilder::new(database)
        .set("AUTH_SMS_PASSWORDLESS_ENABLED", "true")
        .set("AUTH_SMS_TWILIO_ACCOUNT_SID", "VA1")
        .set("AUTH_SMS_TWILIO_AUTH_TOKEN", "twilio-token-1234")
        .set("AUTH_SMS_TWILIO_MESSAGING_SERVICE_ID", "VA2")
        .set("AUTH_SMS_TWILIO_VERIFY_URL", twilio.url())
        .set("AUTH_EGRESS_ALLOWED_HOSTS", "127.0.0.1")
        .set("AUTH_ANONYMOUS_USERS_ENABLED", "true")
        .set("AUTH_SMS_TEST_PHONE_NUMBERS", "+41790000008=424242")
        .start()
        .await;
    (server, twilio)
}

on_both_databases! {
    async fn codes_that_twilio_judges_work_once_and_only_where_they_were_asked_for(database) {
        let (server, twilio) = verified_by_twilio(&database).await;

        expect_refused(&server.type_text_code(OLD, "111111").await);
        server.ask_for_text(OLD).await.expect(200);
        expect_refused(&server.type_text_code(OLD, "222222").await);
        let session = server.type_text_code(OLD, "111111").await.expect(200)["session"].clone();
        expect_refused(&server.type_text_code(OLD, "111111").await);
        let elevated = elevate(&server, &session, "111111").await;
        elevated.expect_error(401, "invalid-ticket", "Invalid ticket");
        expect_refused(&confirm(&server, &session, NEW, "111111").await);
        change(&server, &session, "+41790000005").await.expect(200);
        expect_refused(&confirm(&server, &session, NEW, "111111").await);
        change(&server, &session, NEW).await.expect(200);
        confirm(&server, &session, NEW, "111111").await.expect(200);

        let sent = twilio.received();
        assert_eq!(sent[0].line, "POST /v2/Services/VA2/Verifications");
        assert_eq!(sent[0].body, "To=%2B41790000001&Channel=sms&Locale=en");
        // The account and its token, in Basic authentication.
        let authorization = "authorization: Basic VkExOnR3aWxpby10b2tlbi0xMjM0".to_owned();
        assert!(sent[0].headers.contains(&authorization), "{:?}", sent[0].headers);
        let anonymous = server.anonymous().await;
        deanonymize(&server, &anonymous, "+41790000006").await.expect(200);
        server.type_text_code("+41790000006", "111111").await.expect(200);
    }

    async fn guesses_that_twilio_judges_are_counted_here_too(database) {
        let (server, twilio) = verified_by_twilio(&database).await;
        server.ask_for_text(OLD).await.expect(200);
        for _ in 0..5 {
            expect_refused(&server.type_text_code(OLD, "222222").await);
        }

        server.ask_for_text(OLD).await.expect(200);

        expect_refused(&server.type_text_code(OLD, "111111").await);
        server.ask_for_text(NEW).await.expect(200);
        let away = server.type_text_code(NEW, "500500").await;
        away.expect_error(500, "internal-server-error", "Internal server error");
        // Test numbers are never sent to Twilio.
        let asked = twilio.received().len();
        server.ask_for_text("+41790000008").await.expect(200);
        expect_refused(&server.type_text_code("+41790000008", "111111").await);
        server.type_text_code("+41790000008", "424242").await.expect(200);
        assert_eq!(twilio.received().len(), asked);
    }
}
