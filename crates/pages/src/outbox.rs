//! The development outbox as a page: the messages that the server kept instead of sending them.

use maud::{DOCTYPE, Markup, PreEscaped, html};

/// Content Security Policy: show its own styles and those of the mails in it, and run no script,
/// neither its own nor a mail's (XSS).
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; \
     img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const STYLE: &str = include_str!("../files/outbox/outbox.css");

/// A message that was kept.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Message {
    /// When it was sent.
    pub sent_at: String,
    /// The address or the number it goes to.
    pub to: String,
    /// Its subject; a text message has none.
    pub subject: Option<String>,
    /// The link to follow.
    pub link: Option<String>,
    /// The code to type.
    pub code: Option<String>,
    /// The mail as HTML.
    pub html: Option<String>,
    /// What a text message says.
    pub text: Option<String>,
}

/// The page with these messages, in this order.
#[must_use]
pub fn page(messages: &[Message]) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width";
                meta name="referrer" content="no-referrer";
                title { "Hasura Auth: outbox" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                h1 { "Outbox" }
                @if messages.is_empty() {
                    p { "No message was sent since the server started." }
                }
                @for message in messages { (article(message)) }
            }
        }
    };
    page.into_string()
}

fn article(message: &Message) -> Markup {
    html! {
        article {
            h2 { (message.subject.as_deref().unwrap_or("Text message")) }
            p.meta { "to " b { (message.to) } ", " time { (message.sent_at) } }
            @if let Some(link) = &message.link {
                p { a href=(link) target="_blank" rel="noreferrer" { (link) } }
            }
            @if let Some(code) = &message.code {
                p { "Code: " code { (code) } }
            }
            @if let Some(text) = &message.text {
                p { (text) }
            }
            // XSS: the sandbox leaves a mail no script, no form and no way out of its frame.
            @if let Some(mail) = &message.html {
                iframe sandbox="" title="The mail" srcdoc=(mail) {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_stand_in_the_order_given_with_link_code_and_mail() {
        let mail = Message {
            to: "ada@example.com".to_owned(),
            subject: Some("Verify your address".to_owned()),
            link: Some("http://localhost:4000/verify?ticket=a&type=b".to_owned()),
            html: Some("<p>Hello</p>".to_owned()),
            ..Message::default()
        };
        let text = Message {
            code: Some("123456".to_owned()),
            text: Some("Your code is 123456".to_owned()),
            ..Message::default()
        };

        let page = page(&[text, mail]);

        let link = r#"<a href="http://localhost:4000/verify?ticket=a&amp;type=b""#;
        assert!(page.contains(link), "{page}");
        assert!(page.contains("<code>123456</code>"), "{page}");
        assert!(page.contains(r#"sandbox="""#), "{page}");
        assert!(page.contains("&lt;p&gt;Hello"), "{page}");
        assert!(page.find("123456") < page.find("ada@example.com"));
    }

    #[test]
    fn what_users_wrote_becomes_no_markup() {
        let attack = r#""><script>alert(1)</script>"#.to_owned();
        let message = Message {
            sent_at: attack.clone(),
            to: attack.clone(),
            subject: Some(attack.clone()),
            link: Some(attack.clone()),
            code: Some(attack.clone()),
            html: Some(attack.clone()),
            text: Some(attack),
        };

        let page = page(&[message]);

        assert!(!page.contains("<script"), "{page}");
        assert!(!page.contains(r#"""><"#), "{page}");
    }

    #[test]
    fn an_empty_outbox_says_so() {
        assert!(page(&[]).contains("No message was sent"));
        assert!(!CONTENT_SECURITY_POLICY.contains("script-src"));
    }
}
