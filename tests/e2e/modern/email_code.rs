//! `POST /signin/otp/email`, `POST /signin/otp/email/verify` and `POST /signup/otp/email`

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{
    Answer, CLIENT_URL, Database, PASSWORD, Server, ServerBuilder, on_both_databases, other_than,
};

const SIGN_IN: &str = "/signin/otp/email";
const SIGN_UP: &str = "/signup/otp/email";
const VERIFY: &str = "/signin/otp/email/verify";
const USERS: &str = "SELECT count(*) AS count FROM auth.users";

async fn by_mail(database: &Database) -> Server {
    ServerBuilder::new(database).by_mail().start().await
}

async fn code_for(server: &Server, email: &str) -> String {
    let mail = server.mail_after(SIGN_IN, &json!({ "email": email })).await;
    mail["ticket"].as_str().unwrap().to_owned()
}

async fn guess(server: &Server, email: &str, code: &str) -> Answer {
    server
        .post(VERIFY, &json!({ "email": email, "otp": code }))
        .await
}

#[track_caller]
fn expect_refused(answer: &Answer) {
    answer.expect_error(401, "invalid-ticket", "Invalid ticket");
}

on_both_databases! {
    async fn a_code_signs_up_whoever_is_unknown_and_signs_in_once(database) {
        let server = by_mail(&database).await;
        let options = json!({ "displayName": "Ada", "redirectTo": "http://localhost:3000/x" });
        let body = json!({ "email": "ada@example.com", "options": options });

        let mail = server.mail_after(SIGN_IN, &body).await;
        let code = mail["ticket"].as_str().unwrap();
        let session = guess(&server, "Ada@example.com", code).await.expect(200)["session"].clone();
        let again = guess(&server, "ada@example.com", code).await;

        assert_eq!(mail["template"], "signin-otp");
        assert_eq!(mail["to"], "ada@example.com");
        assert_eq!(mail["redirectTo"], "http://localhost:3000/x");
        assert_eq!(mail.get("link"), None);
        assert!(code.len() == 6 && code.bytes().all(|it| it.is_ascii_digit()), "{code}");
        assert_eq!(session["user"]["emailVerified"], true);
        assert_eq!(session["user"]["displayName"], "Ada");
        server.refresh(&session["refreshToken"]).await.expect(200);
        expect_refused(&again);
    }

    async fn of_many_parallel_uses_of_one_code_one_gets_a_session(database) {
        let server = by_mail(&database).await;
        let code = code_for(&server, "ada@example.com").await;

        let answers = join_all((0..10).map(|_| guess(&server, "ada@example.com", &code))).await;

        let count = |status| answers.iter().filter(|it| it.status == status).count();
        assert_eq!((count(200), count(401)), (1, 9));
    }

    async fn wrong_guesses_are_counted_and_another_code_buys_no_more(database) {
        let server = by_mail(&database).await;
        let first = code_for(&server, "ada@example.com").await;
        for _ in 0..3 {
            expect_refused(&guess(&server, "ada@example.com", &other_than(&first)).await);
        }
        let second = code_for(&server, "ada@example.com").await;
        for _ in 0..2 {
            expect_refused(&guess(&server, "ada@example.com", &other_than(&second)).await);
        }

        expect_refused(&guess(&server, "ada@example.com", &second).await);
        let third = code_for(&server, "ada@example.com").await;
        expect_refused(&guess(&server, "ada@example.com", &third).await);

        let other = code_for(&server, "bob@example.com").await;
        guess(&server, "bob@example.com", &other).await.expect(200);
    }

    async fn a_few_wrong_guesses_do_no_harm(database) {
        let server = by_mail(&database).await;
        let code = code_for(&server, "ada@example.com").await;

        for _ in 0..4 {
            expect_refused(&guess(&server, "ada@example.com", &other_than(&code)).await);
        }

        guess(&server, "ada@example.com", &code).await.expect(200);
    }

    async fn a_code_is_good_for_its_address_alone(database) {
        let server = by_mail(&database).await;
        let ada = code_for(&server, "ada@example.com").await;
        let mut bob = code_for(&server, "bob@example.com").await;
        while bob == ada {
            bob = code_for(&server, "bob@example.com").await;
        }

        expect_refused(&guess(&server, "bob@example.com", &ada).await);
        expect_refused(&guess(&server, "nobody@example.com", &ada).await);

        guess(&server, "ada@example.com", &ada).await.expect(200);
        guess(&server, "bob@example.com", &bob).await.expect(200);
    }

    async fn another_code_replaces_the_one_before(database) {
        let server = by_mail(&database).await;
        let first = code_for(&server, "ada@example.com").await;
        let mut second = code_for(&server, "ada@example.com").await;
        while second == first {
            second = code_for(&server, "ada@example.com").await;
        }

        expect_refused(&guess(&server, "ada@example.com", &first).await);
        guess(&server, "ada@example.com", &second).await.expect(200);
    }

    async fn what_is_expired_or_no_code_at_all_is_refused(database) {
        let server = by_mail(&database).await;
        let mail = server.verification_mail("bob@example.com").await;
        let code = code_for(&server, "ada@example.com").await;

        for text in ["", "12345", "1234567", "12345a", " 12345", "+12345"] {
            expect_refused(&guess(&server, "ada@example.com", text).await);
        }
        let ticket = mail["ticket"].as_str().unwrap();
        expect_refused(&guess(&server, "bob@example.com", ticket).await);
        server.verify(&code, CLIENT_URL).await.expect_error_at_client("invalid-ticket", "Invalid ticket");
        database.execute("UPDATE auth.one_time_codes SET expires_at = (SELECT min(created_at) FROM auth.users)").await;
        expect_refused(&guess(&server, "ada@example.com", &code).await);
    }

    async fn codes_are_not_stored_as_they_are(database) {
        let server = by_mail(&database).await;
        let code = code_for(&server, "ada@example.com").await;

        let rows = "SELECT count(*) AS count FROM auth.one_time_codes";
        assert_eq!(database.count(rows).await, 1);
        let plain = format!("{rows} WHERE code_hash = '{code}'");
        assert_eq!(database.count(&plain).await, 0);
        let original = "SELECT count(*) AS count FROM auth.users WHERE ticket IS NOT NULL";
        assert_eq!(database.count(original).await, 0);
    }

    async fn a_code_puts_out_whoever_took_the_address_beforehand(database) {
        let lax = ServerBuilder::new(&database)
            .by_mail()
            .set("AUTH_EMAIL_SIGNIN_EMAIL_VERIFIED_REQUIRED", "false")
            .start()
            .await;
        let intruder = lax.sign_up("victim@example.com").await;

        let code = code_for(&lax, "victim@example.com").await;
        guess(&lax, "victim@example.com", &code).await.expect(200);

        lax.sign_in("victim@example.com", PASSWORD).await.expect(401);
        lax.refresh(&intruder["refreshToken"]).await.expect(401);
    }

    async fn without_automatic_sign_up_the_unknown_get_no_code(database) {
        let server = ServerBuilder::new(&database)
            .by_mail()
            .set("AUTH_DISABLE_AUTO_SIGNUP", "true")
            .start()
            .await;

        let unknown = server.post(SIGN_IN, &json!({ "email": "ada@example.com" })).await;

        assert_eq!(unknown.expect(200), json!("OK"));
        assert!(server.mails().is_empty());
        assert_eq!(database.count(USERS).await, 0);
        server.mail_after(SIGN_UP, &json!({ "email": "ada@example.com" })).await;
        assert_eq!(database.count(USERS).await, 1);
    }

    async fn a_sign_up_for_a_known_address_sends_no_code(database) {
        let server = by_mail(&database).await;
        server.verified("ada@example.com").await;
        let before = server.mails().len();

        let answer = server.post(SIGN_UP, &json!({ "email": "ada@example.com" })).await;

        assert_eq!(answer.expect(200), json!("OK"));
        assert_eq!(server.mails().len(), before);
    }

    async fn codes_are_off_unless_they_are_switched_on(database) {
        let server = Server::on(&database).await;

        let request = json!({ "email": "ada@example.com" });
        let code = json!({ "email": "ada@example.com", "otp": "123456" });
        for (path, body) in [(SIGN_IN, &request), (SIGN_UP, &request), (VERIFY, &code)] {
            let answer = server.post(path, body).await;
            answer.expect_error(409, "disabled-endpoint", "This endpoint is disabled");
        }
    }

    async fn the_rows_of_a_sign_up_are_those_of_codes_too(database) {
        let server = ServerBuilder::new(&database)
            .by_mail()
            .set("AUTH_DISABLE_SIGNUP", "true")
            .set("AUTH_ACCESS_CONTROL_BLOCKED_EMAILS", "spam@example.com")
            .start()
            .await;
        let options = json!({ "redirectTo": "https://evil.example" });

        let unknown = server.post(SIGN_IN, &json!({ "email": "ada@example.com" })).await;
        let new = server.post(SIGN_UP, &json!({ "email": "ada@example.com" })).await;
        let blocked = server.post(SIGN_IN, &json!({ "email": "spam@example.com" })).await;
        let redirect = json!({ "email": "ada@example.com", "options": options });
        let redirect = server.post(SIGN_IN, &redirect).await;

        unknown.expect_error(403, "signup-disabled", "Sign up is disabled.");
        new.expect_error(403, "signup-disabled", "Sign up is disabled.");
        blocked.expect_error(401, "invalid-email-password", "Incorrect email or password");
        let message = "The value of \"options.redirectTo\" is not allowed.";
        redirect.expect_error(400, "redirectTo-not-allowed", message);
        assert!(server.mails().is_empty());
    }

    async fn a_disabled_user_is_told_so_and_not_let_in(database) {
        let server = by_mail(&database).await;
        let code = code_for(&server, "ada@example.com").await;
        database.execute("UPDATE auth.users SET disabled = true").await;

        let request = server.post(SIGN_IN, &json!({ "email": "ada@example.com" })).await;
        let verify = guess(&server, "ada@example.com", &code).await;

        request.expect_error(401, "disabled-user", "User is disabled");
        verify.expect_error(401, "disabled-user", "User is disabled");
        let bodies: [Value; 2] = [json!({ "otp": "123456" }), json!({ "email": "ada@example.com" })];
        for body in bodies {
            server.post(VERIFY, &body).await.expect_invalid_request();
        }
    }
}
