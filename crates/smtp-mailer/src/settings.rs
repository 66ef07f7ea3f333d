//! How to reach the SMTP server, as configured.

use std::{fmt, path::PathBuf, sync::Arc, time::Duration};

use auth_domain::secret::Secret;
use mail_templates::MessageRenderer;
use rustls_pki_types::pem;

/// How to send mail.
#[derive(Debug, Clone)]
pub struct SmtpSettings {
    /// The server's name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is encrypted.
    pub tls: TlsMode,
    /// The account to sign in as; without one there is no sign-in.
    pub user: Option<String>,
    /// The account's password. Without an account it has no effect.
    pub password: Secret,
    /// How to sign in.
    pub auth: AuthMethod,
    /// What this client calls itself at EHLO: a host name, or an address in brackets such as
    /// `[192.0.2.1]` or `[IPv6:2001:db8::1]` (RFC 5321 §4.1.1.1). Relays refuse what is neither.
    pub client_name: String,
    /// Whom mails come from: `address` or `Name <address>`.
    pub sender: String,
    /// What the header `X-SMTPAPI` holds; without one there is no such header.
    pub x_smtpapi: Option<String>,
    /// A PEM file of the authorities that may vouch for the server, in the place of the operating
    /// system's.
    pub ca_file: Option<PathBuf>,
    /// How long one mail may take altogether. Connecting to one of the server's addresses may take
    /// a third of it.
    pub timeout: Duration,
    /// The most connections that are open at once; at least one.
    pub pool_size: u32,
    /// What the mails say.
    pub renderer: Arc<dyn MessageRenderer>,
}

/// How the connection to the server is encrypted.
///
/// Whoever answers must prove to be the configured host, in every mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TlsMode {
    /// From the first byte, mostly on port 465.
    Implicit,
    /// By STARTTLS, mostly on port 587. A server that does not offer it gets nothing, unless it is
    /// on this machine: offers can be removed by whoever is in between.
    StartTls,
    /// By STARTTLS if the server offers it. Whoever is in between can read every mail.
    StartTlsIfOffered,
}

/// How to sign in to the server. No other method is tried, so that a server cannot choose one that
/// shows it the password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthMethod {
    /// `PLAIN`, or `LOGIN` where the server offers no `PLAIN`: both show it the password.
    PlainOrLogin,
    /// `PLAIN` (RFC 4616). Shows the password to the server: not without TLS, except to this
    /// machine.
    Plain,
    /// `LOGIN`, the same in two steps.
    Login,
    /// `CRAM-MD5` (RFC 2195). Does not show the password, but proves nothing of the server.
    CramMd5,
}

impl AuthMethod {
    /// Whether the server is shown the password.
    pub(crate) fn reveals_password(self) -> bool {
        match self {
            Self::PlainOrLogin | Self::Plain | Self::Login => true,
            Self::CramMd5 => false,
        }
    }
}

impl fmt::Display for AuthMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::PlainOrLogin => "PLAIN or LOGIN",
            Self::Plain => "PLAIN",
            Self::Login => "LOGIN",
            Self::CramMd5 => "CRAM-MD5",
        })
    }
}

/// Why no mail can be sent with these settings.
#[derive(Debug, thiserror::Error)]
pub enum InvalidSmtpSettings {
    /// The host is neither a name nor an address.
    #[error("the SMTP host `{0}` is neither a host name nor an IP address")]
    Host(String),
    /// EHLO could not be followed by this.
    #[error("the SMTP client name `{0}` is neither a host name nor an address in brackets")]
    ClientName(String),
    /// Mails need a sender.
    #[error("there is no SMTP sender, such as `name@example.com` or `Name <name@example.com>`")]
    NoSender,
    /// The sender cannot be written into a mail.
    #[error(
        "the SMTP sender `{0}` is not of the form `name@example.com` or `Name <name@example.com>`"
    )]
    Sender(String),
    /// The header's value cannot be written as it is.
    #[error(
        "the X-SMTPAPI header must be JSON on one line, with `\\u` escapes for other than ASCII"
    )]
    XSmtpApi,
    /// Nothing can be sent in no time.
    #[error("the SMTP timeout must be longer than zero")]
    NoTime,
    /// The file holds nothing usable.
    #[error("cannot read certificates of authorities from {}", path.display())]
    CaFile {
        /// The file.
        path: PathBuf,
        /// What reading it met.
        source: pem::Error,
    },
    /// The file holds no certificate.
    #[error("there is no certificate of an authority in {}", .0.display())]
    NoAuthorities(PathBuf),
    /// TLS cannot be set up.
    #[error("TLS cannot be set up for SMTP")]
    Tls(#[from] rustls::Error),
}
