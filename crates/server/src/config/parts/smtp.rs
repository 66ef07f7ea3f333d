//! Outgoing mail.

use std::time::Duration;

use auth_domain::secret::Secret;
use settings::Settings;
use smtp_mailer::{AuthMethod, SmtpSettings, TlsMode, is_client_name};
use url::{Host, Url};

use crate::config::table::{email, server};

/// The timeout of sending a mail: the client may be waiting for the answer.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Most connections to the mail server at a time.
const POOL_SIZE: u32 = 4;

/// The SMTP server of this name. Settings without effect are added to `warnings`.
pub(super) fn smtp(settings: &Settings, host: String, warnings: &mut Vec<String>) -> SmtpSettings {
    warnings.extend(incomplete_credentials(settings));
    warnings.extend(unusual_port(settings));
    SmtpSettings {
        host,
        port: settings.get(&email::SMTP_PORT),
        tls: tls_mode(settings),
        user: settings.get(&email::SMTP_USER),
        password: settings
            .get(&email::SMTP_PASSWORD)
            .unwrap_or_else(|| Secret::new("")),
        auth: if settings.is_set(&email::SMTP_AUTH_METHOD) {
            settings.get(&email::SMTP_AUTH_METHOD)
        } else {
            AuthMethod::PlainOrLogin
        },
        client_name: client_name(settings),
        sender: settings.get(&email::SMTP_SENDER).unwrap_or_default(),
        x_smtpapi: settings.get(&email::SMTP_API_HEADER),
        ca_file: settings.get(&email::SMTP_CA_FILE),
        timeout: TIMEOUT,
        pool_size: POOL_SIZE,
    }
}

/// The host of the public URL, for `EHLO`. Names of containers may have an underscore, which no host
/// name has.
fn client_name(settings: &Settings) -> String {
    if let Some(name) = settings.get(&email::SMTP_CLIENT_NAME) {
        return name;
    }
    let url = Url::parse(&settings.get(&server::URL));
    match url.as_ref().ok().and_then(Url::host) {
        Some(Host::Domain(name)) if is_client_name(name) => name.to_owned(),
        Some(Host::Ipv4(address)) => format!("[{address}]"),
        Some(Host::Ipv6(address)) => format!("[IPv6:{address}]"),
        Some(Host::Domain(_)) | None => "localhost".to_owned(),
    }
}

/// The two ports whose encryption is nearly always the same.
fn unusual_port(settings: &Settings) -> Option<String> {
    let (port, secure) = (&email::SMTP_PORT, &email::SMTP_SECURE);
    let (number, is_secure) = (settings.get(port), settings.get(secure));
    let why = match (number, is_secure) {
        (587, true) => "servers begin there without TLS and change to it by STARTTLS",
        (465, false) => "servers begin there with TLS",
        _ => return None,
    };
    Some(format!(
        "{} is {number} while {} is {is_secure}, and {why}; set {} to {}",
        settings.name(port),
        settings.name(secure),
        secure.variable,
        !is_secure
    ))
}

fn incomplete_credentials(settings: &Settings) -> Option<String> {
    let (user, password) = (&email::SMTP_USER, &email::SMTP_PASSWORD);
    match (settings.has(user), settings.has(password)) {
        (false, true) => Some(format!(
            "{} has no effect without {}: the mail server is asked for no account",
            settings.name(password),
            user.variable
        )),
        (true, false) => Some(format!(
            "{} is set without {}, so that the account is proven with an empty password",
            settings.name(user),
            password.variable
        )),
        _ => None,
    }
}

fn tls_mode(settings: &Settings) -> TlsMode {
    if settings.get(&email::SMTP_SECURE) {
        TlsMode::Implicit
    } else if settings.get(&email::SMTP_PLAIN_ALLOWED) {
        TlsMode::StartTlsIfOffered
    } else {
        TlsMode::StartTls
    }
}
