//! Outgoing mail.

use std::{path::PathBuf, time::Duration};

use auth_domain::secret::Secret;
use smtp_mailer::{AuthMethod, TlsMode, is_client_name};
use url::{Host, Url};

use crate::config::{
    settings::Settings,
    table::{email, server},
};

/// How long a mail may take to be handed over: somebody waits for the answer.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(10);

/// Most connections to the mail server at a time.
pub(crate) const POOL_SIZE: u32 = 4;

/// The server that takes outgoing mail.
#[derive(Debug, Clone)]
pub(crate) struct Smtp {
    /// Its name or address.
    pub(crate) host: String,
    /// Its port.
    pub(crate) port: u16,
    /// How TLS begins.
    pub(crate) tls: TlsMode,
    /// The account, if one is needed.
    pub(crate) user: Option<String>,
    /// Its password.
    pub(crate) password: Secret,
    /// How the account is proven.
    pub(crate) auth: AuthMethod,
    /// What this server calls itself there.
    pub(crate) client_name: String,
    /// Whom mails come from.
    pub(crate) sender: String,
    /// Value of the header `X-SMTPAPI`.
    pub(crate) x_smtpapi: Option<String>,
    /// An authority to trust beside the operating system's.
    pub(crate) ca_file: Option<PathBuf>,
}

impl Smtp {
    /// Picks this part from all settings, for the server of this name.
    ///
    /// # Errors
    ///
    /// A line about a choice without a meaning.
    pub(super) fn read(
        settings: &Settings,
        host: &str,
        warnings: &mut Vec<String>,
    ) -> Result<Self, String> {
        warnings.extend(incomplete_credentials(settings));
        warnings.extend(unusual_port(settings));
        let text = |setting| settings.text(setting).map(str::to_owned);
        let methods = [
            ("PLAIN", AuthMethod::Plain),
            ("LOGIN", AuthMethod::Login),
            ("CRAM-MD5", AuthMethod::CramMd5),
        ];
        Ok(Self {
            host: host.to_owned(),
            port: settings.number(&email::SMTP_PORT),
            tls: tls_mode(settings),
            user: text(&email::SMTP_USER),
            password: settings
                .secret(&email::SMTP_PASSWORD)
                .unwrap_or_else(|| Secret::new("")),
            auth: if settings.is_set(&email::SMTP_AUTH_METHOD) {
                settings.choice(&email::SMTP_AUTH_METHOD, &methods)?
            } else {
                AuthMethod::PlainOrLogin
            },
            client_name: client_name(settings),
            sender: text(&email::SMTP_SENDER).unwrap_or_default(),
            x_smtpapi: text(&email::SMTP_API_HEADER),
            ca_file: text(&email::SMTP_CA_FILE).map(PathBuf::from),
        })
    }
}

/// The host that clients reach this server at: the name it has for the world. Names of containers may
/// have an underscore, which no name of a host has.
fn client_name(settings: &Settings) -> String {
    if let Some(name) = settings.text(&email::SMTP_CLIENT_NAME) {
        return name.to_owned();
    }
    let url = settings.text(&server::URL);
    let url = url.and_then(|it| Url::parse(it).ok());
    match url.as_ref().and_then(Url::host) {
        Some(Host::Domain(name)) if is_client_name(name) => name.to_owned(),
        Some(Host::Ipv4(address)) => format!("[{address}]"),
        Some(Host::Ipv6(address)) => format!("[IPv6:{address}]"),
        Some(Host::Domain(_)) | None => "localhost".to_owned(),
    }
}

/// The two ports that are nearly always spoken to in one way.
fn unusual_port(settings: &Settings) -> Option<String> {
    let (port, secure) = (&email::SMTP_PORT, &email::SMTP_SECURE);
    let is_secure = settings.flag(secure);
    let why = match (settings.integer(port), is_secure) {
        (587, true) => "servers begin there without TLS and change to it by STARTTLS",
        (465, false) => "servers begin there with TLS",
        _ => return None,
    };
    Some(format!(
        "{} is {} while {} is {is_secure}, and {why}; set {} to {}",
        settings.name(port),
        settings.integer(port),
        settings.name(secure),
        secure.variable,
        !is_secure
    ))
}

fn incomplete_credentials(settings: &Settings) -> Option<String> {
    let (user, password) = (&email::SMTP_USER, &email::SMTP_PASSWORD);
    match (settings.text(user), settings.text(password)) {
        (None, Some(_)) => Some(format!(
            "{} has no effect without {}: the mail server is asked for no account",
            settings.name(password),
            user.variable
        )),
        (Some(_), None) => Some(format!(
            "{} is set without {}, so that the account is proven with an empty password",
            settings.name(user),
            password.variable
        )),
        _ => None,
    }
}

fn tls_mode(settings: &Settings) -> TlsMode {
    if settings.flag(&email::SMTP_SECURE) {
        TlsMode::Implicit
    } else if settings.flag(&email::SMTP_PLAIN_ALLOWED) {
        TlsMode::StartTlsIfOffered
    } else {
        TlsMode::StartTls
    }
}
