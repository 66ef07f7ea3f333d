//! `GET /mfa/totp/generate`, `POST /user/mfa` and `POST /signin/mfa/totp`

use futures_util::future::join_all;
use serde_json::json;

use crate::support::{
    Answer, Database, PASSWORD, Person, Server, ServerBuilder, on_both_databases, scanned,
};

async fn with_mfa(database: &Database) -> Server {
    ServerBuilder::new(database).with_mfa().start().await
}

#[track_caller]
fn expect_invalid_totp(answer: &Answer) {
    answer.expect_error(401, "invalid-totp", "Invalid TOTP code");
}

#[track_caller]
fn expect_invalid_ticket(answer: &Answer) {
    answer.expect_error(401, "invalid-ticket", "Invalid ticket");
}

#[track_caller]
fn expect_not_active(answer: &Answer) {
    let message = "User does not have TOTP MFA enabled";
    answer.expect_error(401, "disabled-mfa-totp", message);
}

async fn active_type(server: &Server, person: &Person) -> serde_json::Value {
    let user = server.get_as(&person.token, "/user").await.expect(200);
    user["activeMfaType"].clone()
}

on_both_databases! {
    async fn a_code_switches_it_on_signs_in_and_switches_it_off(database) {
        let server = with_mfa(&database).await;
        let ada = server.enrolled("ada@example.com").await;
        let code = ada.app.code();

        // A secret that is not activated has no effect.
        let answer = server.sign_in(&ada.email, PASSWORD).await.expect(200);
        assert!(answer["session"].is_object() && answer.get("mfa").is_none(), "{answer}");

        let activated = server.activate(&ada, &code).await;
        assert_eq!(activated.expect(200), json!("OK"));
        assert_eq!(active_type(&server, &ada).await, json!("totp"));

        let ticket = server.mfa_ticket(&ada.email).await;
        let answer = server.second_step(&ticket, &code).await.expect(200);
        assert_eq!(answer.as_object().unwrap().len(), 1, "{answer}");
        let session = &answer["session"];
        assert_eq!(session["user"]["email"], "ada@example.com");
        assert_eq!(session["user"]["activeMfaType"], "totp");
        server.get_as(session["accessToken"].as_str().unwrap(), "/user").await.expect(200);
        server.refresh(&session["refreshToken"]).await.expect(200);

        let deactivated = server.deactivate(&ada, &code).await;
        assert_eq!(deactivated.expect(200), json!("OK"));
        assert_eq!(active_type(&server, &ada).await, json!(null));
        let answer = server.sign_in(&ada.email, PASSWORD).await.expect(200);
        assert!(answer["session"].is_object() && answer.get("mfa").is_none(), "{answer}");
    }

    async fn a_secret_comes_as_text_and_as_a_picture(database) {
        let server = ServerBuilder::new(&database)
            .with_mfa()
            .set("AUTH_MFA_TOTP_ISSUER", "My App")
            .start()
            .await;
        let session = server.sign_up("ada@example.com").await;
        let token = session["accessToken"].as_str().unwrap();

        let answer = server.generate(token).await;
        let again = server.generate(token).await.expect(200);

        assert_eq!(answer.header("cache-control"), "no-store");
        let answer = answer.expect(200);
        assert_eq!(answer.as_object().unwrap().len(), 2, "{answer}");
        let secret = answer["totpSecret"].as_str().unwrap();
        let is_base32 = |it: char| it.is_ascii_uppercase() || ('2'..='7').contains(&it);
        assert!(secret.len() == 52 && secret.chars().all(is_base32), "{secret}");
        assert_ne!(again["totpSecret"], answer["totpSecret"]);
        let expected = format!(
            "otpauth://totp/My%20App:ada%40example.com?algorithm=SHA1&digits=6\
             &issuer=My%20App&period=30&secret={secret}"
        );
        assert_eq!(scanned(answer["imageUrl"].as_str().unwrap()), expected);
        assert!(!server.output().contains(secret));
    }

    async fn the_last_secret_made_is_the_one_that_counts(database) {
        let server = with_mfa(&database).await;
        let mut ada = server.enrolled("ada@example.com").await;
        let overtaken = std::mem::replace(&mut ada.app, server.new_app(&ada.token).await);

        let old = server.activate(&ada, &overtaken.code()).await;
        let new = server.activate(&ada, &ada.app.code()).await;

        expect_invalid_totp(&old);
        new.expect(200);
    }

    async fn a_secret_made_while_another_is_in_use_waits_for_its_turn(database) {
        let server = with_mfa(&database).await;
        let ada = server.protected("ada@example.com").await;

        let new = server.new_app(&ada.token).await;

        expect_invalid_totp(&server.deactivate(&ada, &new.code()).await);
        expect_invalid_totp(&server.sign_in_with(&ada.email, &new.code()).await);
        server.sign_in_with(&ada.email, &ada.app.code()).await.expect(200);
        server.deactivate(&ada, &ada.app.code()).await.expect(200);
        expect_invalid_totp(&server.activate(&ada, &ada.app.next_code()).await);
        server.activate(&ada, &new.code()).await.expect(200);
        server.sign_in_with(&ada.email, &new.code()).await.expect(200);
    }

    async fn without_a_secret_there_is_nothing_to_switch_on(database) {
        let server = with_mfa(&database).await;
        let session = server.sign_up("ada@example.com").await;
        let token = session["accessToken"].as_str().unwrap();
        let body = json!({ "code": "123456", "activeMfaType": "totp" });

        let answer = server.post_as(token, "/user/mfa", &body).await;
        database.execute("UPDATE auth.users SET active_mfa_type = 'totp'").await;
        let ticket = server.mfa_ticket("ada@example.com").await;
        let sign_in = server.second_step(&ticket, "123456").await;
        let off = server.post_as(token, "/user/mfa", &json!({ "code": "123456" })).await;

        for answer in [answer, sign_in, off] {
            let message = "User does not have a TOTP secret";
            answer.expect_error(400, "no-totp-secret", message);
        }
    }

    async fn what_is_on_cannot_be_switched_on_and_what_is_off_not_off(database) {
        let server = with_mfa(&database).await;
        let ada = server.enrolled("ada@example.com").await;

        let off = server.deactivate(&ada, &ada.app.code()).await;
        let absent = server.post_as(&ada.token, "/user/mfa", &json!({ "code": "000000" })).await;
        server.activate(&ada, &ada.app.code()).await.expect(200);
        let on = server.activate(&ada, &ada.app.next_code()).await;

        expect_not_active(&off);
        expect_not_active(&absent);
        on.expect_error(400, "totp-already-active", "TOTP MFA is already active");
    }

    async fn a_wrong_code_changes_nothing(database) {
        let server = with_mfa(&database).await;
        let ada = server.enrolled("ada@example.com").await;

        expect_invalid_totp(&server.activate(&ada, &ada.app.wrong_code()).await);
        expect_invalid_totp(&server.activate(&ada, "").await);
        assert_eq!(active_type(&server, &ada).await, json!(null));

        server.activate(&ada, &ada.app.code()).await.expect(200);
        expect_invalid_totp(&server.deactivate(&ada, &ada.app.wrong_code()).await);
        assert_eq!(active_type(&server, &ada).await, json!("totp"));
    }

    async fn a_wrong_code_spends_the_ticket(database) {
        let server = with_mfa(&database).await;
        let ada = server.protected("ada@example.com").await;
        for wrong in [ada.app.wrong_code(), "no code".to_owned()] {
            let ticket = server.mfa_ticket(&ada.email).await;

            expect_invalid_totp(&server.second_step(&ticket, &wrong).await);
            expect_invalid_ticket(&server.second_step(&ticket, &ada.app.code()).await);
        }
    }

    async fn a_ticket_is_good_once(database) {
        let server = with_mfa(&database).await;
        let ada = server.protected("ada@example.com").await;
        let ticket = server.mfa_ticket(&ada.email).await;

        server.second_step(&ticket, &ada.app.code()).await.expect(200);

        expect_invalid_ticket(&server.second_step(&ticket, &ada.app.next_code()).await);
    }

    async fn an_expired_or_unknown_ticket_is_refused(database) {
        let server = with_mfa(&database).await;
        let ada = server.protected("ada@example.com").await;
        let ticket = server.mfa_ticket(&ada.email).await;
        database.execute("UPDATE auth.tickets SET expires_at = created_at").await;

        expect_invalid_ticket(&server.second_step(&ticket, &ada.app.code()).await);
        for unknown in ["mfaTotp:", "mfaTotp:e106bc23-a6ae-43e2-b12b-40cea9395407"] {
            let answer = server.second_step(&json!(unknown), &ada.app.code()).await;
            expect_invalid_ticket(&answer);
        }
    }

    async fn a_ticket_for_anything_else_is_no_first_step(database) {
        let server = ServerBuilder::new(&database).by_mail().with_mfa().start().await;
        let ada = server.verified("ada@example.com").await;
        let token = ada["accessToken"].as_str().unwrap();
        let app = server.new_app(token).await;
        let on = json!({ "code": app.code(), "activeMfaType": "totp" });
        server.post_as(token, "/user/mfa", &on).await.expect(200);
        let mail = server.link_mail("ada@example.com").await;

        server.second_step(&mail["ticket"], &app.code()).await.expect_invalid_request();
        let (_, secret) = mail["ticket"].as_str().unwrap().split_once(':').unwrap();
        let renamed = json!(format!("mfaTotp:{secret}"));
        expect_invalid_ticket(&server.second_step(&renamed, &app.code()).await);
    }

    async fn a_used_code_signs_nobody_in(database) {
        let server = with_mfa(&database).await;
        let ada = server.protected("ada@example.com").await;
        let code = ada.app.code();
        server.sign_in_with(&ada.email, &code).await.expect(200);

        expect_invalid_totp(&server.sign_in_with(&ada.email, &code).await);

        server.sign_in_with(&ada.email, &ada.app.next_code()).await.expect(200);
        // Replay: codes older than the last one used are refused, too.
        expect_invalid_totp(&server.sign_in_with(&ada.email, &code).await);
    }

    async fn a_used_code_switches_nothing(database) {
        let server = with_mfa(&database).await;
        let ada = server.enrolled("ada@example.com").await;
        let code = ada.app.code();
        server.activate(&ada, &code).await.expect(200);
        server.deactivate(&ada, &code).await.expect(200);

        expect_invalid_totp(&server.activate(&ada, &code).await);

        let next = ada.app.next_code();
        server.activate(&ada, &next).await.expect(200);
        expect_invalid_totp(&server.deactivate(&ada, &code).await);
        server.deactivate(&ada, &next).await.expect(200);
    }

    async fn a_code_may_be_used_again_where_that_is_allowed(database) {
        let server = ServerBuilder::new(&database)
            .with_mfa()
            .set("AUTH_MFA_TOTP_REUSE_ALLOWED", "true")
            .start()
            .await;
        let ada = server.protected("ada@example.com").await;
        let code = ada.app.code();

        for _ in 0..3 {
            server.sign_in_with(&ada.email, &code).await.expect(200);
        }
        server.deactivate(&ada, &code).await.expect(200);
        server.activate(&ada, &code).await.expect(200);
    }

    async fn of_many_parallel_sign_ins_with_one_code_one_succeeds(database) {
        let server = with_mfa(&database).await;
        let ada = server.protected("ada@example.com").await;
        let code = ada.app.code();
        let sessions = "SELECT count(*) AS count FROM auth.refresh_tokens";
        let before = database.count(sessions).await;

        let tries = (0..10).map(|_| server.sign_in_with(&ada.email, &code));
        let answers = join_all(tries).await;

        let winners = answers.iter().filter(|answer| answer.status == 200);
        assert_eq!(winners.count(), 1, "{answers:?}");
        assert!(answers.iter().all(|answer| [200, 401].contains(&answer.status)), "{answers:?}");
        assert_eq!(database.count(sessions).await, before + 1);
    }

    async fn of_many_parallel_uses_of_one_ticket_one_signs_in(database) {
        let server = with_mfa(&database).await;
        let ada = server.protected("ada@example.com").await;
        let ticket = server.mfa_ticket(&ada.email).await;
        let code = ada.app.code();

        let answers = join_all((0..10).map(|_| server.second_step(&ticket, &code))).await;

        let (won, lost): (Vec<_>, Vec<_>) = answers.iter().partition(|it| it.status == 200);
        assert_eq!(won.len(), 1);
        for answer in lost {
            expect_invalid_ticket(answer);
        }
    }

    async fn asking_for_other_tickets_buys_no_more_guesses(database) {
        let server = with_mfa(&database).await;
        let ada = server.protected("ada@example.com").await;
        let eve = server.protected("eve@example.com").await;

        for _ in 0..5 {
            expect_invalid_totp(&server.sign_in_with(&ada.email, &ada.app.wrong_code()).await);
        }

        let code = ada.app.code();
        expect_invalid_totp(&server.sign_in_with(&ada.email, &code).await);
        expect_invalid_totp(&server.deactivate(&ada, &code).await);
        server.sign_in_with(&eve.email, &eve.app.code()).await.expect(200);
        // After the lockout: the refused guesses did not spend the right code.
        database.execute("DELETE FROM auth.wrong_codes").await;
        server.sign_in_with(&ada.email, &ada.app.code()).await.expect(200);
    }

    async fn parallel_guesses_are_all_counted(database) {
        let server = with_mfa(&database).await;
        let ada = server.protected("ada@example.com").await;
        let wrong = ada.app.wrong_code();

        join_all((0..20).map(|_| server.deactivate(&ada, &wrong))).await;

        let guesses = "SELECT count(*) AS count FROM auth.wrong_codes WHERE kind = 'second-factor'";
        assert_eq!(database.count(guesses).await, 5);
        expect_invalid_totp(&server.deactivate(&ada, &ada.app.code()).await);
    }

    async fn a_right_code_makes_up_for_wrong_ones(database) {
        let server = with_mfa(&database).await;
        let ada = server.protected("ada@example.com").await;

        for code in [ada.app.code(), ada.app.next_code()] {
            for _ in 0..4 {
                expect_invalid_totp(&server.deactivate(&ada, &ada.app.wrong_code()).await);
            }
            server.sign_in_with(&ada.email, &code).await.expect(200);
        }
    }

    async fn guesses_at_mailed_codes_do_not_close_the_second_factor(database) {
        let server = ServerBuilder::new(&database)
            .with_mfa()
            .set("AUTH_OTP_EMAIL_ENABLED", "true")
            .start()
            .await;
        let ada = server.protected("ada@example.com").await;

        for _ in 0..6 {
            let guess = json!({ "email": ada.email, "otp": "000000" });
            server.post("/signin/otp/email/verify", &guess).await.expect(401);
        }

        server.sign_in_with(&ada.email, &ada.app.code()).await.expect(200);
    }

    async fn while_it_is_disabled_every_endpoint_says_so(database) {
        let enabled = with_mfa(&database).await;
        let ada = enabled.protected("ada@example.com").await;
        let server = ServerBuilder::new(&database).start().await;
        let session = server.sign_up("eve@example.com").await;
        let token = session["accessToken"].as_str().unwrap();
        let ticket = server.mfa_ticket(&ada.email).await;
        let code = json!({ "code": "123456" });

        for answer in [
            server.generate(token).await,
            server.post_as(token, "/user/mfa", &code).await,
            server.post_as(token, "/mfa/recovery-codes", &code).await,
            server.second_step(&ticket, &ada.app.code()).await,
            server.second_step(&json!("mfaTotp:"), "").await,
        ] {
            answer.expect_error(409, "disabled-endpoint", "This endpoint is disabled");
        }
        // The ticket was not spent.
        enabled.second_step(&ticket, &ada.app.code()).await.expect(200);
    }

    async fn without_a_token_nothing_is_made_or_switched(database) {
        let server = with_mfa(&database).await;
        let body = json!({ "code": "123456", "activeMfaType": "totp" });

        for answer in [
            server.get("/mfa/totp/generate").await,
            server.generate("abc").await,
            server.post("/user/mfa", &body).await,
            server.post("/mfa/recovery-codes", &json!({ "code": "123456" })).await,
        ] {
            let text = answer.expect(400)["error"].as_str().unwrap().to_owned();
            assert!(text.contains("SecurityRequirementsError"), "{text}");
        }
    }

    async fn bodies_of_another_shape_are_refused(database) {
        let server = with_mfa(&database).await;
        let ada = server.protected("ada@example.com").await;

        for body in [
            json!({}),
            json!({ "code": 123_456 }),
            json!({ "code": "123456", "activeMfaType": "sms" }),
            json!({ "code": "123456", "activeMfaType": null }),
            json!({ "code": "123456", "more": 1 }),
        ] {
            server.post_as(&ada.token, "/user/mfa", &body).await.expect_invalid_request();
        }
        for body in [
            json!({ "otp": "123456" }),
            json!({ "ticket": "mfaTotp:x" }),
            json!({ "ticket": "verifyEmail:x", "otp": "123456" }),
            json!({ "ticket": "mfaTotp", "otp": "123456" }),
            json!({ "ticket": null, "otp": "123456" }),
        ] {
            server.post("/signin/mfa/totp", &body).await.expect_invalid_request();
        }
    }

    async fn refused_users_get_no_further(database) {
        let server = with_mfa(&database).await;
        let ada = server.protected("ada@example.com").await;
        let ticket = server.mfa_ticket(&ada.email).await;
        database.execute("UPDATE auth.users SET disabled = true").await;

        for answer in [
            server.generate(&ada.token).await,
            server.deactivate(&ada, &ada.app.code()).await,
            server.recovery_codes(&ada, &ada.app.code()).await,
            server.second_step(&ticket, &ada.app.code()).await,
        ] {
            answer.expect_error(401, "disabled-user", "User is disabled");
        }
        // The ticket is spent nevertheless, as in the original.
        database.execute("UPDATE auth.users SET disabled = false").await;
        expect_invalid_ticket(&server.second_step(&ticket, &ada.app.code()).await);
    }

    async fn anonymous_users_have_nothing_to_protect(database) {
        let server = ServerBuilder::new(&database)
            .with_mfa()
            .set("AUTH_ANONYMOUS_USERS_ENABLED", "true")
            .start()
            .await;
        let anonymous = server.post("/signin/anonymous", &json!({})).await.expect(200);
        let token = anonymous["session"]["accessToken"].as_str().unwrap();

        let answer = server.generate(token).await;

        answer.expect_error(403, "forbidden-anonymous", "Forbidden, user is anonymous.");
    }

    async fn a_ticket_is_worthless_once_the_second_factor_is_off(database) {
        let server = with_mfa(&database).await;
        let ada = server.protected("ada@example.com").await;
        let ticket = server.mfa_ticket(&ada.email).await;
        server.deactivate(&ada, &ada.app.code()).await.expect(200);

        expect_not_active(&server.second_step(&ticket, &ada.app.code()).await);
    }

    async fn concealed_errors_do_not_tell_what_was_wrong(database) {
        let server = ServerBuilder::new(&database)
            .with_mfa()
            .set("AUTH_CONCEAL_ERRORS", "true")
            .start()
            .await;
        let ada = server.protected("ada@example.com").await;

        for answer in [
            server.sign_in_with(&ada.email, &ada.app.wrong_code()).await,
            server.second_step(&json!("mfaTotp:x"), "123456").await,
        ] {
            let message = "The request payload is incorrect";
            answer.expect_error(400, "invalid-request", message);
        }
    }

    async fn a_mail_signs_in_without_the_second_factor_as_in_the_original(database) {
        let server = ServerBuilder::new(&database)
            .with_mfa()
            .set("AUTH_EMAIL_PASSWORDLESS_ENABLED", "true")
            .start()
            .await;
        let ada = server.protected("ada@example.com").await;
        database.execute("UPDATE auth.users SET email_verified = true").await;

        let mail = server.link_mail(&ada.email).await;
        server.session_behind(&mail).await;

        assert_eq!(active_type(&server, &ada).await, json!("totp"));
    }

    async fn whoever_waits_in_an_account_loses_its_second_factor_to_the_owner_of_the_mailbox(database) {
        let server = ServerBuilder::new(&database)
            .with_mfa()
            .set("AUTH_EMAIL_PASSWORDLESS_ENABLED", "true")
            .start()
            .await;
        let squatter = server.protected("ada@example.com").await;

        let mail = server.link_mail("ada@example.com").await;
        let owner = server.session_behind(&mail).await;

        assert_eq!(owner["user"]["activeMfaType"], json!(null));
        let of_squatter = "SELECT count(*) AS count FROM auth.users WHERE totp_secret IS NOT NULL";
        assert_eq!(database.count(of_squatter).await, 0);
        let pat = json!({ "expiresAt": "2099-01-01T00:00:00Z" });
        for refused in [
            server.deactivate(&squatter, &squatter.app.code()).await,
            server.post_as(&squatter.token, "/pat", &pat).await,
        ] {
            refused.expect_void_token();
        }
    }
}
