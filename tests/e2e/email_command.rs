//! Printing mails without serving; `through_smtp` tests that they are sent.

use std::fs;

use crate::support::{Database, Server, ServerBuilder, on_both_databases};

/// The output of a command that has to succeed.
async fn printed(builder: &ServerBuilder, arguments: &[&str]) -> String {
    let output = builder.command().args(arguments).output().await.unwrap();
    let complaints = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{complaints}");
    assert_eq!(complaints, "");
    String::from_utf8(output.stdout).unwrap()
}

/// The error output of a command that has to fail.
async fn complaint(builder: &ServerBuilder, arguments: &[&str]) -> String {
    let output = builder.command().args(arguments).output().await.unwrap();
    assert!(!output.status.success(), "it succeeded");
    assert_eq!(output.stdout, b"");
    String::from_utf8(output.stderr).unwrap()
}

on_both_databases! {
    async fn the_link_of_a_preview_opens_nothing(database) {
        let builder = ServerBuilder::new(&database);
        let text = printed(&builder, &["email", "preview", "password-reset", "--text"]).await;
        let server = Server::on(&database).await;

        let link = text.split_whitespace().find(|it| it.starts_with("http://auth.example.com"));
        let path = link.unwrap().strip_prefix("http://auth.example.com").unwrap();
        let followed = server.get(path).await;

        followed.expect_error_at_client("invalid-ticket", "Invalid ticket");
    }
}

#[tokio::test]
async fn a_preview_shows_subject_text_and_page_and_leaves_nothing_behind() {
    let builder = ServerBuilder::new(&Database::sqlite());

    let whole = printed(&builder, &["email", "preview", "signin-passwordless"]).await;
    let french = ["signin-passwordless", "--locale", "fr", "--subject"];
    let french = printed(&builder, &[&["email", "preview"], &french[..]].concat()).await;

    for part in [
        "Subject: Secure sign-in link\n",
        "Ada Example",
        "\nHTML:\n",
        "<html lang=\"en\">",
    ] {
        assert!(whole.contains(part), "no `{part}` in:\n{whole}");
    }
    assert_eq!(french, "Lien de connexion sécurisé\n");
    assert_eq!(fs::read_dir(builder.folder()).unwrap().count(), 0);
}

#[tokio::test]
async fn a_preview_is_in_the_operators_words() {
    let builder = ServerBuilder::new(&Database::sqlite());
    let folder = builder.folder().join("templates/en/email-verify");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("subject.txt"), "Hi ${displayName}").unwrap();
    fs::write(folder.join("body.html"), "<p>${ticket}</p>").unwrap();
    let builder = builder.set("AUTH_EMAIL_TEMPLATES_PATH", "templates");

    let whole = printed(&builder, &["email", "preview", "email-verify"]).await;

    assert!(whole.starts_with("Subject: Hi Ada Example\n\nHTML:\n\n<p>verifyEmail:000"));
}

#[tokio::test]
async fn an_installation_without_a_mail_server_sends_no_test_and_says_so() {
    let builder = ServerBuilder::new(&Database::sqlite());

    let said = complaint(&builder, &["email", "send-test", "ada@example.com"]).await;

    assert!(said.contains("AUTH_SMTP_HOST"), "{said}");
    assert_eq!(fs::read_dir(builder.folder()).unwrap().count(), 0);
}

#[tokio::test]
async fn a_mail_server_that_is_away_is_named_as_the_cause() {
    let builder = ServerBuilder::new(&Database::sqlite())
        .set("AUTH_SMTP_HOST", "127.0.0.1")
        .set("AUTH_SMTP_PORT", "1")
        .set("AUTH_SMTP_SENDER", "auth@example.com");

    let said = complaint(&builder, &["email", "send-test", "ada@example.com"]).await;

    assert!(
        said.contains("not sent") && said.contains("while connecting"),
        "{said}"
    );
    assert_eq!(said.lines().count(), 1, "{said}");
}
