//! Rows of every ceremony or every sign-up, tested with security keys.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{EMAIL, Owner, expect_invalid, session_of, with_keys};
use crate::support::{
    Answer, Database, PASSWORD, SecurityKey, Server, ServerBuilder, on_both_databases,
};

const BEGIN: &str = "/signup/webauthn";
const VERIFY: &str = "/signup/webauthn/verify";
const ADD: &str = "/user/webauthn/add";
const CHALLENGES: &str = "SELECT count(*) AS count FROM auth.security_key_challenges";

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

#[track_caller]
fn expect_misfit(answer: &Answer, context: &str) {
    assert_eq!(answer.status, 400, "{context}: {}", answer.text);
    answer.expect_invalid_request();
}

#[track_caller]
fn expect_needed(answer: &Answer) {
    let error = "error in openapi3filter.SecurityRequirementsError: security requirements \
                 failed: elevated-claim-required";
    assert_eq!(answer.expect(400), json!({ "error": error }));
}

/// Makes every challenge expire.
async fn expire_challenges(database: &Database) {
    let moment = match database {
        Database::Sqlite(_) => "0",
        Database::Postgres(_) => "now()",
    };
    let statement = format!("UPDATE auth.security_key_challenges SET expires_at = {moment}");
    database.execute(&statement).await;
}

async fn options_at(server: &Server, token: &str, path: &str) -> Value {
    server.post_as(token, path, &json!({})).await.expect(200)
}

on_both_databases! {
    async fn options_of_a_wrong_form_are_refused_at_both_ends(database) {
        let server = with_keys(&database).start().await;
        let options = server.creation_options(EMAIL).await;
        let credential = SecurityKey::new(&options).attest(&options);

        for wish in misshapen() {
            let begin = json!({ "email": EMAIL, "options": wish });
            expect_misfit(&server.post(BEGIN, &begin).await, &format!("{BEGIN} {wish}"));
            let verify = json!({ "credential": credential, "options": wish });
            expect_misfit(&server.post(VERIFY, &verify).await, &format!("{VERIFY} {wish}"));
        }

        assert_eq!(database.users().await, 0);
        // The challenge was not spent.
        session_of(&server.sign_up_verify(&credential).await);
    }

    async fn a_language_that_is_not_offered_is_no_error_at_either_end(database) {
        let server = with_keys(&database).start().await;
        let wish = json!({ "locale": "xx" });
        for (at, (early, late)) in [(wish.clone(), json!({})), (json!({}), wish)].iter().enumerate() {
            let begin = json!({ "email": format!("ada{at}@example.com"), "options": early });
            let options = server.post(BEGIN, &begin).await.expect(200);
            let credential = SecurityKey::new(&options).attest(&options);

            let body = json!({ "credential": credential, "options": late });
            let session = session_of(&server.post(VERIFY, &body).await);

            assert_eq!(session["user"]["locale"], "en");
        }
    }

    async fn a_sign_up_begins_with_a_body_that_fits(database) {
        let server = with_keys(&database).start().await;

        for body in [
            json!({}),
            json!({ "email": null }),
            json!({ "email": 7 }),
            json!({ "email": "" }),
            json!({ "email": "ada" }),
            json!({ "email": "ada@" }),
            json!({ "email": EMAIL, "more": 1 }),
            json!([]),
        ] {
            expect_misfit(&server.post(BEGIN, &body).await, &body.to_string());
        }

        assert_eq!(database.count(CHALLENGES).await, 0);
    }

    async fn concealed_errors_do_not_tell_why_a_sign_up_does_not_begin(database) {
        let concealing = |name, value| {
            with_keys(&database)
                .set("AUTH_CONCEAL_ERRORS", "true")
                .set("AUTH_ACCESS_CONTROL_BLOCKED_EMAILS", "spam@example.com")
                .set(name, value)
                .start()
        };
        let server = concealing("AUTH_DISABLE_SIGNUP", "false").await;
        let roles = json!({ "email": EMAIL, "options": { "allowedRoles": ["admin"] } });
        expect_invalid(&server.post(BEGIN, &roles).await);
        expect_invalid(&server.post(BEGIN, &json!({ "email": "spam@example.com" })).await);
        server.creation_options(EMAIL).await;

        let closed = concealing("AUTH_DISABLE_SIGNUP", "true").await;
        expect_invalid(&closed.post(BEGIN, &json!({ "email": EMAIL })).await);
        assert_eq!(database.count(CHALLENGES).await, 1);
    }

    async fn concealed_errors_do_not_tell_that_an_address_is_taken(database) {
        let server = with_keys(&database).set("AUTH_CONCEAL_ERRORS", "true").start().await;
        let options = server.creation_options(EMAIL).await;
        server.sign_up(EMAIL).await;

        let key = SecurityKey::new(&options);
        expect_invalid(&server.sign_up_verify(&key.attest(&options)).await);

        assert_eq!(database.keys().await, 0);
        assert_eq!(database.users().await, 1);
    }

    async fn a_nickname_is_one_short_line_at_sign_up_too(database) {
        let server = with_keys(&database).start().await;
        let options = server.creation_options(EMAIL).await;
        let credential = SecurityKey::new(&options).attest(&options);

        for nickname in [json!("x".repeat(256)), json!("a\nb"), json!(null), json!(7)] {
            let body = json!({ "credential": credential, "nickname": nickname });
            expect_misfit(&server.post(VERIFY, &body).await, &nickname.to_string());
        }

        assert_eq!(database.users().await, 0);
        let body = json!({ "credential": credential, "nickname": "x".repeat(255) });
        session_of(&server.post(VERIFY, &body).await);
    }

    async fn a_challenge_is_good_once_where_it_elevates_or_adds_a_key(database) {
        let server = with_keys(&database).start().await;
        let mut owner = server.owner(EMAIL).await;
        let token = owner.token().to_owned();

        let options = options_at(&server, &token, "/elevate/webauthn").await;
        session_of(&server.elevate_verify(&token, &owner.key.sign(&options)).await);
        // Replay: the counter is higher, but the challenge is spent.
        expect_invalid(&server.elevate_verify(&token, &owner.key.sign(&options)).await);

        let options = options_at(&server, &token, ADD).await;
        let second = SecurityKey::new(&options);
        server.add_verify(&token, &second.attest(&options)).await.expect(200);
        let third = SecurityKey::new(&options);
        expect_invalid(&server.add_verify(&token, &third.attest(&options)).await);

        assert_eq!(database.keys().await, 2);
        assert_eq!(database.count(CHALLENGES).await, 0);
    }

    async fn a_challenge_expires_in_every_ceremony(database) {
        let server = with_keys(&database).start().await;
        let mut owner = server.owner(EMAIL).await;
        let token = owner.token().to_owned();

        let elevating = options_at(&server, &token, "/elevate/webauthn").await;
        let adding = options_at(&server, &token, ADD).await;
        let signing_up = server.creation_options("eve@example.com").await;
        expire_challenges(&database).await;

        expect_invalid(&server.elevate_verify(&token, &owner.key.sign(&elevating)).await);
        let key = SecurityKey::new(&adding);
        expect_invalid(&server.add_verify(&token, &key.attest(&adding)).await);
        let key = SecurityKey::new(&signing_up);
        expect_invalid(&server.sign_up_verify(&key.attest(&signing_up)).await);
        assert_eq!(database.keys().await, 1);
        assert_eq!(database.users().await, 1);
        assert_eq!(database.sign_count().await, 1);
    }

    async fn of_many_who_finish_one_sign_up_at_once_one_gets_the_account(database) {
        let server = with_keys(&database).start().await;
        let options = server.creation_options(EMAIL).await;
        let made: Vec<_> = (0..8).map(|_| SecurityKey::new(&options).attest(&options)).collect();

        let answers = join_all(made.iter().map(|it| server.sign_up_verify(it))).await;

        let winners = answers.iter().filter(|it| it.status == 200).count();
        assert_eq!(winners, 1, "{answers:?}");
        for loser in answers.iter().filter(|it| it.status != 200) {
            expect_invalid(loser);
        }
        assert_eq!(database.users().await, 1);
        assert_eq!(database.keys().await, 1);
    }

    async fn an_anonymous_user_does_not_sign_in_with_a_key(database) {
        let server = with_keys(&database).start().await;
        let mut owner = server.owner(EMAIL).await;
        let by_address = json!({ "email": EMAIL });
        let options = server.post("/signin/webauthn", &by_address).await.expect(200);
        database.execute("UPDATE auth.users SET is_anonymous = true").await;

        let begun = server.post("/signin/webauthn", &by_address).await;
        let finished = server.sign_in_verify(&owner.key.sign(&options)).await;

        for answer in [begun, finished] {
            answer.expect_error(403, "forbidden-anonymous", "Forbidden, user is anonymous.");
        }
        let sessions = "SELECT count(*) AS count FROM auth.refresh_tokens";
        assert_eq!(database.count(sessions).await, 1);
    }

    async fn the_key_of_a_user_who_was_deleted_signs_in_to_nothing(database) {
        let server = with_keys(&database).start().await;
        let mut owner = server.owner(EMAIL).await;
        let options = server.request_options().await;
        database.execute("DELETE FROM auth.users").await;

        expect_invalid(&server.sign_in_verify(&owner.key.sign(&options)).await);

        assert_eq!(database.keys().await, 0);
        assert_eq!(database.users().await, 0);
    }

    async fn where_elevation_is_recommended_the_first_key_is_free_and_the_second_is_not(database) {
        for prefix in ["", "/v1/auth"] {
            let server = behind(prefix, &database).await;
            let email = format!("ada{}@example.com", prefix.len());
            let body = json!({ "email": email, "password": PASSWORD });
            let signed_up = server.post(&format!("{prefix}/signup/email-password"), &body).await;
            let session = session_of(&signed_up);
            let token = session["accessToken"].as_str().unwrap();
            let (add, verify) = (format!("{prefix}{ADD}"), format!("{prefix}/user/webauthn/verify"));

            let options = options_at(&server, token, &add).await;
            let key = SecurityKey::new(&options);
            let body = json!({ "credential": key.attest(&options) });
            server.post_as(token, &verify, &body).await.expect(200);

            expect_needed(&server.post_as(token, &add, &json!({})).await);
            expect_needed(&server.post_as(token, &verify, &body).await);
            let mut owner = Owner { session, key };
            let token = owner.token().to_owned();
            let options = options_at(&server, &token, &format!("{prefix}/elevate/webauthn")).await;
            let body = json!({ "credential": owner.key.sign(&options) });
            let elevated = format!("{prefix}/elevate/webauthn/verify");
            let elevated = session_of(&server.post_as(&token, &elevated, &body).await);
            options_at(&server, elevated["accessToken"].as_str().unwrap(), &add).await;
        }
    }
}

/// A server behind this prefix that recommends elevation.
async fn behind(prefix: &str, database: &Database) -> Server {
    let builder: ServerBuilder =
        with_keys(database).set("AUTH_REQUIRE_ELEVATED_CLAIM", "recommended");
    match prefix {
        "" => builder.start().await,
        prefix => builder.set("AUTH_API_PREFIX", prefix).start().await,
    }
}
