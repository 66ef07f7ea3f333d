//! How to reach the SMTP server, as configured.

use std::{fmt, path::PathBuf, time::Duration};

use auth_domain::secret::Secret;
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
    /// The account to authenticate as; without one there is no authentication.
    pub user: Option<String>,
    /// The account's password. Without an account it has no effect.
    pub password: Secret,
    /// The method of authentication.
    pub auth: AuthMethod,
    /// The client name at EHLO: a host name, or an address in brackets such as `[192.0.2.1]` or
    /// `[IPv6:2001:db8::1]` (RFC 5321 §4.1.1.1). Relays refuse anything else.
    pub client_name: String,
    /// The sender: `address` or `Name <address>`.
    pub sender: String,
    /// What the header `X-SMTPAPI` holds; without one there is no such header.
    pub x_smtpapi: Option<String>,
    /// A PEM file with the certificate authorities of the server, in place of the operating
    /// system's.
    pub ca_file: Option<PathBuf>,
    /// How long one mail may take altogether. Connecting to one of the server's addresses may take
    /// a third of it.
    pub timeout: Duration,
    /// The most connections that are open at once; at least one.
    pub pool_size: u32,
}

/// How the connection to the server is encrypted.
///
/// In every mode the certificate must be that of the configured host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TlsMode {
    /// From the first byte, mostly on port 465.
    Implicit,
    /// By STARTTLS, mostly on port 587. A server that does not offer it gets nothing, unless it is
    /// on this machine: an attacker in between can remove the offer (downgrade).
    StartTls,
    /// By STARTTLS if the server offers it. An attacker in between can read every mail.
    StartTlsIfOffered,
}

/// How to authenticate at the server. No other method is tried, so that a server cannot choose one
/// that reveals the password (downgrade).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthMethod {
    /// `PLAIN`, or `LOGIN` where the server offers no `PLAIN`: both reveal the password.
    PlainOrLogin,
    /// `PLAIN` (RFC 4616). Reveals the password to the server: not without TLS, except on this
    /// machine.
    Plain,
    /// `LOGIN`, the same in two steps.
    Login,
    /// `CRAM-MD5` (RFC 2195). Does not reveal the password, but does not authenticate the server.
    CramMd5,
}

impl AuthMethod {
    /// Whether the server learns the password.
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
    /// This cannot be the argument of EHLO.
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
    /// The timeout is zero.
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
