//! Redirects for clients with PKCE (RFC 7636), and `POST /token/exchange`

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{
    Answer, Database, PASSWORD, SecurityKey, Server, ServerBuilder, on_both_databases,
};

/// The example of RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
/// A valid verifier, but not that of the challenge.
const OTHER_VERIFIER: &str = "xBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

async fn by_mail(database: &Database) -> Server {
    ServerBuilder::new(database).by_mail().start().await
}

/// The exchange code in the redirect behind the link of a mail; there is no token beside it.
async fn code_behind(server: &Server, mail: &Value) -> String {
    let parameters = server.follow(mail).await.parameters();
    assert_eq!(parameters.get("refreshToken"), None);
    assert_eq!(parameters.len(), 2, "{parameters:?}");
    parameters["code"].clone()
}

async fn exchange(server: &Server, code: &str, verifier: &str) -> Answer {
    server
        .post(
            "/token/exchange",
            &json!({ "code": code, "codeVerifier": verifier }),
        )
        .await
}

#[track_caller]
fn expect_refused(answer: &Answer) {
    answer.expect_error(400, "invalid-request", "The request payload is incorrect");
}

async fn code_for(server: &Server, email: &str) -> String {
    let body = json!({ "email": email, "codeChallenge": CHALLENGE });
    let mail = server.mail_after("/signin/passwordless/email", &body).await;
    code_behind(server, &mail).await
}

on_both_databases! {
    async fn a_code_is_exchanged_for_a_session_once(database) {
        let server = by_mail(&database).await;
        let sessions = "SELECT count(*) AS count FROM auth.refresh_tokens";

        let code = code_for(&server, "ada@example.com").await;
        let before = database.count(sessions).await;
        let answer = exchange(&server, &code, VERIFIER).await.expect(200);
        let again = exchange(&server, &code, VERIFIER).await;

        assert_eq!(before, 0);
        assert_eq!(answer["session"]["user"]["email"], "ada@example.com");
        assert_eq!(answer["session"]["user"]["emailVerified"], true);
        server.refresh(&answer["session"]["refreshToken"]).await.expect(200);
        expect_refused(&again);
        assert_eq!(database.count(sessions).await, 1);
    }

    async fn every_mail_with_a_link_takes_a_challenge(database) {
        let server = by_mail(&database).await;
        let mut body = json!({
            "email": "ada@example.com", "password": PASSWORD, "codeChallenge": CHALLENGE,
        });
        server.post("/signup/email-password", &body).await.expect(200);
        let code = code_behind(&server, &server.last_mail()).await;
        let session = exchange(&server, &code, VERIFIER).await.expect(200)["session"].clone();
        let token = session["accessToken"].as_str().unwrap();

        body = json!({ "email": "ada@example.com", "codeChallenge": CHALLENGE });
        server.post("/user/password/reset", &body).await.expect(200);
        let code = code_behind(&server, &server.last_mail()).await;
        exchange(&server, &code, VERIFIER).await.expect(200);

        body = json!({ "newEmail": "ada@new.example", "codeChallenge": CHALLENGE });
        server.post_as(token, "/user/email/change", &body).await.expect(200);
        let code = code_behind(&server, &server.last_mail()).await;
        exchange(&server, &code, VERIFIER).await.expect(200);

        body = json!({ "email": "bob@example.com", "codeChallenge": CHALLENGE });
        server.post("/signup/passwordless/email", &body).await.expect(200);
        let code = code_behind(&server, &server.last_mail()).await;
        exchange(&server, &code, VERIFIER).await.expect(200);

        server.verification_mail("carol@example.com").await;
        body = json!({ "email": "carol@example.com", "codeChallenge": CHALLENGE });
        server.post("/user/email/send-verification-email", &body).await.expect(200);
        let code = code_behind(&server, &server.last_mail()).await;
        exchange(&server, &code, VERIFIER).await.expect(200);

        let guest = server.post("/signin/anonymous", &json!({})).await.expect(200);
        let token = guest["session"]["accessToken"].as_str().unwrap();
        body = json!({
            "signInMethod": "passwordless",
            "email": "dan@example.com",
            "codeChallenge": CHALLENGE,
        });
        server.post_as(token, "/user/deanonymize", &body).await.expect(200);
        let code = code_behind(&server, &server.last_mail()).await;
        let answer = exchange(&server, &code, VERIFIER).await.expect(200);
        assert_eq!(answer["session"]["user"]["id"], guest["session"]["user"]["id"]);
    }

    async fn the_mail_after_a_sign_up_with_a_key_takes_a_challenge(database) {
        let server = ServerBuilder::new(&database)
            .by_mail()
            .set("AUTH_WEBAUTHN_ENABLED", "true")
            .start()
            .await;
        let begin = json!({ "email": "ada@example.com" });
        let options = server.post("/signup/webauthn", &begin).await.expect(200);
        let body = json!({
            "credential": SecurityKey::new(&options).attest(&options),
            "codeChallenge": CHALLENGE,
        });

        server.post("/signup/webauthn/verify", &body).await.expect(200);
        let code = code_behind(&server, &server.last_mail()).await;
        let answer = exchange(&server, &code, VERIFIER).await.expect(200);

        assert_eq!(answer["session"]["user"]["id"], options["user"]["id"]);
    }

    async fn a_wrong_verifier_spends_the_code(database) {
        let server = by_mail(&database).await;
        let code = code_for(&server, "ada@example.com").await;

        expect_refused(&exchange(&server, &code, OTHER_VERIFIER).await);
        expect_refused(&exchange(&server, &code, VERIFIER).await);

        let sessions = "SELECT count(*) AS count FROM auth.refresh_tokens";
        assert_eq!(database.count(sessions).await, 0);
    }

    async fn the_challenge_itself_is_no_verifier(database) {
        let server = by_mail(&database).await;
        let code = code_for(&server, "ada@example.com").await;

        expect_refused(&exchange(&server, &code, CHALLENGE).await);
    }

    async fn of_many_parallel_exchanges_of_one_code_one_gets_a_session(database) {
        let server = by_mail(&database).await;
        let code = code_for(&server, "ada@example.com").await;

        let answers = join_all((0..10).map(|_| exchange(&server, &code, VERIFIER))).await;

        let count = |status| answers.iter().filter(|it| it.status == status).count();
        assert_eq!((count(200), count(400)), (1, 9));
    }

    async fn a_code_that_is_unknown_or_expired_is_refused(database) {
        let server = by_mail(&database).await;
        let code = code_for(&server, "ada@example.com").await;
        let past = "UPDATE auth.exchange_codes SET expires_at = (SELECT min(created_at) FROM auth.users)";
        database.execute(past).await;

        expect_refused(&exchange(&server, &code, VERIFIER).await);
        for unknown in ["", "abc", "e106bc23-a6ae-43e2-b12b-40cea9395407"] {
            expect_refused(&exchange(&server, unknown, VERIFIER).await);
        }
        server.post("/token/exchange", &json!({ "code": code })).await.expect_invalid_request();
    }

    async fn a_user_who_was_disabled_meanwhile_gets_no_session(database) {
        let server = by_mail(&database).await;
        let code = code_for(&server, "ada@example.com").await;
        database.execute("UPDATE auth.users SET disabled = true").await;

        let answer = exchange(&server, &code, VERIFIER).await;

        answer.expect_error(401, "disabled-user", "User is disabled");
    }

    async fn exchange_codes_are_stored_as_hashes_only(database) {
        let server = by_mail(&database).await;
        let code = code_for(&server, "ada@example.com").await;

        let rows = "SELECT count(*) AS count FROM auth.exchange_codes";
        assert_eq!(database.count(rows).await, 1);
        let plain = format!("{rows} WHERE code_hash LIKE '%{code}%'");
        assert_eq!(database.count(&plain).await, 0);
    }

    async fn challenges_of_the_wrong_form_are_refused(database) {
        let server = by_mail(&database).await;

        for challenge in ["", "abc", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM="] {
            let body = json!({ "email": "ada@example.com", "codeChallenge": challenge });
            let answer = server.post("/signin/passwordless/email", &body).await;
            answer.expect_invalid_request();
        }
    }

    async fn codes_are_given_where_tokens_are_kept_out_of_redirects(database) {
        let server = ServerBuilder::new(&database)
            .by_mail()
            .set("AUTH_EMAIL_REFRESH_TOKEN_IN_REDIRECT", "false")
            .start()
            .await;

        let code = code_for(&server, "ada@example.com").await;

        exchange(&server, &code, VERIFIER).await.expect(200);
    }
}
