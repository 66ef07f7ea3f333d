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
    /// Picks this part from all settings; `None` when no server is named.
    ///
    /// # Errors
    ///
    /// A line about a transport that does not exist here.
    pub(crate) fn read(settings: &Settings) -> Result<Option<Self>, String> {
        let text = |setting| settings.text(setting).map(str::to_owned);
        let Some(host) = text(&email::SMTP_HOST) else {
            return Ok(None);
        };
        if host == "postmark" {
            return Err(format!(
                "{} is postmark, and this version does not speak Postmark's API yet; \
                 set smtp.postmarkapp.com with the token as user and password",
                settings.name(&email::SMTP_HOST)
            ));
        }
        let methods = [
            ("PLAIN", AuthMethod::Plain),
            ("LOGIN", AuthMethod::Login),
            ("CRAM-MD5", AuthMethod::CramMd5),
        ];
        Ok(Some(Self {
            host,
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
        }))
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

/// The folder of the operator's own templates. The one where upstream's image has them need not be
/// there; any other has to be, or somebody named it in vain.
pub(crate) fn templates_folder(settings: &Settings) -> Option<PathBuf> {
    let folder = PathBuf::from(settings.text(&email::TEMPLATES_PATH)?);
    let is_usual = folder.as_os_str() == email::USUAL_TEMPLATES_PATH;
    (!is_usual || folder.is_dir()).then_some(folder)
}
