//! Failures between this server and the SMTP server.
//!
//! Nothing here may hold a password, a link, a code or an address. Servers like to quote what they
//! were sent, so their text is kept only where they were sent none of these.

use std::{convert::Infallible, fmt, io};

use bb8::RunError;
use mail_templates::without_controls;
use smtp_proto::Response;

use crate::settings::AuthMethod;

/// How much of a server's text is kept.
const MAX_CHARS: usize = 200;

/// The reply of a server that closes the connection (RFC 5321 §3.8).
const CLOSING: u16 = 421;

/// A mail could not be sent to the server.
#[derive(Debug, thiserror::Error)]
#[error("SMTP failed {step}: {failure}")]
pub struct SmtpError {
    pub(crate) step: Step,
    pub(crate) failure: Failure,
}

impl SmtpError {
    pub(crate) fn new(step: Step, failure: impl Into<Failure>) -> Self {
        Self {
            step,
            failure: failure.into().heard_at(step),
        }
    }

    /// Whether a retry would fail again: the server replied with a permanent negative completion
    /// (5yz, RFC 5321 §4.2.1), or the mail or the settings do not fit.
    pub(crate) fn is_permanent(&self) -> bool {
        match &self.failure {
            Failure::Refused(reply) => (500..600).contains(&reply.code),
            Failure::TimedOut
            | Failure::Io(_)
            | Failure::Tls(_)
            | Failure::Unreadable
            | Failure::NoAddress
            | Failure::TlsExpected(_) => false,
            Failure::NoStartTls
            | Failure::NoTlsYet
            | Failure::Unencrypted(_)
            | Failure::NotOffered(_)
            | Failure::Challenge
            | Failure::NoRecipient
            | Failure::Other(_) => true,
        }
    }

    /// For an attempt without TLS: a server that says nothing may wait for TLS.
    pub(crate) fn perhaps_for_want_of_tls(self) -> Self {
        match self.failure {
            Failure::TimedOut | Failure::Unreadable | Failure::Io(_) => Self {
                failure: Failure::TlsExpected(Box::new(self.failure)),
                ..self
            },
            _ => self,
        }
    }

    /// For an attempt that begins with TLS: a server that sends something else has none yet.
    pub(crate) fn perhaps_for_too_much_tls(self) -> Self {
        let is_plain = match &self.failure {
            Failure::Io(error) => is_no_tls(error),
            Failure::Tls(error) => matches!(error, rustls::Error::InvalidMessage(_)),
            _ => false,
        };
        if is_plain {
            Self::new(self.step, Failure::NoTlsYet)
        } else {
            self
        }
    }

    /// Whether an idle connection turned out to be closed before the server had the mail: on
    /// another one the mail may succeed, and cannot arrive twice.
    pub(crate) fn connection_was_lost(&self) -> bool {
        match self.step {
            Step::Reset => true,
            Step::Sender | Step::Recipient => match &self.failure {
                Failure::Io(_) | Failure::Unreadable => true,
                Failure::Refused(reply) => reply.code == CLOSING,
                _ => false,
            },
            _ => false,
        }
    }
}

/// The step of the conversation at which a mail failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    Writing,
    Waiting,
    Resolving,
    Connecting,
    Greeting,
    Hello,
    StartTls,
    Handshake,
    Authentication,
    Reset,
    Sender,
    Recipient,
    Data,
}

impl Step {
    /// Whether the server had been sent nothing secret yet: these steps come before the password
    /// and the first mail.
    fn may_be_quoted(self) -> bool {
        match self {
            Self::Greeting | Self::Hello | Self::StartTls => true,
            Self::Writing
            | Self::Waiting
            | Self::Resolving
            | Self::Connecting
            | Self::Handshake
            | Self::Authentication
            | Self::Reset
            | Self::Sender
            | Self::Recipient
            | Self::Data => false,
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Writing => "before connecting",
            Self::Waiting => "while waiting for a free connection",
            Self::Resolving => "while looking up the server's name",
            Self::Connecting => "while connecting",
            Self::Greeting => "at the server's greeting",
            Self::Hello => "at EHLO",
            Self::StartTls => "at STARTTLS",
            Self::Handshake => "in the TLS handshake",
            Self::Authentication => "at AUTH",
            Self::Reset => "at RSET",
            Self::Sender => "at MAIL FROM",
            Self::Recipient => "at RCPT TO",
            Self::Data => "at DATA",
        })
    }
}

/// What happened at the step.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("no answer in time")]
    TimedOut,
    #[error("the server refused: {0}")]
    Refused(Reply),
    #[error("{0}{hint}", hint = tls_error(.0).map_or("", remedy))]
    Io(io::Error),
    #[error("{0}{hint}", hint = remedy(.0))]
    Tls(rustls::Error),
    #[error("the server closed the connection or does not speak SMTP")]
    Unreadable,
    #[error("the server's name has no address")]
    NoAddress,
    #[error(
        "the server does not offer STARTTLS, and mail is not sent unencrypted unless \
         AUTH_SMTP_PLAIN_ALLOWED is true"
    )]
    NoStartTls,
    #[error(
        "the server does not begin with TLS on this port; \
         set AUTH_SMTP_SECURE to false, which is for STARTTLS, as on port 587"
    )]
    NoTlsYet,
    #[error(
        "{0}; if the port is one where TLS comes first, such as 465, set AUTH_SMTP_SECURE to true"
    )]
    TlsExpected(Box<Self>),
    #[error(
        "{0} would show the password on an unencrypted connection; \
         set AUTH_SMTP_AUTH_METHOD to CRAM-MD5 if the server knows it"
    )]
    Unencrypted(AuthMethod),
    #[error(
        "the server does not offer {0}; set AUTH_SMTP_AUTH_METHOD to what it offers, \
         or unset AUTH_SMTP_USER if it asks for no account"
    )]
    NotOffered(AuthMethod),
    #[error("the server asked for neither user name nor password, or unreadably")]
    Challenge,
    #[error("the recipient is not an e-mail address")]
    NoRecipient,
    #[error("{0}")]
    Other(&'static str),
}

impl Failure {
    fn heard_at(self, step: Step) -> Self {
        match self {
            Self::Refused(reply) if !step.may_be_quoted() => Self::Refused(Reply {
                words: None,
                ..reply
            }),
            other => other,
        }
    }
}

/// Whether what the server sent cannot be TLS.
fn is_no_tls(error: &io::Error) -> bool {
    matches!(tls_error(error), Some(rustls::Error::InvalidMessage(_)))
}

fn tls_error(error: &io::Error) -> Option<&rustls::Error> {
    error.get_ref()?.downcast_ref()
}

/// What to do about a handshake that failed, if it is for this side to do.
fn remedy(error: &rustls::Error) -> &'static str {
    match error {
        rustls::Error::InvalidCertificate(_) => {
            "; AUTH_SMTP_HOST has to be a name in the certificate, and an authority that the \
             operating system does not know is named in AUTH_SMTP_CA_FILE"
        }
        _ => "",
    }
}

/// A reply of the server.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) code: u16,
    /// The enhanced status code (RFC 3463); zeros when there is none.
    enhanced: [u8; 3],
    words: Option<String>,
}

impl From<Response<String>> for Reply {
    fn from(response: Response<String>) -> Self {
        let words = without_controls(&response.message);
        Self {
            code: response.code,
            enhanced: response.esc,
            words: Some(words.trim().chars().take(MAX_CHARS).collect()),
        }
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.code)?;
        let [class, subject, detail] = self.enhanced;
        if class != 0 {
            write!(f, " {class}.{subject}.{detail}")?;
        }
        match &self.words {
            Some(words) if !words.is_empty() => write!(f, " {words}"),
            _ => Ok(()),
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<RunError<Infallible>> for Failure {
    fn from(error: RunError<Infallible>) -> Self {
        match error {
            RunError::TimedOut => Self::TimedOut,
            RunError::User(never) => match never {},
        }
    }
}

impl From<mail_send::Error> for Failure {
    fn from(error: mail_send::Error) -> Self {
        use mail_send::Error;

        match error {
            Error::Io(error) => Self::Io(error),
            Error::Tls(error) => Self::Tls(*error),
            Error::UnexpectedReply(reply) | Error::AuthenticationFailed(reply) => {
                Self::Refused(reply.into())
            }
            Error::Timeout => Self::TimedOut,
            Error::UnparseableReply => Self::Unreadable,
            Error::Base64(_) | Error::Auth(_) => Self::Challenge,
            Error::MissingStartTls => Self::NoStartTls,
            Error::InvalidTLSName => Self::Other("the host's name cannot be checked"),
            Error::UnsupportedAuthMechanism => Self::Other("the server does not offer the method"),
            Error::MissingCredentials => Self::Other("there are no credentials"),
            Error::MissingMailFrom => Self::Other("there is no sender"),
            Error::MissingRcptTo => Self::Other("there is no recipient"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(step: Step) -> SmtpError {
        let reply = Response::new(550, 5, 7, 1, "no\r\nletters to ada@example.com".to_owned());
        SmtpError::new(step, mail_send::Error::UnexpectedReply(reply))
    }

    #[test]
    fn a_server_is_quoted_where_it_had_been_told_nothing() {
        assert_eq!(
            refused(Step::Hello).to_string(),
            "SMTP failed at EHLO: the server refused: 550 5.7.1 no  letters to ada@example.com"
        );
    }

    #[test]
    fn what_a_server_says_of_addresses_secrets_and_content_is_not_kept() {
        for step in [
            Step::Authentication,
            Step::Reset,
            Step::Sender,
            Step::Recipient,
            Step::Data,
        ] {
            let error = refused(step);

            assert_eq!(
                error.to_string(),
                format!("SMTP failed {step}: the server refused: 550 5.7.1")
            );
            assert!(!format!("{error:?}").contains("letters"));
        }
    }

    #[test]
    fn a_failure_that_a_setting_mends_names_it() {
        let certificate =
            || rustls::Error::InvalidCertificate(rustls::CertificateError::UnknownIssuer);
        for (failure, setting) in [
            (Failure::Tls(certificate()), "AUTH_SMTP_CA_FILE"),
            (
                Failure::Io(io::Error::other(certificate())),
                "AUTH_SMTP_CA_FILE",
            ),
            (
                Failure::NotOffered(AuthMethod::PlainOrLogin),
                "AUTH_SMTP_AUTH_METHOD",
            ),
            (
                Failure::Unencrypted(AuthMethod::Plain),
                "AUTH_SMTP_AUTH_METHOD",
            ),
            (Failure::NoStartTls, "AUTH_SMTP_PLAIN_ALLOWED"),
            (Failure::NoTlsYet, "AUTH_SMTP_SECURE"),
        ] {
            let told = failure.to_string();
            assert!(told.contains(setting), "{told}");
        }
    }

    #[test]
    fn what_the_server_refuses_for_good_is_told_from_what_may_succeed_later() {
        let reply = |code| {
            let response = Response::new(code, 0, 0, 0, String::new());
            mail_send::Error::UnexpectedReply(response)
        };
        let is_permanent =
            |failure: Failure| SmtpError::new(Step::Recipient, failure).is_permanent();

        assert!(is_permanent(reply(550).into()));
        assert!(is_permanent(Failure::NoRecipient));
        assert!(!is_permanent(reply(421).into()));
        assert!(!is_permanent(reply(450).into()));
        assert!(!is_permanent(Failure::TimedOut));
        assert!(!is_permanent(
            io::Error::from(io::ErrorKind::ConnectionRefused).into()
        ));
    }

    #[test]
    fn a_mail_is_sent_again_only_while_the_server_does_not_have_it() {
        let lost = |step| SmtpError::new(step, Failure::Unreadable).connection_was_lost();

        assert!(lost(Step::Reset) && lost(Step::Sender) && lost(Step::Recipient));
        assert!(!lost(Step::Data) && !lost(Step::Greeting));
        assert!(!refused(Step::Recipient).connection_was_lost());
    }
}
