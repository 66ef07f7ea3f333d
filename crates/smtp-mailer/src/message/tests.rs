use auth_domain::{ports::MailKind, redirect::RedirectPolicy, secret::Secret, user::Locale};
use mail_parser::{Message, MessageParser};

use super::*;

fn defaults() -> MessageDefaults {
    MessageDefaults {
        sender: Sender::parse("\"Acme, Größe & Co\" <hello@example.com>").unwrap(),
        x_smtpapi: None,
    }
}

pub(crate) fn mail() -> Mail {
    let email = || EmailAddress::parse("ada@example.net").unwrap();
    Mail {
        kind: MailKind::SignInLink,
        to: email(),
        locale: Locale::english(),
        display_name: "Ada".to_owned(),
        email: email(),
        new_email: None,
        code: None,
        ticket: Secret::new("passwordlessEmail:1"),
        link: Some(Secret::new("https://auth.example.com/verify")),
        redirect_to: RedirectPolicy::new("https://app.example.com", &[])
            .unwrap()
            .client_url(),
    }
}

fn rendered() -> Rendered {
    Rendered {
        subject: "Grüße".to_owned(),
        html: "<p>é</p>".to_owned(),
        text: Some("é".to_owned()),
    }
}

fn written(defaults: &MessageDefaults, mail: &Mail, rendered: &Rendered) -> Vec<u8> {
    defaults.message(mail, rendered).unwrap().content
}

fn parsed(content: &[u8]) -> Message<'_> {
    MessageParser::default().parse(content).unwrap()
}

#[test]
fn a_message_can_be_read_back() {
    let content = written(&defaults(), &mail(), &rendered());

    let message = parsed(&content);
    let from = message.from().unwrap().first().unwrap();
    assert_eq!(from.name(), Some("Acme, Größe & Co"));
    assert_eq!(from.address(), Some("hello@example.com"));
    let to = message.to().unwrap().first().unwrap();
    assert_eq!((to.name(), to.address()), (None, Some("ada@example.net")));
    assert_eq!(message.subject(), Some("Grüße"));
    assert_eq!(message.body_text(0).unwrap().trim_end(), "é");
    assert_eq!(message.body_html(0).unwrap().trim_end(), "<p>é</p>");
}

#[test]
fn readers_that_know_html_are_offered_it_last() {
    let content = written(&defaults(), &mail(), &rendered());

    let content = String::from_utf8(content).unwrap();
    let plain = content.find("text/plain").unwrap();
    let html = content.find("text/html").unwrap();
    assert!(content.contains("multipart/alternative"));
    // RFC 2046 §5.1.4: the last alternative is the best one.
    assert!(plain < html);
}

#[test]
fn without_plain_text_a_message_has_a_single_part() {
    let html_only = Rendered {
        text: None,
        ..rendered()
    };

    let content = written(&defaults(), &mail(), &html_only);

    let content = String::from_utf8(content).unwrap();
    assert!(!content.contains("multipart") && !content.contains("text/plain"));
}

#[test]
fn no_message_names_this_machine_or_has_the_id_of_another() {
    let (one, other) = (
        written(&defaults(), &mail(), &rendered()),
        written(&defaults(), &mail(), &rendered()),
    );

    let id = |content| parsed(content).message_id().unwrap().to_owned();
    assert!(id(&one).ends_with("@example.com"));
    assert_ne!(id(&one), id(&other));
}

#[test]
fn a_code_to_type_has_an_empty_link() {
    let mail = Mail {
        kind: MailKind::SignInCode,
        link: None,
        ..mail()
    };

    let content = written(&defaults(), &mail, &rendered());

    let content = String::from_utf8(content).unwrap();
    assert!(content.contains("X-Email-Template: signin-otp\r\n"));
    assert!(content.contains("X-Link: \r\n"));
    assert!(content.contains("\r\nAuto-Submitted: auto-generated\r\n"));
}

#[test]
fn a_link_is_one_line_of_its_header_even_when_it_is_long() {
    let link = format!("https://auth.example.com/verify?ticket={}", "x".repeat(600));
    let mail = Mail {
        link: Some(Secret::new(link.as_str())),
        ..mail()
    };

    let content = String::from_utf8(written(&defaults(), &mail, &rendered())).unwrap();

    assert!(content.contains(&format!("\r\nX-Link: {link}\r\n")));
}

#[test]
fn no_line_is_longer_than_smtp_allows() {
    let link = format!(
        "https://auth.example.com/verify?ticket={}",
        "x".repeat(5000)
    );
    let mail = Mail {
        link: Some(Secret::new(link.as_str())),
        ..mail()
    };
    let long = Rendered {
        subject: "word ".repeat(400) + &"x".repeat(2000),
        html: link.clone(),
        text: Some(link.clone()),
    };

    let content = written(&defaults(), &mail, &long);

    // RFC 5321 §4.5.3.1.6, without the line break.
    assert!(
        content
            .split(|byte| *byte == b'\n')
            .all(|line| line.len() <= 999)
    );
    let message = parsed(&content);
    assert_eq!(message.subject(), Some(long.subject.as_str()));
    assert_eq!(message.body_text(0).unwrap().trim_end(), link);
}

#[test]
fn line_breaks_in_a_header_are_spaces() {
    let mail = Mail {
        ticket: Secret::new("1\r\nBcc: a@example.com"),
        link: Some(Secret::new("2\nX-Injected: yes\r")),
        ..mail()
    };
    let broken = Rendered {
        subject: "3\r\n\r\nbody".to_owned(),
        ..rendered()
    };

    let content = written(&defaults(), &mail, &broken);

    let message = parsed(&content);
    assert!(message.bcc().is_none());
    assert!(message.header("X-Injected").is_none());
    assert_eq!(message.subject(), Some("3    body"));
}

#[test]
fn the_header_for_sendgrid_is_written_as_configured() {
    let defaults = MessageDefaults {
        x_smtpapi: Some(r#"{"category":["auth"],"asm_group_id":1}"#.to_owned()),
        ..defaults()
    };

    let content = String::from_utf8(written(&defaults, &mail(), &rendered())).unwrap();

    assert!(content.starts_with("X-SMTPAPI: {\"category\":[\"auth\"],\"asm_group_id\":1}\r\n"));
}
