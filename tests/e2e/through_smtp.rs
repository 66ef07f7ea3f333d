//! Mail through a real SMTP server, to a user who follows its link.

use std::path::PathBuf;

use mail_parser::MessageParser;
use serde_json::json;

use crate::support::{Database, PASSWORD, Server, ServerBuilder, on_both_databases, told};

async fn server_with_smtp(database: &Database) -> Server {
    with_smtp(ServerBuilder::new(database)).start().await
}

fn with_smtp(builder: ServerBuilder) -> ServerBuilder {
    builder
        .set("AUTH_SMTP_HOST", "localhost")
        .set("AUTH_SMTP_PORT", &told("TEST_SMTP_STARTTLS_AUTH"))
        .set("AUTH_SMTP_USER", "ada")
        .set("AUTH_SMTP_PASS", "correct horse")
        .set("AUTH_SMTP_CA_FILE", &told("TEST_SMTP_CA"))
        .set("AUTH_SMTP_SENDER", "Hasura Auth <auth@example.com>")
        .set("AUTH_LOCALE_ALLOWED_LOCALES", "en,fr")
        .set("AUTH_EMAIL_SIGNIN_EMAIL_VERIFIED_REQUIRED", "true")
        .set("AUTH_EMAIL_PASSWORDLESS_ENABLED", "true")
}

/// The newest mail that was received for an address.
fn received(address: &str) -> Vec<u8> {
    std::fs::read(PathBuf::from(told("TEST_SMTP_MAILS")).join(format!("{address}.eml"))).unwrap()
}

/// An address that no other test of this run uses.
fn address(name: &str, database: &Database) -> String {
    let kind = match database {
        Database::Sqlite(_) => "sqlite",
        Database::Postgres(_) => "postgres",
    };
    format!("{name}-{kind}@example.com")
}

on_both_databases! {
    async fn a_person_signs_up_reads_the_mail_and_follows_its_link(database) {
        let server = server_with_smtp(&database).await;
        let email = address("sign-up", &database);

        let body = json!({ "email": email, "password": PASSWORD });
        let signed_up = server.post("/signup/email-password", &body).await;

        assert_eq!(signed_up.expect(200), json!({}));
        let raw = received(&email);
        let mail = MessageParser::default().parse(&raw).unwrap();
        assert_eq!(mail.from().unwrap().first().unwrap().address(), Some("auth@example.com"));
        let text = mail.body_text(0).unwrap().into_owned();
        let start = text.find("http://auth.example.com/verify?").unwrap();
        let link: String = text[start..].chars().take_while(|it| !it.is_whitespace()).collect();
        let path = link.strip_prefix("http://auth.example.com").unwrap().to_owned();
        let html = mail.body_html(0).unwrap().into_owned();
        assert!(html.contains(&link.replace('&', "&amp;")), "{html}");
        let followed = server.get(&path).await;
        assert_eq!(followed.status, 302);
        let location = followed.header("location");
        assert!(location.starts_with("http://localhost:3000/?refreshToken="), "{location}");
        server.sign_in(&email, PASSWORD).await.expect(200);
    }

    async fn a_mail_is_in_the_language_of_its_reader(database) {
        let server = server_with_smtp(&database).await;
        let email = address("french", &database);

        let body = json!({ "email": email, "options": { "locale": "fr" } });
        server.post("/signin/passwordless/email", &body).await.expect(200);

        let raw = received(&email);
        let mail = MessageParser::default().parse(&raw).unwrap();
        assert_eq!(mail.subject(), Some("Lien de connexion sécurisé"));
    }

    async fn a_folder_of_templates_made_for_hasura_auth_words_the_mails(database) {
        let folder = tempfile::tempdir().unwrap();
        let template = folder.path().join("en/email-verify");
        std::fs::create_dir_all(&template).unwrap();
        std::fs::write(template.join("subject.txt"), "Welcome to Acme, ${displayName}").unwrap();
        let html = "<p>${displayName}: <a href=\"${link}\">here</a> (${email})</p>";
        std::fs::write(template.join("body.html"), html).unwrap();
        let server = with_smtp(ServerBuilder::new(&database))
            .set("AUTH_EMAIL_TEMPLATES_PATH", folder.path().to_str().unwrap())
            .start()
            .await;
        let email = address("own-templates", &database);

        let options = json!({ "displayName": "Ada O'Hara" });
        let body = json!({ "email": email, "password": PASSWORD, "options": options });
        server.post("/signup/email-password", &body).await.expect(200);

        let raw = received(&email);
        let mail = MessageParser::default().parse(&raw).unwrap();
        assert_eq!(mail.subject(), Some("Welcome to Acme, Ada O'Hara"));
        let html = mail.body_html(0).unwrap().into_owned();
        let start = "<p>Ada O&#39;Hara: <a href=\"http://auth.example.com/verify?";
        assert!(html.starts_with(start), "{html}");
        assert!(html.trim_end().ends_with(&format!("\">here</a> ({email})</p>")), "{html}");
    }

    async fn a_mail_server_of_another_name_is_given_nothing_and_the_mail_waits(database) {
        let elsewhere = ServerBuilder::new(&database)
            .set("AUTH_SMTP_HOST", "localhost")
            .set("AUTH_SMTP_PORT", &told("TEST_SMTP_STARTTLS_ELSEWHERE"))
            .set("AUTH_SMTP_SENDER", "auth@example.com")
            .set("AUTH_EMAIL_SIGNIN_EMAIL_VERIFIED_REQUIRED", "true")
            .start()
            .await;
        let email = address("again", &database);

        let body = json!({ "email": email, "password": PASSWORD });
        let signed_up = elsewhere.post("/signup/email-password", &body).await;

        assert_eq!(signed_up.expect(200), json!({}));
        elsewhere.printed("a message was not handed over").await;
        let working = server_with_smtp(&database).await;
        let ask = json!({ "email": email });
        working.post("/user/email/send-verification-email", &ask).await.expect(200);
        assert!(!received(&email).is_empty());
    }
}

#[tokio::test]
async fn a_test_mail_arrives_before_anybody_serves() {
    let builder = with_smtp(ServerBuilder::new(&Database::sqlite()));
    let line = "email send-test operator@example.com --template signin-otp --locale fr";

    let output = builder.command().args(line.split(' ')).output();
    let output = output.await.unwrap();

    assert!(output.status.success(), "{output:?}");
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(said, "accepted for delivery to operator@example.com\n");
    let raw = received("operator@example.com");
    let mail = MessageParser::default().parse(&raw).unwrap();
    assert!(mail.body_text(0).unwrap().contains("EXAMPLE"));
}
