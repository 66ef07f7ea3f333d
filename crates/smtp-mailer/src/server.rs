//! The SMTP server, as configured and checked.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use rustls_pki_types::ServerName;
use tokio::net::{TcpStream, lookup_host};
use tokio_rustls::TlsConnector;

use crate::{
    deadline::Deadline,
    error::{Failure, SmtpError, Step},
    login::Login,
    settings::{InvalidSmtpSettings, SmtpSettings, TlsMode},
    tls,
};

/// The host for which Hasura Auth needs no TLS: a mail catcher of development.
const MAIL_CATCHER: &str = "mailhog";

/// The server's address, and what it must offer before it is sent a mail.
pub(crate) struct Server {
    pub(crate) host: String,
    pub(crate) client_name: String,
    port: u16,
    pub(crate) tls: TlsMode,
    pub(crate) connector: TlsConnector,
    pub(crate) login: Option<Login>,
    pub(crate) timeout: Duration,
}

impl Server {
    pub(crate) fn new(settings: &SmtpSettings) -> Result<Self, InvalidSmtpSettings> {
        let host = host(&settings.host)?;
        if settings.timeout.is_zero() {
            return Err(InvalidSmtpSettings::NoTime);
        }
        Ok(Self {
            host,
            client_name: client_name(&settings.client_name)?,
            port: settings.port,
            tls: settings.tls,
            connector: tls::connector(settings.ca_file.as_deref())?,
            login: login(settings),
            timeout: settings.timeout,
        })
    }

    /// Whether the connection stays on this machine, so that it cannot be eavesdropped on without
    /// TLS.
    pub(crate) fn is_on_this_machine(&self) -> bool {
        match self.host.parse::<IpAddr>() {
            Ok(address) => address.is_loopback(),
            Err(_) => ["localhost", MAIL_CATCHER]
                .iter()
                .any(|name| self.host.eq_ignore_ascii_case(name)),
        }
    }

    /// Connects to the first of the server's addresses that answers.
    pub(crate) async fn connect(&self, deadline: Deadline) -> Result<TcpStream, SmtpError> {
        // Otherwise one address that drops all packets would use up the time of the others.
        let share = self.timeout / 3;
        let mut failure = SmtpError::new(Step::Resolving, Failure::NoAddress);
        for address in self.addresses(deadline).await? {
            let attempt = deadline.within(share);
            match attempt.run(Step::Connecting, connect(address)).await {
                Ok(stream) => return Ok(stream),
                Err(error) => failure = error,
            }
        }
        Err(failure)
    }

    async fn addresses(&self, deadline: Deadline) -> Result<Vec<SocketAddr>, SmtpError> {
        let found = lookup_host((self.host.as_str(), self.port));
        let found = deadline.run(Step::Resolving, found).await?;
        Ok(found.collect())
    }
}

async fn connect(address: SocketAddr) -> Result<TcpStream, Failure> {
    let stream = TcpStream::connect(address).await?;
    // Otherwise each mail waits some 40 ms for the acknowledgement of its first part (Nagle's
    // algorithm).
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Whether this may follow EHLO: a host name, or an address in brackets (RFC 5321 §4.1.1.1).
#[must_use]
pub fn is_client_name(text: &str) -> bool {
    let in_brackets = text.strip_prefix('[').and_then(|it| it.strip_suffix(']'));
    match in_brackets {
        Some(address) => match address.strip_prefix("IPv6:") {
            Some(address) => address.parse::<Ipv6Addr>().is_ok(),
            None => address.parse::<Ipv4Addr>().is_ok(),
        },
        None => text.len() <= 253 && text.split('.').all(is_label),
    }
}

fn client_name(text: &str) -> Result<String, InvalidSmtpSettings> {
    if is_client_name(text) {
        Ok(text.to_owned())
    } else {
        Err(InvalidSmtpSettings::ClientName(text.to_owned()))
    }
}

fn is_label(text: &str) -> bool {
    let plain = |it: char| it.is_ascii_alphanumeric() || it == '-';
    (1..=63).contains(&text.len())
        && text.chars().all(plain)
        && !text.starts_with('-')
        && !text.ends_with('-')
}

/// A name that a certificate can be checked for; an IPv6 address without its brackets.
fn host(text: &str) -> Result<String, InvalidSmtpSettings> {
    let host = text.trim();
    let host = host
        .strip_prefix('[')
        .and_then(|it| it.strip_suffix(']'))
        .unwrap_or(host);
    match ServerName::try_from(host) {
        Ok(_) => Ok(host.to_owned()),
        Err(_) => Err(InvalidSmtpSettings::Host(text.to_owned())),
    }
}

/// A password without a user proves nothing; a user may have an empty one.
fn login(settings: &SmtpSettings) -> Option<Login> {
    let user = settings.user.clone().filter(|it| !it.is_empty())?;
    Some(Login {
        user,
        password: settings.password.clone(),
        method: settings.auth,
    })
}
