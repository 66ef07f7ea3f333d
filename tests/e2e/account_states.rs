//! Accounts that may not be used: earlier tickets and tokens are refused, and no mail is sent.

use serde_json::{Value, json};

use crate::{
    error_rows::{
        ANONYMOUS, DISABLED, INVALID_REQUEST, INVALID_TICKET, Row, SHUT_OUT, UNVERIFIED,
        expect_row, expect_row_at_client,
    },
    issued_tokens::{hand_out, handing_out},
    support::{Answer, Database, PASSWORD, Server, ServerBuilder, on_both_databases},
};

const SESSIONS: &str = "SELECT count(*) AS count FROM auth.refresh_tokens WHERE type = 'regular'";
const INVALID_PAT: Row = (
    401,
    "invalid-pat",
    "Invalid or expired personal access token",
);

const DISABLE: &str = "UPDATE auth.users SET disabled = true";
const MAKE_UNVERIFIED: &str = "UPDATE auth.users SET email_verified = false";
const MAKE_ANONYMOUS: &str = "UPDATE auth.users SET is_anonymous = true, email_verified = true";
const DELETE: &str = "DELETE FROM auth.users";

/// Hands everything out, brings all accounts into a state, and checks that nothing opens a session.
async fn expect_refused(
    database: &Database,
    server: &Server,
    statement: &str,
    row_at: impl Fn(&str) -> Option<Row>,
) {
    let handed_out = hand_out(server).await;
    database.execute(statement).await;

    for (path, body) in &handed_out.posts {
        let Some(row) = row_at(path) else { continue };
        let sessions = database.count(SESSIONS).await;
        let answer = server.post(path, body).await;
        expect_row(&answer, row, &format!("{statement}: {path}"));
        assert_eq!(
            database.count(SESSIONS).await,
            sessions,
            "{statement}: {path}"
        );
    }
    if let Some(row) = row_at("/verify") {
        let followed = server.follow(&handed_out.link).await;
        expect_row_at_client(&followed, row, &format!("{statement}: /verify"));
    }
}

on_both_databases! {
    async fn nothing_that_was_handed_out_lets_a_disabled_user_in(database) {
        let server = handing_out(&database).start().await;
        expect_refused(&database, &server, DISABLE, |_| Some(DISABLED)).await;
    }

    async fn nothing_that_was_handed_out_lets_an_anonymous_user_in(database) {
        let server = handing_out(&database).start().await;
        expect_refused(&database, &server, MAKE_ANONYMOUS, |_| Some(ANONYMOUS)).await;
    }

    async fn nothing_but_a_proof_of_the_address_lets_an_unverified_user_in(database) {
        let server = handing_out(&database).start().await;
        expect_refused(&database, &server, MAKE_UNVERIFIED, |path| match path {
            // Following one of these proves the address.
            "/signin/otp/email/verify" | "/verify/code" | "/verify" => None,
            _ => Some(UNVERIFIED),
        })
        .await;
    }

    async fn what_was_handed_out_goes_with_the_user(database) {
        let server = handing_out(&database).start().await;
        expect_refused(&database, &server, DELETE, |path| Some(match path {
            "/signin/email-password" => SHUT_OUT,
            "/signin/pat" => INVALID_PAT,
            "/token/exchange" => INVALID_REQUEST,
            _ => INVALID_TICKET,
        }))
        .await;
    }
}

/// A mail to a new user, for which an address must be verified.
async fn mail_about(server: &Server, kind: &str, email: &str) -> Value {
    let session = server.verified(email).await;
    if kind == "passwordReset" {
        let ask = json!({ "email": email });
        return server.mail_after("/user/password/reset", &ask).await;
    }
    let wish = json!({ "newEmail": format!("new.{email}") });
    let token = session["accessToken"].as_str().unwrap();
    server
        .post_as(token, "/user/email/change", &wish)
        .await
        .expect(200);
    server.last_mail()
}

async fn type_code(server: &Server, kind: &str, email: &str, mail: &Value) -> Answer {
    let body = json!({ "email": email, "type": kind, "code": mail["code"] });
    server.post("/verify/code", &body).await
}

on_both_databases! {
    async fn a_mail_is_worthless_to_whoever_may_not_use_the_account_any_more(database) {
        let server = handing_out(&database).start().await;
        let moved = "SELECT count(*) AS count FROM auth.users WHERE email LIKE 'new.%'";
        for (state, row) in [
            ("SET email_verified = false", UNVERIFIED),
            ("SET is_anonymous = true", ANONYMOUS),
            ("SET disabled = true", DISABLED),
        ] {
            for kind in ["passwordReset", "emailConfirmChange"] {
                let (clicking, typing) = ("clicking@example.com", "typing@example.com");
                let link = mail_about(&server, kind, clicking).await;
                let code = mail_about(&server, kind, typing).await;
                database.execute(&format!("UPDATE auth.users {state}")).await;
                let sessions = database.count(SESSIONS).await;

                let clicked = server.follow(&link).await;
                let typed = type_code(&server, kind, typing, &code).await;

                expect_row_at_client(&clicked, row, &format!("{state}: link of {kind}"));
                expect_row(&typed, row, &format!("{state}: code of {kind}"));
                assert_eq!(database.count(moved).await, 0, "{state}: {kind}");
                assert_eq!(database.count(SESSIONS).await, sessions, "{state}: {kind}");
                database.execute(DELETE).await;
            }
        }
    }

    async fn a_mail_to_a_deleted_user_is_worthless(database) {
        let server = handing_out(&database).start().await;
        for kind in ["passwordReset", "emailConfirmChange"] {
            let mail = mail_about(&server, kind, "ada@example.com").await;
            database.execute(DELETE).await;

            let clicked = server.follow(&mail).await;
            let typed = type_code(&server, kind, "ada@example.com", &mail).await;

            expect_row_at_client(&clicked, INVALID_TICKET, kind);
            expect_row(&typed, INVALID_TICKET, kind);
        }
    }

    async fn a_typed_code_moves_no_account_to_an_address_that_was_taken_meanwhile(database) {
        let server = handing_out(&database).start().await;
        let mail = mail_about(&server, "emailConfirmChange", "ada@example.com").await;
        server.verified("new.ada@example.com").await;
        let sessions = database.count(SESSIONS).await;

        let typed = type_code(&server, "emailConfirmChange", "ada@example.com", &mail).await;
        let again = type_code(&server, "emailConfirmChange", "ada@example.com", &mail).await;

        typed.expect_error(409, "email-already-in-use", "Email already in use");
        expect_row(&again, INVALID_TICKET, "the code again");
        assert_eq!(database.count(SESSIONS).await, sessions);
        server.sign_in("ada@example.com", PASSWORD).await.expect(200);
    }

    async fn no_mail_goes_to_an_account_that_may_not_be_used(database) {
        let open = handing_out(&database).start().await;
        open.verified("ada@example.com").await;
        let shut = handing_out(&database)
            .set("AUTH_ACCESS_CONTROL_BLOCKED_EMAILS", "ada@example.com")
            .start()
            .await;
        let body = json!({ "email": "ada@example.com" });
        let mails = open.mails().len();

        let reset = shut.post("/user/password/reset", &body).await;
        assert_eq!(reset.expect(200), json!("OK"));
        let paths = [
            "/user/email/send-verification-email",
            "/signin/passwordless/email",
            "/signin/otp/email",
        ];
        for path in paths {
            expect_row(&shut.post(path, &body).await, SHUT_OUT, path);
        }
        database.execute(MAKE_ANONYMOUS).await;
        let reset = open.post("/user/password/reset", &body).await;
        assert_eq!(reset.expect(200), json!("OK"));
        for path in paths {
            expect_row(&open.post(path, &body).await, ANONYMOUS, path);
        }

        assert!(shut.mails().is_empty());
        assert_eq!(open.mails().len(), mails);
        database.execute("UPDATE auth.users SET is_anonymous = false").await;
        open.mail_after("/user/password/reset", &body).await;
    }

    async fn users_who_start_disabled_get_no_mail_from_anywhere(database) {
        let server = ServerBuilder::new(&database)
            .by_mail()
            .set("AUTH_DISABLE_NEW_USERS", "true")
            .start()
            .await;
        let users = "SELECT count(*) AS count FROM auth.users WHERE disabled AND NOT email_verified";
        let paths = [
            "/signup/email-password",
            "/signup/passwordless/email",
            "/signup/otp/email",
            "/signin/passwordless/email",
            "/signin/otp/email",
        ];

        for (path, before) in paths.into_iter().zip(0..) {
            let mut body = json!({ "email": format!("ada{before}@example.com") });
            if path == "/signup/email-password" {
                body["password"] = json!(PASSWORD);
            }
            expect_row(&server.post(path, &body).await, DISABLED, path);
            assert_eq!(database.count(users).await, before + 1, "{path}");
        }

        assert!(server.mails().is_empty());
        assert_eq!(database.count("SELECT count(*) AS count FROM auth.users").await, 5);
        assert_eq!(database.count(SESSIONS).await, 0);
    }
}
