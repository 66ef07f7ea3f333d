//! Second factors besides sign-in: at `/elevate/totp` and `/mfa/recovery-codes`.

use serde_json::json;

use crate::support::{Answer, Database, Person, Server, ServerBuilder, on_both_databases};

const CODES: &str = "SELECT count(*) AS count FROM auth.recovery_codes";
const ADA: &str = "ada@example.com";

async fn with_mfa(database: &Database) -> Server {
    ServerBuilder::new(database).with_mfa().start().await
}

async fn elevate(server: &Server, person: &Person, code: &str) -> Answer {
    let body = json!({ "otp": code });
    server.post_as(&person.token, "/elevate/totp", &body).await
}

#[track_caller]
fn expect_invalid_totp(answer: &Answer) {
    answer.expect_error(401, "invalid-totp", "Invalid TOTP code");
}

on_both_databases! {
    async fn guesses_at_sign_in_close_the_second_factor_for_everything_else(database) {
        let server = with_mfa(&database).await;
        let ada = server.protected(ADA).await;
        let first = server.recovery_codes(&ada, &ada.app.code()).await.expect(200);
        let code = first["recoveryCodes"][0].as_str().unwrap();
        for _ in 0..5 {
            expect_invalid_totp(&server.sign_in_with(ADA, &ada.app.wrong_code()).await);
        }

        expect_invalid_totp(&elevate(&server, &ada, &ada.app.next_code()).await);
        expect_invalid_totp(&server.recovery_codes(&ada, &ada.app.next_code()).await);

        assert_eq!(database.count(CODES).await, 10);
        // They are no guesses at recovery codes: the earlier codes stay valid.
        let elevated = elevate(&server, &ada, code).await.expect(200);
        assert!(elevated["session"]["accessToken"].is_string(), "{elevated}");
    }

    async fn guesses_at_elevating_close_it_for_everything_else(database) {
        let server = with_mfa(&database).await;
        let ada = server.protected(ADA).await;
        for _ in 0..5 {
            expect_invalid_totp(&elevate(&server, &ada, &ada.app.wrong_code()).await);
        }

        expect_invalid_totp(&elevate(&server, &ada, &ada.app.code()).await);
        expect_invalid_totp(&server.recovery_codes(&ada, &ada.app.code()).await);
        expect_invalid_totp(&server.sign_in_with(ADA, &ada.app.code()).await);

        assert_eq!(database.count(CODES).await, 0);
        let elevated = "SELECT count(*) AS count FROM auth.refresh_tokens";
        assert_eq!(database.count(elevated).await, 1);
    }

    async fn a_recovery_code_elevates_once(database) {
        let server = ServerBuilder::new(&database)
            .with_mfa()
            .set("AUTH_REQUIRE_ELEVATED_CLAIM", "required")
            .start()
            .await;
        let ada = server.protected(ADA).await;
        // Making them needs no elevation: it takes a code of the app.
        let made = server.recovery_codes(&ada, &ada.app.code()).await.expect(200);
        let code = made["recoveryCodes"][0].as_str().unwrap();

        let elevated = elevate(&server, &ada, code).await.expect(200);
        let again = elevate(&server, &ada, code).await;

        let pat = json!({ "expiresAt": "2099-01-01T00:00:00Z" });
        let token = elevated["session"]["accessToken"].as_str().unwrap();
        server.post_as(token, "/pat", &pat).await.expect(200);
        expect_invalid_totp(&again);
        assert_eq!(database.count(CODES).await, 9);
    }

    async fn without_a_secret_there_is_nothing_to_compare_with(database) {
        let server = with_mfa(&database).await;
        let ada = server.protected(ADA).await;
        let code = ada.app.code();
        database.execute("UPDATE auth.users SET totp_secret = NULL").await;

        for answer in [
            elevate(&server, &ada, &code).await,
            server.recovery_codes(&ada, &code).await,
        ] {
            answer.expect_error(400, "no-totp-secret", "User does not have a TOTP secret");
        }

        assert_eq!(database.count(CODES).await, 0);
    }
}
