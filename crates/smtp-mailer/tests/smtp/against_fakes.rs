//! The mailer against servers that are broken, hostile or gone.

use std::time::{Duration, Instant};

use auth_domain::{ports::Mailer, secret::Secret, user::EmailAddress};
use futures_util::future::join_all;
use smtp_mailer::{AuthMethod, SmtpSettings, TlsMode};

use crate::{
    fake::{Answer, Fake, OPENED, friendly, say},
    support::{LINK, TICKET, mail, mailer, settings, whole_story},
};

const PASSWORD: &str = "correct horse";
const TO: &str = "grace@example.com";

/// This machine, under an address that is not known to be local.
const ELSEWHERE: &str = "0.0.0.0";

/// Short enough for a test, long enough for a busy machine to answer in time.
const SHORT: Duration = Duration::from_secs(2);

fn signed_in(port: u16, auth: AuthMethod) -> SmtpSettings {
    SmtpSettings {
        user: Some("ada".to_owned()),
        password: Secret::new(PASSWORD),
        auth,
        ..settings(port)
    }
}

/// The error of sending one mail, in all its forms.
async fn refusal(settings: SmtpSettings) -> String {
    let error = mailer(settings).send(mail(TO)).await.unwrap_err();
    whole_story(&error)
}

#[tokio::test]
async fn a_server_that_never_greets_is_given_up() {
    let fake = Fake::start(|_, _| Answer::Silence).await;
    let begun = Instant::now();

    let refusal = refusal(SmtpSettings {
        timeout: SHORT,
        ..settings(fake.port)
    })
    .await;

    assert!(
        refusal.contains("at the server's greeting: no answer in time"),
        "{refusal}"
    );
    assert!(begun.elapsed() < 3 * SHORT);
}

#[tokio::test]
async fn a_server_that_drips_is_given_up() {
    let fake = Fake::start(|_, line| match line {
        "EHLO auth.example.com" => Answer::Drip("250-and another thing\r\n"),
        other => friendly(other),
    })
    .await;
    let begun = Instant::now();

    let refusal = refusal(SmtpSettings {
        timeout: SHORT,
        ..settings(fake.port)
    })
    .await;

    assert!(refusal.contains("at EHLO: no answer in time"), "{refusal}");
    assert!(begun.elapsed() < 3 * SHORT);
}

#[tokio::test]
async fn a_server_that_never_answers_a_password_is_given_up() {
    let fake = Fake::start(|_, line| match line.split(' ').next() {
        Some("AUTH") => Answer::Silence,
        _ => friendly(line),
    })
    .await;

    let refusal = refusal(SmtpSettings {
        timeout: SHORT,
        ..signed_in(fake.port, AuthMethod::Plain)
    })
    .await;

    assert!(refusal.contains("at AUTH: no answer in time"), "{refusal}");
}

#[tokio::test]
async fn a_closed_port_is_an_error() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = closed.local_addr().unwrap().port();
    drop(closed);

    let refusal = refusal(settings(port)).await;

    assert!(
        refusal.contains("SMTP failed while connecting"),
        "{refusal}"
    );
}

#[tokio::test]
async fn a_server_that_has_no_time_is_quoted() {
    let fake =
        Fake::start(|_, _| Answer::SayLast("421 4.3.2 come back tomorrow\r\n".to_owned())).await;

    let refusal = refusal(settings(fake.port)).await;

    assert!(
        refusal.contains("at the server's greeting: the server refused: 421 4.3.2 come back"),
        "{refusal}"
    );
}

#[tokio::test]
async fn what_is_not_smtp_is_an_error() {
    let fake = Fake::start(|_, _| Answer::SayLast("HTTP/1.1 400 Bad Request\r\n".to_owned())).await;

    let refusal = refusal(settings(fake.port)).await;

    assert!(refusal.contains("does not speak SMTP"), "{refusal}");
}

#[tokio::test]
async fn after_a_refused_recipient_the_next_mail_starts_afresh() {
    let fake = Fake::start(|_, line| match line {
        "RCPT TO:<nobody@example.com>" => say("550 5.1.1 no such user"),
        other => friendly(other),
    })
    .await;
    let mailer = mailer(settings(fake.port));

    let refused = mailer.send(mail("nobody@example.com")).await.unwrap_err();
    let accepted = mailer.send(mail(TO)).await;

    let story = whole_story(&refused);
    assert!(
        story.contains("at RCPT TO: the server refused: 550 5.1.1"),
        "{story}"
    );
    assert!(
        !story.contains("no such user") && !story.contains("nobody"),
        "{story}"
    );
    accepted.unwrap();
    assert_eq!(fake.connections(), 2);
}

#[tokio::test]
async fn an_error_tells_no_secret_that_the_server_repeats() {
    for step in ["AUTH", "MAIL", "RCPT", "DATA", "."] {
        let fake = Fake::start(move |_, line| {
            if line.split(' ').next() == Some(step) {
                say(&format!(
                    "554 5.7.1 I do not like {line} {LINK} {TICKET} {PASSWORD}"
                ))
            } else {
                friendly(line)
            }
        })
        .await;

        let refusal = refusal(signed_in(fake.port, AuthMethod::Plain)).await;

        assert!(refusal.contains("554 5.7.1"), "{step}: {refusal}");
        for secret in [LINK, TICKET, PASSWORD, TO, "AGFkYQ"] {
            assert!(!refusal.contains(secret), "{step}: {refusal}");
        }
    }
}

#[tokio::test]
async fn a_server_elsewhere_must_offer_starttls() {
    let fake = Fake::start(|_, line| friendly(line)).await;

    let refusal = refusal(SmtpSettings {
        host: ELSEWHERE.to_owned(),
        ..settings(fake.port)
    })
    .await;

    assert!(refusal.contains("does not offer STARTTLS"), "{refusal}");
    assert!(refusal.contains("AUTH_SMTP_PLAIN_ALLOWED"), "{refusal}");
    assert_eq!(fake.heard(0), [OPENED, "EHLO auth.example.com"]);
}

#[tokio::test]
async fn a_server_elsewhere_need_not_offer_starttls_where_that_was_chosen() {
    let fake = Fake::start(|_, line| friendly(line)).await;
    let mailer = mailer(SmtpSettings {
        host: ELSEWHERE.to_owned(),
        tls: TlsMode::StartTlsIfOffered,
        ..settings(fake.port)
    });

    mailer.send(mail(TO)).await.unwrap();

    assert!(fake.heard(0).contains(&format!("RCPT TO:<{TO}>")));
}

#[tokio::test]
async fn a_refusal_to_start_tls_is_no_permission_to_go_on_without() {
    for tls in [TlsMode::StartTls, TlsMode::StartTlsIfOffered] {
        let fake = Fake::start(|_, line| match line {
            "EHLO auth.example.com" => say("250-fake\r\n250 STARTTLS"),
            "STARTTLS" => say("454 TLS is broken today"),
            other => friendly(other),
        })
        .await;

        let refusal = refusal(SmtpSettings {
            tls,
            ..settings(fake.port)
        })
        .await;

        assert!(refusal.contains("at STARTTLS"), "{refusal}");
        assert_eq!(fake.heard(0), [OPENED, "EHLO auth.example.com", "STARTTLS"]);
    }
}

#[tokio::test]
async fn no_password_goes_elsewhere_unencrypted() {
    for auth in [AuthMethod::Plain, AuthMethod::Login] {
        let fake = Fake::start(|_, line| friendly(line)).await;

        let refusal = refusal(SmtpSettings {
            host: ELSEWHERE.to_owned(),
            tls: TlsMode::StartTlsIfOffered,
            ..signed_in(fake.port, auth)
        })
        .await;

        assert!(refusal.contains("would show the password"), "{refusal}");
        assert_eq!(fake.heard(0), [OPENED, "EHLO auth.example.com"]);
    }
}

#[tokio::test]
async fn the_server_cannot_choose_another_method() {
    for (auth, offered) in [
        (AuthMethod::CramMd5, "PLAIN LOGIN DIGEST-MD5"),
        (AuthMethod::Plain, "CRAM-MD5 LOGIN"),
        (AuthMethod::Login, "PLAIN CRAM-MD5"),
        (AuthMethod::PlainOrLogin, "CRAM-MD5 DIGEST-MD5"),
    ] {
        let fake = Fake::start(move |_, line| match line {
            "EHLO auth.example.com" => say(&format!("250-fake\r\n250 AUTH {offered}")),
            other => friendly(other),
        })
        .await;

        let refusal = refusal(signed_in(fake.port, auth)).await;

        assert!(
            refusal.contains(&format!("does not offer {auth}")),
            "{refusal}"
        );
        assert_eq!(fake.heard(0), [OPENED, "EHLO auth.example.com"]);
    }
}

#[tokio::test]
async fn a_server_that_knows_login_alone_is_signed_in_to_by_it() {
    for (offered, word) in [("LOGIN", "AUTH LOGIN"), ("LOGIN PLAIN", "AUTH PLAIN")] {
        let fake = Fake::start(move |_, line| match line {
            "EHLO auth.example.com" => say(&format!("250-fake\r\n250 AUTH {offered}")),
            "AUTH LOGIN" => say("334 VXNlcm5hbWU6"),
            "YWRh" => say("334 UGFzc3dvcmQ6"),
            "Y29ycmVjdCBob3JzZQ==" => say("235 welcome"),
            other => friendly(other),
        })
        .await;

        let sent = mailer(signed_in(fake.port, AuthMethod::PlainOrLogin))
            .send(mail(TO))
            .await;

        sent.unwrap();
        let heard = fake.heard(0);
        let methods: Vec<_> = heard.iter().filter(|it| it.starts_with("AUTH")).collect();
        assert_eq!(methods.len(), 1, "{heard:?}");
        assert!(methods[0].starts_with(word), "{heard:?}");
    }
}

#[tokio::test]
async fn login_does_not_show_the_password_unencrypted_either() {
    let fake = Fake::start(|_, line| match line {
        "EHLO auth.example.com" => say("250-fake\r\n250 AUTH LOGIN"),
        other => friendly(other),
    })
    .await;

    let refusal = refusal(SmtpSettings {
        host: ELSEWHERE.to_owned(),
        tls: TlsMode::StartTlsIfOffered,
        ..signed_in(fake.port, AuthMethod::PlainOrLogin)
    })
    .await;

    assert!(refusal.contains("would show the password"), "{refusal}");
    assert_eq!(fake.heard(0), [OPENED, "EHLO auth.example.com"]);
}

#[tokio::test]
async fn tls_on_a_port_that_begins_without_names_the_setting() {
    let fake = Fake::start(|_, line| friendly(line)).await;

    let refusal = refusal(SmtpSettings {
        tls: TlsMode::Implicit,
        ..settings(fake.port)
    })
    .await;

    assert!(refusal.contains("in the TLS handshake"), "{refusal}");
    assert!(refusal.contains("AUTH_SMTP_SECURE to false"), "{refusal}");
}

#[tokio::test]
async fn no_tls_on_a_port_that_begins_with_it_names_the_setting() {
    let silent = Fake::start(|_, _| Answer::Silence).await;
    let closing = Fake::start(|_, _| Answer::Close).await;
    // What OpenSSL answers to what is no TLS.
    let alert =
        Fake::start(|_, _| Answer::SayLast("\u{15}\u{3}\u{1}\0\u{2}\u{2}F".to_owned())).await;

    for fake in [silent, closing, alert] {
        let refusal = refusal(SmtpSettings {
            timeout: SHORT,
            ..settings(fake.port)
        })
        .await;

        assert!(refusal.contains("at the server's greeting"), "{refusal}");
        assert!(refusal.contains("AUTH_SMTP_SECURE to true"), "{refusal}");
    }
}

#[tokio::test]
async fn a_server_without_auth_gets_no_mail_of_a_user() {
    let fake = Fake::start(|_, line| match line {
        "EHLO auth.example.com" => say("250 fake"),
        other => friendly(other),
    })
    .await;

    let refusal = refusal(signed_in(fake.port, AuthMethod::Plain)).await;

    assert!(refusal.contains("does not offer PLAIN"), "{refusal}");
}

#[tokio::test]
async fn short_prompts_of_login_are_answered() {
    // `User:` and `Password`.
    let fake = Fake::start(|_, line| match line {
        "AUTH LOGIN" => say("334 VXNlcjo="),
        "YWRh" => say("334 UGFzc3dvcmQ="),
        "Y29ycmVjdCBob3JzZQ==" => say("235 welcome"),
        other => friendly(other),
    })
    .await;

    let sent = mailer(signed_in(fake.port, AuthMethod::Login))
        .send(mail(TO))
        .await;

    sent.unwrap();
}

#[tokio::test]
async fn without_a_user_there_is_no_authentication() {
    let fake = Fake::start(|_, line| friendly(line)).await;

    mailer(settings(fake.port)).send(mail(TO)).await.unwrap();

    assert!(!fake.heard(0).iter().any(|line| line.starts_with("AUTH")));
}

#[tokio::test]
async fn one_connection_carries_one_mail_after_the_other() {
    let fake = Fake::start(|_, line| friendly(line)).await;
    let mailer = mailer(settings(fake.port));

    for _ in 0..3 {
        mailer.send(mail(TO)).await.unwrap();
    }

    assert_eq!(fake.connections(), 1);
    let dots = fake.heard(0).iter().filter(|line| *line == ".").count();
    assert_eq!(dots, 3);
}

#[tokio::test]
async fn no_more_connections_are_opened_than_allowed() {
    let fake = Fake::start(|_, line| friendly(line)).await;
    let mailer = mailer(SmtpSettings {
        pool_size: 2,
        ..settings(fake.port)
    });

    let sent = join_all((0..20).map(|_| mailer.send(mail(TO)))).await;

    assert!(sent.iter().all(Result::is_ok));
    assert!(fake.connections() <= 2, "{}", fake.connections());
}

#[tokio::test]
async fn a_connection_that_died_while_idle_is_replaced() {
    // The first closes after its mail: at once, with a word, or when it is asked something.
    let deaths: [fn(&str) -> Answer; 4] = [
        |line| match line {
            "." => Answer::SayLast("250 OK\r\n".to_owned()),
            other => friendly(other),
        },
        |line| match line {
            "." => Answer::SayLast("250 OK\r\n421 good night\r\n".to_owned()),
            other => friendly(other),
        },
        |line| match line {
            "RSET" => Answer::Close,
            other => friendly(other),
        },
        |line| match line {
            "RSET" => Answer::Silence,
            other => friendly(other),
        },
    ];
    for first in deaths {
        let fake = Fake::start(move |connection, line| match connection {
            0 => first(line),
            _ => friendly(line),
        })
        .await;
        let mailer = mailer(SmtpSettings {
            timeout: 2 * SHORT,
            ..settings(fake.port)
        });

        mailer.send(mail(TO)).await.unwrap();
        mailer.send(mail("other@example.com")).await.unwrap();

        assert_eq!(fake.connections(), 2);
        assert!(
            fake.heard(1)
                .contains(&"RCPT TO:<other@example.com>".to_owned())
        );
    }
}

#[tokio::test]
async fn a_connection_that_has_carried_enough_is_replaced() {
    let fake = Fake::start(|connection, line| match (connection, line) {
        (0, "MAIL FROM:<hello@example.com>") => say("421 4.7.0 too many mails"),
        (_, other) => friendly(other),
    })
    .await;
    let mailer = mailer(settings(fake.port));

    let first = mailer.send(mail(TO)).await;
    let second = mailer.send(mail(TO)).await;

    assert!(first.is_err(), "a fresh connection is not replaced");
    second.unwrap();
}

#[tokio::test]
async fn a_mail_that_may_have_arrived_is_not_sent_again() {
    let fake = Fake::start(|connection, line| match (connection, line) {
        (0, "RSET") => say("250 OK"),
        (0, ".") => Answer::Close,
        (_, other) => friendly(other),
    })
    .await;

    let refusal = refusal(settings(fake.port)).await;

    assert!(refusal.contains("at DATA"), "{refusal}");
    assert_eq!(fake.connections(), 1);
}

#[tokio::test]
async fn a_conversation_that_was_broken_off_is_not_gone_on_with() {
    let fake = Fake::start(|connection, line| match (connection, line) {
        (0, "DATA") => Answer::Silence,
        (_, other) => friendly(other),
    })
    .await;
    let mailer = mailer(SmtpSettings {
        timeout: SHORT,
        pool_size: 1,
        ..settings(fake.port)
    });

    let broken_off = mailer.send(mail(TO)).await;
    let next = mailer.send(mail(TO)).await;

    assert!(broken_off.is_err());
    next.unwrap();
    assert_eq!(fake.connections(), 2);
}

#[tokio::test]
async fn an_address_that_would_be_a_command_is_refused() {
    let fake = Fake::start(|_, line| friendly(line)).await;
    let mailer = mailer(settings(fake.port));
    for address in [
        "a@example.com>\r\nRCPT TO:<evil@example.com",
        "a@example.com\r\nDATA",
        "a@example.com> NOTIFY=SUCCESS",
        "",
    ] {
        let mut mail = mail(TO);
        mail.to = EmailAddress::from_stored(address.to_owned());

        let refused = mailer.send(mail).await.unwrap_err();

        let story = whole_story(&refused);
        assert!(story.contains("not an e-mail address"), "{story}");
    }
    assert_eq!(fake.connections(), 0);
}
