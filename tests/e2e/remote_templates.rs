//! `AUTH_EMAIL_TEMPLATE_FETCH_URL`

use serde_json::{Value, json};

use crate::support::{Database, Server, ServerBuilder, WebService, on_both_databases};

/// A web server with one template, in English.
async fn templates() -> WebService {
    WebService::start(|request| match request.line.as_str() {
        "GET /mails/en/signin-passwordless/subject.txt" => (200, "Remote hello".to_owned()),
        "GET /mails/en/signin-passwordless/body.html" => {
            (200, "<a href=\"${link}\">x</a>".to_owned())
        }
        _ => (404, String::new()),
    })
    .await
}

/// A service that accepts every mail.
async fn mailbox() -> WebService {
    WebService::start(|_| (200, String::new())).await
}

/// A server whose mails go to `mailbox`, rendered from `templates`.
fn server(database: &Database, mailbox: &WebService, templates: &str) -> ServerBuilder {
    ServerBuilder::new(database)
        .by_mail()
        .set("AUTH_EGRESS_ALLOWED_HOSTS", "127.0.0.1")
        .set("AUTH_LOCALE_ALLOWED_LOCALES", "en,fr")
        .set("AUTH_EMAIL_WEBHOOK_URL", mailbox.url())
        .set("AUTH_EMAIL_WEBHOOK_SECRET", "a key of at least 24 bytes")
        .set(
            "AUTH_EMAIL_TEMPLATE_FETCH_URL",
            &format!("{templates}/mails"),
        )
}

/// The mail of a user who requests a link.
async fn mail(server: &Server, mailbox: &WebService, locale: &str) -> Value {
    let email = format!("{locale}@example.com");
    let body = json!({ "email": email, "options": { "locale": locale } });
    server
        .post("/signin/passwordless/email", &body)
        .await
        .expect(200);
    let received = mailbox.received().pop().unwrap();
    serde_json::from_str(&received.body).unwrap()
}

on_both_databases! {
    async fn a_mail_has_the_words_of_the_web_server(database) {
        let (templates, mailbox) = (templates().await, mailbox().await);
        let server = server(&database, &mailbox, templates.url()).start().await;

        let english = mail(&server, &mailbox, "en").await;
        let french = mail(&server, &mailbox, "fr").await;

        let link = english["link"].as_str().unwrap().replace('&', "&amp;");
        assert_eq!(english["subject"], "Remote hello");
        assert_eq!(english["html"], format!("<a href=\"{link}\">x</a>"));
        assert_eq!(french["subject"], "Remote hello", "English comes before local words");
        let asked: Vec<_> = templates.received().into_iter().map(|it| it.line).collect();
        let folder = "GET /mails/fr/signin-passwordless/";
        assert!(asked.iter().any(|line| line.starts_with(folder)), "{asked:?}");
        assert_eq!(asked.len(), 6, "English is not fetched again: {asked:?}");
    }

    async fn without_the_web_server_a_mail_has_local_words_and_the_log_says_why(database) {
        let mailbox = mailbox().await;
        let gone = templates().await;
        let url = gone.url().to_owned();
        drop(gone);
        let server = server(&database, &mailbox, &url).start().await;

        let mail = mail(&server, &mailbox, "fr").await;

        assert_eq!(mail["subject"], "Lien de connexion sécurisé");
        server.printed("a mail template cannot be used").await;
        assert!(server.output().contains("/mails/en/signin-passwordless"));
        assert!(!server.output().contains(&url), "an address may hold a secret");
    }
}

#[tokio::test]
async fn a_preview_shows_the_words_of_the_web_server_and_says_what_is_wrong_with_them() {
    let (templates, mailbox) = (templates().await, mailbox().await);
    let builder = server(&Database::sqlite(), &mailbox, templates.url());
    let preview = async |name: &str| {
        let line = ["email", "preview", name, "--subject"];
        let output = builder.command().args(line).output().await.unwrap();
        assert!(output.status.success());
        [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap())
    };

    let [remote, silent] = preview("signin-passwordless").await;
    let [local, warning] = preview("password-reset").await;

    assert_eq!((remote.as_str(), silent.as_str()), ("Remote hello\n", ""));
    assert!(!local.contains("Remote"), "{local}");
    assert!(warning.contains("/mails/en/password-reset"), "{warning}");
    assert!(warning.contains("404"), "{warning}");
    assert_eq!(mailbox.received().len(), 0);
}
