//! Why the server could not start, in one line that says how to mend it.

use std::{
    error::Error,
    io::{self, ErrorKind},
    path::{Path, PathBuf},
};

use auth_crypto::{HasherSetupError, InvalidEncryptionKey, InvalidJwtSecret};
use auth_domain::{error::Cause, ports::MailerError, queued_message::MessageId};
use egress::EgressSetupError;
use mail_templates::{InvalidTemplates, MissingTemplate};
use postgres_store::PostgresUrl;
use redis_counter::InvalidRedisUrl;
use smtp_mailer::InvalidSmtpSettings;
use webauthn::NoUrl;

use crate::config::{ConfigErrors, Database, ServerSettings};

/// Why a command could not do its work. The text is one line with what is wrong and how to mend
/// it; the cause, if there is one, is the [source](Error::source).
#[derive(Debug, thiserror::Error)]
pub(crate) enum StartError {
    /// Settings are wrong; one line for each.
    #[error("{0}")]
    Config(ConfigErrors),
    /// The log was started twice.
    #[error("the log cannot be started")]
    Log(#[source] Cause),
    /// A folder of the server's own cannot be made.
    #[error(
        "the folder {} cannot be made; make it writable or choose another with AUTH_DATA_DIR",
        path.display()
    )]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The signing key cannot be read or made.
    #[error(
        "the signing key {} cannot be read or made; \
         make it readable for this user or set HASURA_GRAPHQL_JWT_SECRET",
        path.display()
    )]
    KeyFile {
        /// The file of the key.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The file of the signing key holds no key.
    #[error(
        "{} holds no signing key; move it away to have a new one made, \
         or set HASURA_GRAPHQL_JWT_SECRET",
        path.display()
    )]
    NotAKey {
        /// The file of the key.
        path: PathBuf,
        /// What is wrong with its content.
        source: InvalidJwtSecret,
    },
    /// The signing key can be brute-forced, and the network reaches the server.
    #[error(
        "the key in {} has fewer than 32 bytes, so it can be guessed from a token; move the file \
         away to have a new one made, set HASURA_GRAPHQL_JWT_SECRET, or listen on this machine \
         alone with AUTH_HOST=127.0.0.1",
        path.display()
    )]
    WeakKeyFile {
        /// The file of the key.
        path: PathBuf,
    },
    /// The encryption key cannot be read or made.
    #[error(
        "the encryption key {} cannot be read or made; \
         make it readable for this user or set AUTH_DATA_DIR to another folder",
        path.display()
    )]
    EncryptionKeyFile {
        /// The file of the key.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The file of the encryption key holds no key.
    #[error(
        "{} holds no encryption key; move it away, \
         and set AUTH_ENCRYPTION_KEY if you know the key that was in it",
        path.display()
    )]
    NotAnEncryptionKey {
        /// The file of the key.
        path: PathBuf,
        /// What is wrong with its content.
        source: InvalidEncryptionKey,
    },
    /// The configured key cannot be used.
    #[error(
        "access tokens cannot be signed; set HASURA_GRAPHQL_JWT_SECRET to JSON such as \
         {{\"type\":\"HS256\",\"key\":\"at least 32 random characters\"}}"
    )]
    JwtSecret(#[source] InvalidJwtSecret),
    /// The address to listen on cannot be bound.
    #[error("cannot listen on {address}; {remedy}")]
    Listen {
        /// Host and port.
        address: String,
        /// How to mend it.
        remedy: &'static str,
        /// Why not.
        source: io::Error,
    },
    /// The SQLite database cannot be used.
    #[error(
        "the database {} cannot be used; make the file and its folder writable for this user \
         or choose another with AUTH_SQLITE_PATH",
        path.display()
    )]
    Sqlite {
        /// Its file.
        path: PathBuf,
        /// Why not.
        source: Cause,
    },
    /// The PostgreSQL database cannot be used.
    #[error(
        "the database {url} cannot be used; check that it runs and what POSTGRES_CONNECTION says"
    )]
    Postgres {
        /// Where it is, without password.
        url: String,
        /// Why not.
        source: Cause,
    },
    /// Passwords cannot be hashed at the configured cost, or on this machine.
    #[error("passwords cannot be hashed")]
    PasswordHasher(#[source] HasherSetupError),
    /// The client for requests to other servers cannot be made.
    #[error("requests to other servers cannot be made")]
    Egress(#[source] EgressSetupError),
    /// Security keys cannot be verified.
    #[error("security keys cannot be judged; check AUTH_WEBAUTHN_RP_ORIGINS")]
    WebAuthn(#[source] NoUrl),
    /// The shared store of counters cannot be used with these settings.
    #[error("limits cannot be counted in Redis; mend AUTH_RATE_LIMIT_REDIS_URL")]
    Redis(#[source] InvalidRedisUrl),
    /// The operator's mail templates cannot be used.
    #[error("the mail templates cannot be used; mend them or unset AUTH_EMAIL_TEMPLATES_PATH")]
    Templates(#[source] InvalidTemplates),
    /// The mail server cannot be used with these settings.
    #[error("mail cannot be sent by SMTP; mend {}", smtp_setting(.0))]
    Smtp(#[source] InvalidSmtpSettings),
    /// No transport is configured for a test mail.
    #[error(
        "no mail leaves this installation, it is only kept; \
         set AUTH_SMTP_HOST or AUTH_EMAIL_WEBHOOK_URL"
    )]
    NoTransport,
    /// The test mail was not accepted.
    #[error("the test mail was not sent")]
    TestMail(#[source] MailerError),
    /// There is no such message in the queue.
    #[error("no message with the number {0} waits; it was sent, has expired, or is being sent")]
    NoMessage(MessageId),
    /// A mail cannot be rendered.
    #[error("the mail cannot be put into words")]
    Words(#[source] MissingTemplate),
    /// The HTTP server ended by itself.
    #[error("the HTTP server ended; the log says why")]
    Serve(#[source] io::Error),
    /// A service did not answer a check.
    #[error("not every service can be used")]
    Offline,
    /// The tables are missing or outdated, and migrating at the start is off.
    #[error(
        "the tables are not up to date: run `hasura-auth migrate`, or set AUTH_MIGRATE_ON_START=true"
    )]
    NotMigrated(#[source] Cause),
    /// No key was made.
    #[error("{0}")]
    Generate(#[source] auth_crypto::GenerateError),
    /// The output of a command cannot be written.
    #[error("the output cannot be written")]
    Output(#[source] io::Error),
}

impl From<ConfigErrors> for StartError {
    fn from(errors: ConfigErrors) -> Self {
        Self::Config(errors)
    }
}

impl StartError {
    /// The address in `server` cannot be bound.
    pub(crate) fn listen(server: &ServerSettings, source: io::Error) -> Self {
        let remedy = match source.kind() {
            ErrorKind::AddrInUse => {
                "another program does: stop it or choose another port with AUTH_PORT"
            }
            ErrorKind::PermissionDenied => {
                "this user may not: choose a port above 1023 with AUTH_PORT"
            }
            _ => "set AUTH_HOST to an address of this machine",
        };
        Self::Listen {
            address: format!("{}:{}", server.host, server.port),
            remedy,
            source,
        }
    }

    /// The SQLite database in the file at `path` cannot be used.
    pub(crate) fn sqlite(path: &Path, source: impl Into<Cause>) -> Self {
        Self::Sqlite {
            path: path.to_owned(),
            source: source.into(),
        }
    }

    /// The PostgreSQL database at `url` cannot be used.
    pub(crate) fn postgres(url: &PostgresUrl, source: impl Into<Cause>) -> Self {
        Self::Postgres {
            url: url.display(),
            source: source.into(),
        }
    }

    /// The configured database cannot be used.
    pub(crate) fn database(database: &Database, source: impl Into<Cause>) -> Self {
        match database {
            Database::Sqlite(sqlite) => Self::sqlite(&sqlite.path, source),
            Database::Postgres(postgres) => Self::postgres(&postgres.store.url, source),
        }
    }

    /// The line to print, with the causes in brackets; several lines for several wrong settings.
    pub(crate) fn report(&self) -> String {
        let mut causes = Vec::new();
        let mut next = self.source();
        while let Some(cause) = next {
            causes.push(cause.to_string().replace('\n', " "));
            next = cause.source();
        }
        if causes.is_empty() {
            self.to_string()
        } else {
            format!("{self} ({})", causes.join(": "))
        }
    }
}

/// The setting that mends it.
fn smtp_setting(error: &InvalidSmtpSettings) -> &'static str {
    match error {
        InvalidSmtpSettings::NoSender | InvalidSmtpSettings::Sender(_) => "AUTH_SMTP_SENDER",
        InvalidSmtpSettings::ClientName(_) => "AUTH_SMTP_CLIENT_NAME",
        InvalidSmtpSettings::XSmtpApi => "AUTH_SMTP_X_SMTPAPI_HEADER",
        InvalidSmtpSettings::CaFile { .. } | InvalidSmtpSettings::NoAuthorities(_) => {
            "AUTH_SMTP_CA_FILE"
        }
        InvalidSmtpSettings::Host(_)
        | InvalidSmtpSettings::NoTime
        | InvalidSmtpSettings::Tls(_) => "AUTH_SMTP_HOST",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_one_line_with_the_cause_in_brackets() {
        let error = StartError::Folder {
            path: "data".into(),
            source: io::Error::other("disk\nfull"),
        };

        assert_eq!(
            error.report(),
            "the folder data cannot be made; make it writable or choose another with \
             AUTH_DATA_DIR (disk full)"
        );
    }

    #[test]
    fn every_wrong_setting_has_a_line() {
        let error = StartError::Config(ConfigErrors(vec!["a".to_owned(), "b".to_owned()]));

        assert_eq!(error.report(), "a\nb");
    }
}
