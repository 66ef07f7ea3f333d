use auth_domain::{secret::Secret, user::Locale};
use mail_templates::{Site, TemplateSettings, Templates};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

use super::*;
use crate::{AuthMethod, TlsMode};

fn renderer() -> Arc<dyn MessageRenderer> {
    let templates = Templates::load(TemplateSettings {
        folder: None,
        default_locale: Locale::english(),
        site: Site {
            server_url: String::new(),
            client_url: String::new(),
        },
    });
    Arc::new(templates.unwrap())
}

fn settings() -> SmtpSettings {
    SmtpSettings {
        host: "localhost".to_owned(),
        port: 25,
        tls: TlsMode::StartTls,
        user: Some("ada".to_owned()),
        password: Secret::new("secret"),
        auth: AuthMethod::Plain,
        client_name: "hasura-auth".to_owned(),
        sender: "hello@example.com".to_owned(),
        x_smtpapi: None,
        ca_file: None,
        timeout: Duration::from_secs(20),
        pool_size: 4,
    }
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "settings are made where they are passed"
)]
fn error(settings: SmtpSettings) -> InvalidSmtpSettings {
    SmtpMailer::new(&settings, renderer(), &Handle::current()).unwrap_err()
}

#[tokio::test]
async fn a_host_is_a_name_or_an_address() {
    for host in [
        "smtp.example.com",
        "mailhog",
        "127.0.0.1",
        "::1",
        "[::1]",
        " localhost ",
    ] {
        let settings = SmtpSettings {
            host: host.to_owned(),
            ..settings()
        };
        SmtpMailer::new(&settings, renderer(), &Handle::current()).unwrap();
    }
    for host in [
        "",
        "smtp example",
        "smtp://example.com",
        "example.com:25",
        "a\r\nb",
    ] {
        let settings = SmtpSettings {
            host: host.to_owned(),
            ..settings()
        };
        assert!(
            matches!(error(settings), InvalidSmtpSettings::Host(_)),
            "{host:?}"
        );
    }
}

#[tokio::test]
async fn only_this_machine_is_trusted_without_tls() {
    let is_near = |host: &str| {
        Server::new(&SmtpSettings {
            host: host.to_owned(),
            ..settings()
        })
        .unwrap()
        .is_on_this_machine()
    };

    for host in [
        "localhost",
        "LOCALHOST",
        "mailhog",
        "127.0.0.1",
        "127.1.2.3",
        "::1",
        "[::1]",
    ] {
        assert!(is_near(host), "{host}");
    }
    for host in [
        "example.com",
        "localhost.example.com",
        "mailhog.example.com",
        "10.0.0.1",
        "0.0.0.0",
        "::",
        "::2",
    ] {
        assert!(!is_near(host), "{host}");
    }
}

#[tokio::test]
async fn a_user_signs_in_also_with_an_empty_password_and_a_password_alone_does_not() {
    for (user, password, signs_in) in [
        (Some("ada"), "secret", true),
        (Some("ada"), "", true),
        (None, "secret", false),
        (Some(""), "secret", false),
        (None, "", false),
    ] {
        let server = Server::new(&SmtpSettings {
            user: user.map(str::to_owned),
            password: Secret::new(password),
            ..settings()
        });
        assert_eq!(server.unwrap().login.is_some(), signs_in, "{user:?}");
    }
}

#[tokio::test]
async fn a_client_name_is_a_host_or_an_address_in_brackets() {
    for name in [
        "auth.example.com",
        "localhost",
        "[192.0.2.1]",
        "[IPv6:2001:db8::1]",
    ] {
        let settings = SmtpSettings {
            client_name: name.to_owned(),
            ..settings()
        };
        SmtpMailer::new(&settings, renderer(), &Handle::current()).unwrap();
    }
    for name in [
        "",
        "a b",
        "-a",
        "a..b",
        "[x]",
        "[2001:db8::1]",
        "a\r\nMAIL FROM:<x>",
        "\u{e4}",
    ] {
        let settings = SmtpSettings {
            client_name: name.to_owned(),
            ..settings()
        };
        assert!(
            matches!(error(settings), InvalidSmtpSettings::ClientName(_)),
            "{name:?}"
        );
    }
}

#[tokio::test]
async fn a_sender_must_be_an_address() {
    let error = error(SmtpSettings {
        sender: "Acme".to_owned(),
        ..settings()
    });

    assert!(error.to_string().contains("`Acme`"), "{error}");
}

#[tokio::test]
async fn a_sender_must_be_there() {
    for sender in ["", " "] {
        let error = error(SmtpSettings {
            sender: sender.to_owned(),
            ..settings()
        });

        assert!(
            matches!(error, InvalidSmtpSettings::NoSender),
            "{sender:?}: {error}"
        );
    }
}

#[tokio::test]
async fn a_header_for_sendgrid_must_fit_into_a_header() {
    for value in ["{\"a\":\n1}", "{\"a\":\"é\"}", "{}\r\nBcc: x"] {
        let settings = SmtpSettings {
            x_smtpapi: Some(value.to_owned()),
            ..settings()
        };
        assert!(
            matches!(error(settings), InvalidSmtpSettings::XSmtpApi),
            "{value:?}"
        );
    }
}

#[tokio::test]
async fn an_empty_header_for_sendgrid_is_none() {
    let defaults = defaults(&SmtpSettings {
        x_smtpapi: Some(" \n".to_owned()),
        ..settings()
    });

    assert_eq!(defaults.unwrap().x_smtpapi, None);
}

#[tokio::test]
async fn mail_takes_time() {
    let error = error(SmtpSettings {
        timeout: Duration::ZERO,
        ..settings()
    });

    assert!(matches!(error, InvalidSmtpSettings::NoTime));
}

#[tokio::test]
async fn a_file_of_authorities_must_hold_one() {
    let empty = tempfile::NamedTempFile::new().unwrap();
    let with = |path: &std::path::Path| {
        error(SmtpSettings {
            ca_file: Some(path.to_owned()),
            ..settings()
        })
    };

    let of_nothing = with(empty.path());
    let of_no_file = with(std::path::Path::new("/nowhere/ca.pem"));

    assert!(
        of_nothing.to_string().contains("no certificate"),
        "{of_nothing}"
    );
    assert!(
        of_no_file.to_string().contains("/nowhere/ca.pem"),
        "{of_no_file}"
    );
}

#[tokio::test]
async fn no_debug_form_shows_the_password() {
    let settings = settings();

    let shown = format!("{settings:?}");
    let mailer = SmtpMailer::new(&settings, renderer(), &Handle::current()).unwrap();

    assert!(!shown.contains("secret"), "{shown}");
    assert!(!format!("{mailer:?}").contains("secret"));
}

/// Takes one mail after the other, and returns when the client closes the connection.
async fn take_mails(stream: TcpStream) {
    let mut stream = BufReader::new(stream);
    let mut reply = "220 here\r\n";
    loop {
        stream.write_all(reply.as_bytes()).await.unwrap();
        let mut line = String::new();
        loop {
            line.clear();
            if stream.read_line(&mut line).await.unwrap() == 0 {
                return;
            }
            if !reply.starts_with("354") || line == ".\r\n" {
                break;
            }
        }
        reply = if line.starts_with("DATA") {
            "354 go on\r\n"
        } else {
            "250 OK\r\n"
        };
    }
}

#[tokio::test]
async fn an_idle_connection_is_closed_after_a_while() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let settings = SmtpSettings {
        port: listener.local_addr().unwrap().port(),
        host: "127.0.0.1".to_owned(),
        user: None,
        password: Secret::new(""),
        ..settings()
    };
    let server = tokio::spawn(async move { take_mails(listener.accept().await.unwrap().0).await });
    let idle = Duration::from_millis(30);
    let mailer = SmtpMailer::with_idle(&settings, renderer(), idle, &Handle::current()).unwrap();

    mailer.send(crate::message::tests::mail()).await.unwrap();

    server.await.unwrap();
}
