//! Outgoing mail.

use std::{path::PathBuf, time::Duration};

use auth_domain::secret::Secret;
use smtp_mailer::{AuthMethod, TlsMode};

use crate::config::{settings::Settings, table::email};

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
    pub(super) fn read(settings: &Settings, host: &str) -> Result<Self, String> {
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
            auth: settings.choice(&email::SMTP_AUTH_METHOD, &methods)?,
            sender: text(&email::SMTP_SENDER).unwrap_or_default(),
            x_smtpapi: text(&email::SMTP_API_HEADER),
            ca_file: text(&email::SMTP_CA_FILE).map(PathBuf::from),
        })
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
