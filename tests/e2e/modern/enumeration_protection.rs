//! `AUTH_CONCEAL_ERRORS`, where a mail is requested (enumeration protection)

use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::support::{Database, PASSWORD, Server, ServerBuilder, on_both_databases};

fn concealing(database: &Database) -> ServerBuilder {
    ServerBuilder::new(database)
        .by_mail()
        .set("AUTH_CONCEAL_ERRORS", "true")
}

/// Users in every state an account can be in.
async fn people(server: &Server, database: &Database) -> [&'static str; 5] {
    for email in [
        "ada@example.com",
        "disabled@example.com",
        "unverified@example.com",
    ] {
        let body = json!({ "email": email, "password": PASSWORD });
        assert_eq!(
            server
                .post("/signup/email-password", &body)
                .await
                .expect(200),
            json!({})
        );
        server.mail_to(email).await;
    }
    let statement =
        "UPDATE auth.users SET email_verified = true WHERE email <> 'unverified@example.com'";
    database.execute(statement).await;
    let statement = "UPDATE auth.users SET disabled = true WHERE email = 'disabled@example.com'";
    database.execute(statement).await;
    [
        "ada@example.com",
        "disabled@example.com",
        "unverified@example.com",
        "nobody@example.com",
        "nobody.either@example.com",
    ]
}

/// Each address gets this answer, and in the same form.
async fn expect_alike(server: &Server, path: &str, people: [&str; 5], expected: &Value) {
    for email in people {
        let mut body = json!({ "email": email });
        if path == "/signup/email-password" {
            body["password"] = json!(PASSWORD);
        }
        let answer = server.post(path, &body).await;
        assert_eq!(&answer.expect(200), expected, "{path} {email}");
    }
}

on_both_databases! {
    async fn answers_do_not_tell_whether_an_account_exists(database) {
        let server = concealing(&database).set("AUTH_DISABLE_AUTO_SIGNUP", "true").start().await;
        let people = people(&server, &database).await;

        for path in [
            "/user/email/send-verification-email",
            "/user/password/reset",
            "/signin/passwordless/email",
            "/signin/otp/email",
        ] {
            expect_alike(&server, path, people, &json!("OK")).await;
        }
        expect_alike(&server, "/signup/email-password", people, &json!({})).await;
    }

    async fn a_closed_sign_up_does_not_tell_either(database) {
        let open = concealing(&database).start().await;
        let people = people(&open, &database).await;
        drop(open);
        let server = concealing(&database).set("AUTH_DISABLE_SIGNUP", "true").start().await;

        for path in ["/signin/passwordless/email", "/signin/otp/email"] {
            expect_alike(&server, path, people, &json!("OK")).await;
        }
    }

    async fn mails_arrive_all_the_same(database) {
        let server = concealing(&database).start().await;

        let body = json!({ "email": "ada@example.com", "password": PASSWORD });
        assert_eq!(server.post("/signup/email-password", &body).await.expect(200), json!({}));
        let mail = server.mail_to("ada@example.com").await;

        assert_eq!(mail["template"], "email-verify");
        server.session_behind(&mail).await;
        server.sign_in("ada@example.com", PASSWORD).await.expect(200);
    }

    async fn a_mail_server_that_never_answers_keeps_nobody_waiting(database) {
        let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = silent.local_addr().unwrap().port().to_string();
        let server = concealing(&database)
            .set("AUTH_SMTP_HOST", "127.0.0.1")
            .set("AUTH_SMTP_PORT", &port)
            .set("AUTH_SMTP_SENDER", "hello@example.com")
            .start()
            .await;

        let body = json!({ "email": "ada@example.com", "password": PASSWORD });
        let answer = server.post("/signup/email-password", &body).await;

        // A request that waited for the mail would have failed with it.
        assert_eq!(answer.expect(200), json!({}));
        let (_connection, _peer) = silent.accept().await.unwrap();
    }
}
