//! `hasura-auth email …`: shows a mail, or sends one, without serving.

mod example;

use auth_domain::{
    ports::MailKind,
    user::{EmailAddress, Locale},
};
use clap::{
    Args, Subcommand,
    builder::{PossibleValuesParser, TypedValueParser},
};
use mail_templates::Rendered;
use tokio::runtime::Handle;
use tracing::Level;

use super::output;
use crate::{
    config::{Config, Transport},
    logging,
    start_error::StartError,
    wire::{self, messaging},
};

#[derive(Debug, Subcommand)]
pub(super) enum EmailCommand {
    /// Print what a mail says, with the data of an example
    Preview {
        /// What the mail is about
        #[arg(value_parser = template())]
        template: MailKind,
        /// Language of its reader; the default one without
        #[arg(long, value_parser = Locale::parse)]
        locale: Option<Locale>,
        /// Address of its reader
        #[arg(long, value_name = "ADDRESS", default_value = "ada@example.com",
              value_parser = EmailAddress::parse)]
        to: EmailAddress,
        #[command(flatten)]
        part: Part,
    },
    /// Send an example over the configured transport
    SendTest {
        /// Where to
        #[arg(value_parser = EmailAddress::parse)]
        address: EmailAddress,
        /// What the mail is about
        #[arg(long, default_value = "email-verify", value_parser = template())]
        template: MailKind,
        /// Language of its reader; the default one without
        #[arg(long, value_parser = Locale::parse)]
        locale: Option<Locale>,
    },
}

/// The part of a mail to print alone.
#[derive(Debug, Clone, Copy, Args)]
#[group(multiple = false)]
pub(super) struct Part {
    /// Print only the subject
    #[arg(long)]
    subject: bool,
    /// Print only the plain text
    #[arg(long)]
    text: bool,
    /// Print only the HTML page
    #[arg(long)]
    html: bool,
}

fn template() -> impl TypedValueParser<Value = MailKind> {
    PossibleValuesParser::new(MailKind::ALL.map(MailKind::template))
        .try_map(|name| MailKind::of_template(&name).ok_or("no template"))
}

/// Does what the command says.
///
/// # Errors
///
/// [`StartError::Templates`], [`StartError::Words`] and [`StartError::Output`]; sending also
/// [`StartError::NoTransport`], [`StartError::TestMail`] and what is wrong with the transport.
pub(super) async fn run(command: EmailCommand, config: &Config) -> Result<(), StartError> {
    logging::start_beside_output(Level::WARN)?;
    match command {
        EmailCommand::Preview {
            template,
            locale,
            to,
            part,
        } => {
            if let Some(Transport::Postmark(_)) = config.transport {
                tracing::warn!("Postmark has words of its own; these are what others would send");
            }
            let mail = example::mail(config, template, locale, to);
            let words = messaging::renderer(config, &wire::egress(config)?)?
                .render(&mail)
                .await;
            output::write(part.of(words.map_err(StartError::Words)?))
        }
        EmailCommand::SendTest {
            address,
            template,
            locale,
        } => send_test(config, address, template, locale).await,
    }
}

async fn send_test(
    config: &Config,
    address: EmailAddress,
    template: MailKind,
    locale: Option<Locale>,
) -> Result<(), StartError> {
    let transport = messaging::transport(config, &wire::egress(config)?, &Handle::current())?;
    let transport = transport.ok_or(StartError::NoTransport)?;
    let done = format!("accepted for delivery to {}", address.as_str());
    let mail = example::mail(config, template, locale, address);
    transport.send(mail).await.map_err(StartError::TestMail)?;
    output::write([done])
}

impl Part {
    fn of(self, mail: Rendered) -> Vec<String> {
        match (self.subject, self.text, self.html) {
            (true, _, _) => vec![mail.subject],
            (_, true, _) => mail.text.into_iter().collect(),
            (_, _, true) => vec![mail.html],
            _ => whole(mail),
        }
    }
}

/// Everything, with blank lines in between. A template need not have plain text.
fn whole(mail: Rendered) -> Vec<String> {
    let mut lines = vec![format!("Subject: {}", mail.subject)];
    let text = mail.text.map(|text| ("Text", text));
    for (heading, part) in text.into_iter().chain([("HTML", mail.html)]) {
        lines.extend([String::new(), format!("{heading}:"), String::new(), part]);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Part = Part {
        subject: false,
        text: false,
        html: false,
    };

    fn printed(part: Part, text: Option<&str>) -> String {
        let mail = Rendered {
            subject: "Hello".to_owned(),
            html: "<p>Hi</p>".to_owned(),
            text: text.map(str::to_owned),
        };
        part.of(mail).join("\n")
    }

    #[test]
    fn a_mail_is_shown_with_all_it_has() {
        assert_eq!(
            printed(ALL, Some("Hi")),
            "Subject: Hello\n\nText:\n\nHi\n\nHTML:\n\n<p>Hi</p>"
        );
        assert_eq!(printed(ALL, None), "Subject: Hello\n\nHTML:\n\n<p>Hi</p>");
    }

    #[test]
    fn a_part_is_shown_alone_and_as_it_is() {
        let subject = Part {
            subject: true,
            ..ALL
        };
        let text = Part { text: true, ..ALL };
        let html = Part { html: true, ..ALL };

        assert_eq!(printed(subject, Some("Hi")), "Hello");
        assert_eq!(printed(text, Some("Hi")), "Hi");
        assert_eq!(printed(text, None), "");
        assert_eq!(printed(html, None), "<p>Hi</p>");
    }
}
