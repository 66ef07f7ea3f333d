//! The mailer against a server of another project; see `scripts/with-smtp`.
//!
//! `scripts/test --quick` leaves out tests by this module's name.

use std::{fs, path::Path, sync::Arc, time::Duration};

use auth_domain::{
    ports::{Mail, MailKind, Mailer},
    secret::Secret,
    user::{EmailAddress, Locale},
};
use mail_parser::{Message, MessageParser, MimeHeaders};
use rustls::{ServerConfig, crypto::ring};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use smtp_mailer::{AuthMethod, SmtpSettings, TlsMode};
use tokio_rustls::TlsAcceptor;

use crate::{
    fake::{Answer, Fake, OPENED, friendly, say},
    support::{
        APP, LINK, TICKET, mail, mailer, mailer_with, port, settings, templates, variable,
        whole_story,
    },
};

const METHODS: [AuthMethod; 3] = [AuthMethod::Plain, AuthMethod::Login, AuthMethod::CramMd5];

/// What the server received for `recipient`.
fn received(recipient: &str) -> Vec<u8> {
    let folder = variable("TEST_SMTP_MAILS");
    let file = Path::new(&folder).join(format!("{recipient}.eml"));
    let mail = fs::read(&file).unwrap();
    // So that a second run does not find this one's mail.
    fs::remove_file(file).unwrap();
    mail
}

fn parsed(raw: &[u8]) -> Message<'_> {
    MessageParser::default().parse(raw).unwrap()
}

fn header<'a>(message: &'a Message<'_>, name: &str) -> &'a str {
    message.header(name.to_owned()).unwrap().as_text().unwrap()
}

/// The server of that name, whose certificates are trusted.
fn server(name: &str, tls: TlsMode) -> SmtpSettings {
    SmtpSettings {
        tls,
        ca_file: Some(variable("TEST_SMTP_CA").into()),
        ..settings(port(name))
    }
}

fn with_user(settings: SmtpSettings, auth: AuthMethod, password: &str) -> SmtpSettings {
    SmtpSettings {
        user: Some("ada".to_owned()),
        password: Secret::new(password),
        auth,
        ..settings
    }
}

async fn arrives(settings: SmtpSettings, recipient: &str) {
    mailer(settings).send(mail(recipient)).await.unwrap();

    let raw = received(recipient);
    assert_eq!(parsed(&raw).subject(), Some("Secure sign-in link"));
}

async fn refusal(settings: SmtpSettings) -> String {
    let error = mailer(settings)
        .send(mail("refused@example.com"))
        .await
        .unwrap_err();
    whole_story(&error)
}

#[tokio::test]
async fn a_mail_arrives_at_this_machine_without_tls() {
    arrives(server("PLAIN", TlsMode::StartTls), "plain@example.com").await;
}

#[tokio::test]
async fn a_mail_arrives_after_starttls() {
    arrives(
        server("STARTTLS", TlsMode::StartTls),
        "starttls@example.com",
    )
    .await;
}

#[tokio::test]
async fn a_mail_arrives_after_starttls_that_was_not_demanded() {
    let server = server("STARTTLS", TlsMode::StartTlsIfOffered);

    arrives(server, "offered@example.com").await;
}

#[tokio::test]
async fn a_mail_arrives_over_implicit_tls() {
    arrives(server("TLS", TlsMode::Implicit), "tls@example.com").await;
}

#[tokio::test]
async fn a_host_may_be_a_name() {
    let settings = SmtpSettings {
        host: "LocalHost".to_owned(),
        ..server("TLS", TlsMode::Implicit)
    };

    arrives(settings, "name@example.com").await;
}

#[tokio::test]
async fn every_method_signs_in_at_every_server() {
    for (name, tls) in [
        ("PLAIN_AUTH", TlsMode::StartTls),
        ("STARTTLS_AUTH", TlsMode::StartTls),
        ("TLS_AUTH", TlsMode::Implicit),
    ] {
        for method in METHODS {
            let settings = with_user(server(name, tls), method, "correct horse");

            arrives(settings, &format!("{name}-{method}@example.com")).await;
        }
    }
}

#[tokio::test]
async fn a_wrong_password_is_an_error_in_time() {
    for method in METHODS {
        let settings = SmtpSettings {
            timeout: Duration::from_secs(3),
            ..with_user(server("TLS_AUTH", TlsMode::Implicit), method, "wrong horse")
        };

        let refusal = refusal(settings).await;

        assert!(refusal.contains("at AUTH"), "{refusal}");
        assert!(!refusal.contains("wrong horse"), "{refusal}");
    }
}

#[tokio::test]
async fn a_server_that_wants_a_user_refuses_a_mail_without_one() {
    let refusal = refusal(server("TLS_AUTH", TlsMode::Implicit)).await;

    assert!(refusal.contains("530 5.7.0"), "{refusal}");
}

#[tokio::test]
async fn a_certificate_for_another_host_is_refused() {
    for (name, tls) in [
        ("STARTTLS_ELSEWHERE", TlsMode::StartTls),
        ("STARTTLS_ELSEWHERE", TlsMode::StartTlsIfOffered),
        ("TLS_ELSEWHERE", TlsMode::Implicit),
    ] {
        let refusal = refusal(server(name, tls)).await;

        assert!(refusal.contains("in the TLS handshake"), "{refusal}");
        assert!(refusal.contains("not valid for name"), "{refusal}");
    }
}

#[tokio::test]
async fn a_certificate_of_an_unknown_authority_is_refused() {
    for (name, tls) in [("STARTTLS", TlsMode::StartTls), ("TLS", TlsMode::Implicit)] {
        let refusal = refusal(SmtpSettings {
            ca_file: None,
            ..server(name, tls)
        })
        .await;

        assert!(refusal.contains("UnknownIssuer"), "{refusal}");
    }
}

#[tokio::test]
async fn tls_with_a_server_that_has_none_is_an_error() {
    let settings = SmtpSettings {
        timeout: Duration::from_secs(3),
        ..server("PLAIN", TlsMode::Implicit)
    };

    let refusal = refusal(settings).await;

    assert!(refusal.contains("in the TLS handshake"), "{refusal}");
}

fn acceptor() -> TlsAcceptor {
    let certificates = CertificateDer::pem_file_iter(variable("TEST_SMTP_CERTIFICATE"));
    let key = PrivateKeyDer::from_pem_file(variable("TEST_SMTP_KEY")).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(certificates.unwrap().map(Result::unwrap).collect(), key)
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

#[tokio::test]
async fn what_an_attacker_adds_before_tls_is_not_believed_after_it() {
    let acceptor = acceptor();
    let fake = Fake::start(move |_, line| match line {
        "STARTTLS" => Answer::StartTls(
            "220 go on\r\n250-in between\r\n250 AUTH LOGIN\r\n".to_owned(),
            acceptor.clone(),
        ),
        "EHLO auth.example.com" => say("250-fake\r\n250-AUTH PLAIN\r\n250 STARTTLS"),
        other => friendly(other),
    })
    .await;
    let settings = SmtpSettings {
        ca_file: Some(variable("TEST_SMTP_CA").into()),
        ..with_user(settings(fake.port), AuthMethod::Plain, "secret")
    };

    mailer(settings)
        .send(mail("between@example.com"))
        .await
        .unwrap();

    let heard = fake.heard(0);
    let hello = "EHLO auth.example.com";
    assert_eq!(heard[..4], [OPENED, hello, "STARTTLS", hello]);
    assert!(heard[4].starts_with("AUTH PLAIN "), "{heard:?}");
}

#[tokio::test]
async fn a_mail_has_all_that_belongs_to_it_and_nothing_else() {
    let mailer = mailer(server("TLS", TlsMode::Implicit));

    mailer.send(mail("complete@example.com")).await.unwrap();

    let raw = received("complete@example.com");
    let message = parsed(&raw);
    assert_eq!(names_of_headers(&message), HEADERS);
    assert_eq!(header(&message, "X-Ticket"), TICKET);
    assert_eq!(header(&message, "X-Link"), LINK);
    assert_eq!(header(&message, "X-Redirect-To"), APP);
    assert_eq!(header(&message, "X-Email-Template"), "signin-passwordless");
    assert_eq!(
        message.from().unwrap().first().unwrap().name(),
        Some("Acme")
    );
    assert!(message.message_id().unwrap().ends_with("@example.com"));
    assert!(message.date().is_some());
    let html = message.body_html(0).unwrap();
    assert!(html.contains(&LINK.replace('&', "&amp;")), "{html}");
    let text = message.body_text(0).unwrap();
    assert!(
        text.contains(LINK) && text.contains("Hello Ada Lovelace,"),
        "{text}"
    );
    assert!(
        !raw.windows(2)
            .any(|pair| pair[1] == b'\n' && pair[0] != b'\r')
    );
}

const HEADERS: [&str; 12] = [
    "x-ticket",
    "x-redirect-to",
    "x-email-template",
    "x-link",
    "auto-submitted",
    "from",
    "to",
    "subject",
    "message-id",
    "date",
    "mime-version",
    "content-type",
];

fn names_of_headers(message: &Message<'_>) -> Vec<String> {
    let headers = message.headers().iter();
    headers
        .map(|header| header.name().to_ascii_lowercase())
        .collect()
}

#[tokio::test]
async fn a_subject_may_have_any_letter() {
    for (locale, subject) in [
        ("fr", "Lien de connexion sécurisé"),
        ("bg", "Защитена връзка за вход"),
        ("cs", "Bezpečný odkaz pro přihlášení"),
    ] {
        let recipient = format!("subject-{locale}@example.com");
        let mail = Mail {
            locale: Locale::parse(locale).unwrap(),
            ..mail(&recipient)
        };

        mailer(server("PLAIN", TlsMode::StartTls))
            .send(mail)
            .await
            .unwrap();

        let raw = received(&recipient);
        assert!(raw.is_ascii(), "what is not ASCII is encoded");
        assert_eq!(parsed(&raw).subject(), Some(subject));
    }
}

#[tokio::test]
async fn nothing_a_user_wrote_becomes_a_header_or_markup() {
    let templates = templates(Some(hostile_folder().path().to_owned()));
    let mailer = mailer_with(&server("PLAIN", TlsMode::StartTls), templates);
    for (number, name) in [
        "Ada\r\nBcc: victim@example.com\r\n\r\n<h1>",
        "Ada\nX-Injected: yes",
        "<a href=\"https://evil.example\">click</a>",
        "${link} ${ticket}",
        "Ada\0\u{2028}\u{85}",
        "\r\n.\r\nMAIL FROM:<evil@example.com>",
    ]
    .into_iter()
    .enumerate()
    {
        let recipient = format!("hostile-{number}@example.com");
        let mail = Mail {
            display_name: name.to_owned(),
            ..mail(&recipient)
        };

        mailer.send(mail).await.unwrap();

        let raw = received(&recipient);
        let message = parsed(&raw);
        assert_eq!(names_of_headers(&message), HEADERS, "{name:?}");
        let subject = message.subject().unwrap();
        assert!(
            !subject.contains(LINK) && !subject.contains(TICKET),
            "{subject}"
        );
        let html = message.body_html(0).unwrap();
        assert!(!html.contains("<a") && !html.contains("<h1"), "{html}");
        assert!(!html.contains(TICKET), "{html}");
    }
}

/// Templates that show the display name wherever one can.
fn hostile_folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let template = folder.path().join("en/signin-passwordless");
    fs::create_dir_all(&template).unwrap();
    fs::write(template.join("subject.txt"), "For ${displayName}\n").unwrap();
    fs::write(template.join("body.html"), "<p>${displayName}</p>").unwrap();
    fs::write(template.join("body.txt"), "${displayName}").unwrap();
    folder
}

#[tokio::test]
async fn lines_of_a_template_that_begin_with_a_dot_arrive() {
    let folder = tempfile::tempdir().unwrap();
    let template = folder.path().join("en/signin-passwordless");
    fs::create_dir_all(&template).unwrap();
    fs::write(template.join("subject.txt"), "Dots").unwrap();
    fs::write(template.join("body.html"), "<p>\n.\n..two\n.\r\n</p>\n").unwrap();
    let templates = templates(Some(folder.path().to_owned()));

    mailer_with(&server("PLAIN", TlsMode::StartTls), templates)
        .send(mail("dots@example.com"))
        .await
        .unwrap();

    let raw = received("dots@example.com");
    let message = parsed(&raw);
    let html = message.body_html(0).unwrap().replace("\r\n", "\n");
    assert_eq!(html.trim(), "<p>\n.\n..two\n.\n</p>");
    assert!(message.is_content_type("text", "html"));
}

#[tokio::test]
async fn a_hostile_locale_is_answered_in_the_default_language() {
    for (number, locale) in ["../x", "/etc", "%2e%2e", "e\0", "", "fr/../en"]
        .iter()
        .enumerate()
    {
        let recipient = format!("locale-{number}@example.com");
        let mail = Mail {
            locale: Locale::from_stored((*locale).to_owned()),
            ..mail(&recipient)
        };

        mailer(server("PLAIN", TlsMode::StartTls))
            .send(mail)
            .await
            .unwrap();

        let raw = received(&recipient);
        assert_eq!(parsed(&raw).subject(), Some("Secure sign-in link"));
    }
}

#[tokio::test]
async fn the_envelope_names_the_sender_and_the_new_address() {
    let recipient = "new@example.com";
    let mail = Mail {
        kind: MailKind::ConfirmEmailChange,
        email: EmailAddress::parse("old@example.com").unwrap(),
        new_email: Some(EmailAddress::parse(recipient).unwrap()),
        ..mail(recipient)
    };

    mailer(server("PLAIN", TlsMode::StartTls))
        .send(mail)
        .await
        .unwrap();

    let raw = received(recipient);
    let text = parsed(&raw).body_text(0).unwrap().into_owned();
    assert!(
        text.contains("from old@example.com to new@example.com"),
        "{text}"
    );
    let folder = variable("TEST_SMTP_MAILS");
    let sender = fs::read_to_string(Path::new(&folder).join(format!("{recipient}.from")));
    assert_eq!(sender.unwrap(), "hello@example.com");
}
