//! `POST /mfa/recovery-codes`, and using the codes

use std::collections::HashSet;

use futures_util::future::join_all;
use serde_json::json;

use crate::support::{Answer, Database, Person, Server, ServerBuilder, on_both_databases};

const STORED: &str = "SELECT count(*) AS count FROM auth.recovery_codes";

async fn with_mfa(database: &Database) -> Server {
    ServerBuilder::new(database).with_mfa().start().await
}

/// The recovery codes of a user whose app shows a code that was not spent on making them.
async fn codes_of(server: &Server, person: &Person) -> Vec<String> {
    let answer = server.recovery_codes(person, &person.app.code()).await;
    codes_in(&answer)
}

#[track_caller]
fn codes_in(answer: &Answer) -> Vec<String> {
    let answer = answer.expect(200);
    let codes = answer["recoveryCodes"].as_array().unwrap();
    codes
        .iter()
        .map(|code| code.as_str().unwrap().to_owned())
        .collect()
}

#[track_caller]
fn expect_invalid_totp(answer: &Answer) {
    answer.expect_error(401, "invalid-totp", "Invalid TOTP code");
}

on_both_databases! {
    async fn ten_codes_are_shown_and_only_hashes_are_kept(database) {
        let server = with_mfa(&database).await;
        let ada = server.protected("ada@example.com").await;

        let answer = server.recovery_codes(&ada, &ada.app.code()).await;

        assert_eq!(answer.header("cache-control"), "no-store");
        let codes = codes_in(&answer);
        assert_eq!(codes.iter().collect::<HashSet<_>>().len(), 10);
        assert_eq!(database.count(STORED).await, 10);
        for code in codes {
            assert_eq!(code.len(), 19);
            for text in [code.replace('-', ""), code] {
                let shown = format!("{STORED} WHERE code_hash LIKE '%{text}%'");
                assert_eq!(database.count(&shown).await, 0);
                assert!(!server.output().contains(&text));
            }
        }
    }

    async fn a_recovery_code_stands_in_for_the_app_once(database) {
        let server = with_mfa(&database).await;
        let ada = server.protected("ada@example.com").await;
        let codes = codes_of(&server, &ada).await;

        let answer = server.sign_in_with(&ada.email, &codes[0]).await.expect(200);

        assert_eq!(answer["session"]["user"]["email"], "ada@example.com");
        expect_invalid_totp(&server.sign_in_with(&ada.email, &codes[0]).await);
        let typed = codes[1].replace('-', " ").to_uppercase();
        server.sign_in_with(&ada.email, &typed).await.expect(200);
        // The app stays valid.
        server.sign_in_with(&ada.email, &ada.app.code()).await.expect(200);
        assert_eq!(database.count(STORED).await, 8);
    }

    async fn of_many_parallel_uses_of_one_recovery_code_one_succeeds(database) {
        let server = with_mfa(&database).await;
        let ada = server.protected("ada@example.com").await;
        let codes = codes_of(&server, &ada).await;

        let tries = (0..10).map(|_| server.sign_in_with(&ada.email, &codes[0]));
        let answers = join_all(tries).await;

        let winners = answers.iter().filter(|answer| answer.status == 200);
        assert_eq!(winners.count(), 1, "{answers:?}");
        assert_eq!(database.count(STORED).await, 9);
    }

    async fn new_codes_make_the_former_ones_worthless(database) {
        let server = with_mfa(&database).await;
        let ada = server.protected("ada@example.com").await;
        let former = codes_of(&server, &ada).await;

        let answer = server.recovery_codes(&ada, &former[1]).await;
        let new = codes_in(&answer);

        assert_eq!(database.count(STORED).await, 10);
        expect_invalid_totp(&server.sign_in_with(&ada.email, &former[0]).await);
        server.sign_in_with(&ada.email, &new[0]).await.expect(200);
    }

    async fn whoever_lost_the_app_switches_it_off_with_a_recovery_code(database) {
        let server = with_mfa(&database).await;
        let mut ada = server.protected("ada@example.com").await;
        let codes = codes_of(&server, &ada).await;

        server.deactivate(&ada, &codes[0]).await.expect(200);

        assert_eq!(database.count(STORED).await, 0);
        ada.app = server.new_app(&ada.token).await;
        expect_invalid_totp(&server.activate(&ada, &codes[1]).await);
        server.activate(&ada, &ada.app.code()).await.expect(200);
        expect_invalid_totp(&server.sign_in_with(&ada.email, &codes[2]).await);
    }

    async fn recovery_codes_of_one_are_worthless_for_another(database) {
        let server = with_mfa(&database).await;
        let ada = server.protected("ada@example.com").await;
        let eve = server.protected("eve@example.com").await;
        let codes = codes_of(&server, &ada).await;

        expect_invalid_totp(&server.sign_in_with(&eve.email, &codes[0]).await);

        server.sign_in_with(&ada.email, &codes[0]).await.expect(200);
    }

    async fn a_recovery_code_opens_what_wrong_codes_closed(database) {
        let server = with_mfa(&database).await;
        let ada = server.protected("ada@example.com").await;
        let codes = codes_of(&server, &ada).await;

        for _ in 0..6 {
            let wrong = "aaaa-aaaa-aaaa-aaaa";
            expect_invalid_totp(&server.sign_in_with(&ada.email, wrong).await);
        }
        for _ in 0..5 {
            expect_invalid_totp(&server.deactivate(&ada, &ada.app.wrong_code()).await);
        }
        expect_invalid_totp(&server.sign_in_with(&ada.email, &ada.app.next_code()).await);

        server.sign_in_with(&ada.email, &codes[0]).await.expect(200);

        assert_eq!(database.count(STORED).await, 9);
        server.sign_in_with(&ada.email, &ada.app.next_code()).await.expect(200);
    }

    async fn only_the_protected_have_recovery_codes_and_only_with_a_proof(database) {
        let server = with_mfa(&database).await;
        let ada = server.enrolled("ada@example.com").await;

        let inactive = server.recovery_codes(&ada, &ada.app.code()).await;
        server.activate(&ada, &ada.app.code()).await.expect(200);
        let wrong = server.recovery_codes(&ada, &ada.app.wrong_code()).await;
        let nothing = server.post_as(&ada.token, "/mfa/recovery-codes", &json!({})).await;
        let code = ada.app.code();
        server.recovery_codes(&ada, &code).await.expect(200);
        let used = server.recovery_codes(&ada, &code).await;

        let message = "User does not have TOTP MFA enabled";
        inactive.expect_error(401, "disabled-mfa-totp", message);
        expect_invalid_totp(&wrong);
        nothing.expect_invalid_request();
        expect_invalid_totp(&used);
    }
}
