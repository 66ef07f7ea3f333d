//! The banner for the person who starts the server: its URL, where it stores what, and what to change
//! before it goes into production.

use std::{
    io::{self, Write},
    net::SocketAddr,
};

use auth_domain::user::EmailAddress;

use crate::{
    config::{
        Config, Database, Transport,
        table::{accounts, database, email, jwt, passwords, server},
    },
    encryption_keys,
    first_run::KeyFiles,
};

/// Address and password of the example sign-up.
const EXAMPLE_EMAIL: &str = "ada@example.com";
const EXAMPLE_PASSWORD: &str = "correct-horse-battery";

/// Prints the banner to standard error: standard output belongs to the log.
pub(crate) fn print(text: &str) {
    // A failed write is ignored: a server with standard error closed serves all the same.
    let _closed = io::stderr().lock().write_all(text.as_bytes());
}

/// The banner of a server with this configuration that listens on `listening`.
pub(crate) fn text(config: &Config, key_files: &KeyFiles, listening: SocketAddr) -> String {
    let mut lines = vec![
        format!(
            "hasura-auth {} on {}",
            env!("CARGO_PKG_VERSION"),
            url(config, listening)
        ),
        format!("  listening  {listening}"),
        format!("  database   {}", database(&config.database)),
        format!("  key        {}", key(key_files)),
        format!("  mail       {}", mail(config)),
    ];
    if key_files.encryption.kept_in_folder {
        let path = encryption_keys::file_in(&config.server.data_dir);
        lines.push(format!(
            "  encryption {}, made by this server",
            path.display()
        ));
    }
    let mut unsafe_yet = unsafe_for_production(config, key_files).peekable();
    if unsafe_yet.peek().is_some() {
        lines.push("Before production:".to_owned());
        lines.extend(unsafe_yet.map(|it| format!("  - {it}")));
    }
    if config.shows_outbox() {
        let link = key_files.outbox_key.link(&origin(listening));
        lines.push(format!("Kept messages: {link}"));
    }
    if config.api.console {
        lines.push(format!("API console: {}/console", url(config, listening)));
    }
    if let Some(curl) = sign_up_to_try(config, listening) {
        lines.push("Try it:".to_owned());
        lines.push(format!("  {curl}"));
    }
    lines.extend(setting_for_clients(config));
    lines.push("Ready.".to_owned());
    lines.join("\n") + "\n"
}

/// A requirement of `@nhost/nhost-js` 4: it recognises its own token requests by the path `/v1/token`,
/// and asks for a token before each of them when they are elsewhere.
fn setting_for_clients(config: &Config) -> Option<String> {
    let is_recognised = config.api.prefix.ends_with("/v1");
    (!is_recognised).then(|| {
        format!(
            "Before a client with @nhost/nhost-js 4: set {}=/v1, and {} with /v1 at its end",
            server::API_PREFIX.variable,
            server::URL.variable
        )
    })
}

/// The URL of the API from this machine.
fn url(config: &Config, listening: SocketAddr) -> String {
    format!("{}{}", origin(listening), config.api.prefix)
}

/// The server's origin from this machine. Browsers bind security keys and the cookies of a provider
/// sign-in to one host name, so it is that of the default `AUTH_SERVER_URL`.
fn origin(listening: SocketAddr) -> String {
    let ip = listening.ip();
    if ip.is_loopback() || ip.is_unspecified() {
        return format!("http://localhost:{}", listening.port());
    }
    format!("http://{listening}")
}

fn database(database: &Database) -> String {
    match database {
        Database::Sqlite(sqlite) => format!("SQLite in {}", sqlite.path.display()),
        Database::Postgres(database) => database.store.url.display(),
    }
}

fn mail(config: &Config) -> String {
    match &config.transport {
        Some(Transport::Smtp(smtp)) => format!("sent by {}:{}", smtp.host, smtp.port),
        Some(Transport::Postmark(_)) => {
            "sent by Postmark, in the words of templates there".to_owned()
        }
        Some(Transport::Webhook(webhook)) => {
            let host = webhook.url.host_str().unwrap_or_default();
            format!("handed to the web hook on {host}")
        }
        None => format!("kept in {}, not sent", config.outbox_dir().display()),
    }
}

fn key(key_files: &KeyFiles) -> String {
    match &key_files.key_file {
        Some(path) => format!("{}, made by this server", path.display()),
        None => jwt::SECRET.variable.to_owned(),
    }
}

fn unsafe_for_production(config: &Config, key_files: &KeyFiles) -> impl Iterator<Item = String> {
    let accounts = &config.accounts;
    [
        (
            config.api.change_env,
            format!(
                "ANYBODY WHO REACHES THIS SERVER CAN CHANGE ITS SETTINGS: unset {}",
                server::ENABLE_CHANGE_ENV.variable
            ),
        ),
        (
            matches!(config.database, Database::Sqlite(_)),
            format!(
                "one server alone can use SQLite: set {} for PostgreSQL",
                database::URL.variable
            ),
        ),
        (
            key_files.key_file.is_some(),
            format!(
                "Hasura and other servers need the same key: set {}",
                jwt::SECRET.variable
            ),
        ),
        (
            key_files.jwt_secret.is_weak(),
            "access tokens can be forged by guessing their key: give it 32 random bytes or more"
                .to_owned(),
        ),
        (
            config.totp_enabled() && key_files.encryption.kept_in_folder,
            format!(
                "other servers need the same encryption key: set {}",
                jwt::ENCRYPTION_KEY.variable
            ),
        ),
        (
            !accounts.email_verification_required,
            format!(
                "addresses are not verified: set {}=true",
                accounts::EMAIL_VERIFICATION_REQUIRED.variable
            ),
        ),
        (
            config.transport.is_none(),
            format!(
                "mail is kept instead of sent: set {} or {}",
                email::SMTP_HOST.variable,
                email::WEBHOOK_URL.variable
            ),
        ),
        (
            config.bcrypt_cost < 10,
            format!(
                "password hashes are easy to break: set {} to 10 or more",
                passwords::BCRYPT_COST.variable
            ),
        ),
    ]
    .into_iter()
    .filter_map(|(holds, text)| holds.then_some(text))
}

/// A command that signs up a user, unless these settings would refuse it.
fn sign_up_to_try(config: &Config, listening: SocketAddr) -> Option<String> {
    let email = EmailAddress::parse(EXAMPLE_EMAIL).ok()?;
    let accounts = &config.accounts;
    let works = accounts.sign_up_enabled
        && !accounts.new_users_disabled
        && accounts.email_access.accepts(&email)
        && config.passwords.min_bytes <= EXAMPLE_PASSWORD.len();
    let url = url(config, listening);
    works.then(|| {
        format!(
            "curl {url}/signup/email-password -H 'content-type: application/json' \
             -d '{{\"email\":\"{EXAMPLE_EMAIL}\",\"password\":\"{EXAMPLE_PASSWORD}\"}}'"
        )
    })
}

#[cfg(test)]
mod tests {
    use auth_crypto::{EncryptionKey, JwtSecret};
    use http_api::OutboxKey;

    use super::*;
    use crate::{config::tests::config_of, encryption_keys::EncryptionKeys};

    /// In the zero-setup mode text messages are kept.
    const NO_TEXTS: (&str, &str) = ("AUTH_SMS_PASSWORDLESS_ENABLED", "false");

    fn banner(variables: &[(&str, &str)], key_file: Option<&str>) -> String {
        banner_with_key(variables, key_file, &"hunter2".repeat(5))
    }

    fn banner_with_key(variables: &[(&str, &str)], key_file: Option<&str>, key: &str) -> String {
        let key_files = KeyFiles {
            jwt_secret: JwtSecret::parse(&format!(r#"{{"type":"HS256","key":"{key}"}}"#)).unwrap(),
            key_file: key_file.map(Into::into),
            encryption: EncryptionKeys::in_order(
                None,
                key_file.map(|_| EncryptionKey::derive(b"kept")),
                EncryptionKey::derive(b"derived"),
            ),
            outbox_key: OutboxKey::new([0; 24]),
        };
        text(
            &config_of(variables),
            &key_files,
            "0.0.0.0:4000".parse().unwrap(),
        )
    }

    #[test]
    fn a_first_try_is_told_where_everything_is_and_what_to_type() {
        let expected = [
            concat!(
                "hasura-auth ",
                env!("CARGO_PKG_VERSION"),
                " on http://localhost:4000"
            ),
            "  listening  0.0.0.0:4000",
            "  database   SQLite in ./data/auth.db",
            "  key        ./data/jwt-secret.json, made by this server",
            "  mail       kept in ./data/outbox, not sent",
            "  encryption ./data/encryption-key, made by this server",
            "Before production:",
            "  - one server alone can use SQLite: set POSTGRES_CONNECTION for PostgreSQL",
            "  - Hasura and other servers need the same key: set HASURA_GRAPHQL_JWT_SECRET",
            "  - other servers need the same encryption key: set AUTH_ENCRYPTION_KEY",
            "  - addresses are not verified: set AUTH_EMAIL_SIGNIN_EMAIL_VERIFIED_REQUIRED=true",
            "  - mail is kept instead of sent: set AUTH_SMTP_HOST or AUTH_EMAIL_WEBHOOK_URL",
            "Kept messages: http://localhost:4000/dev/outbox?key=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
            "API console: http://localhost:4000/console",
            "Try it:",
            "  curl http://localhost:4000/signup/email-password -H 'content-type: application/json' \
             -d '{\"email\":\"ada@example.com\",\"password\":\"correct-horse-battery\"}'",
            "Before a client with @nhost/nhost-js 4: set AUTH_API_PREFIX=/v1, and AUTH_SERVER_URL with \
             /v1 at its end",
            "Ready.",
        ];
        let banner = banner(&[], Some("./data/jwt-secret.json"));
        assert_eq!(banner.lines().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_configured_installation_is_not_told_what_is_not_true_of_it() {
        let variables = [
            (
                "POSTGRES_CONNECTION",
                "postgres://me:hunter2@db:5433/x?password=hunter2",
            ),
            ("AUTH_API_PREFIX", "/v1"),
        ];
        let text = banner(&variables, None);

        assert!(
            text.contains("database   postgres://me@db:5433/x"),
            "{text}"
        );
        assert!(
            text.contains("key        HASURA_GRAPHQL_JWT_SECRET\n"),
            "{text}"
        );
        assert!(text.contains("http://localhost:4000/v1/signup/"), "{text}");
        for word in ["SQLite", "not verified", "same key", "bcrypt", "nhost-js"] {
            assert!(!text.contains(word), "{word}: {text}");
        }
    }

    #[test]
    fn who_takes_the_mail_is_said_without_what_they_are_told() {
        for (variables, expected) in [
            (
                &[("AUTH_SMTP_HOST", "mail.example.com")][..],
                "mail       sent by mail.example.com:587",
            ),
            (
                &[
                    ("AUTH_SMTP_HOST", "postmark"),
                    ("AUTH_SMTP_PASS", "hunter2"),
                    ("AUTH_SMTP_SENDER", "auth@example.com"),
                ],
                "mail       sent by Postmark",
            ),
            (
                &[
                    ("AUTH_EMAIL_WEBHOOK_URL", "https://example.com/hunter2"),
                    ("AUTH_EMAIL_WEBHOOK_SECRET", "hunter2"),
                ],
                "mail       handed to the web hook on example.com",
            ),
        ] {
            let text = banner(&[variables, &[NO_TEXTS]].concat(), None);

            assert!(text.contains(expected), "{text}");
            for word in ["hunter2", "mail is kept", "Kept messages"] {
                assert!(!text.contains(word), "{word}: {text}");
            }
        }
    }

    #[test]
    fn the_encryption_key_is_mentioned_once_something_is_encrypted_with_it() {
        let mfa = [("AUTH_MFA_ENABLED", "true")];

        assert!(banner(&mfa, Some("x")).contains("set AUTH_ENCRYPTION_KEY"));
        assert!(!banner(&mfa, None).contains("AUTH_ENCRYPTION_KEY"));
        let without = [("AUTH_MFA_ENABLED", "false")];
        assert!(!banner(&without, Some("x")).contains("AUTH_ENCRYPTION_KEY"));
    }

    #[test]
    fn the_link_to_kept_messages_stands_where_they_are_shown() {
        let smtp = ("AUTH_SMTP_HOST", "mail.example.com");
        let texts = [
            ("AUTH_SMS_PASSWORDLESS_ENABLED", "true"),
            ("AUTH_SMS_PROVIDER", "dev"),
        ];
        let postgres = ("POSTGRES_CONNECTION", "postgres://db/x");

        assert!(banner(&[&[smtp][..], &texts].concat(), None).contains("/dev/outbox?key="));
        for variables in [
            &[smtp, NO_TEXTS][..],
            &[postgres],
            &[&[postgres][..], &texts].concat(),
        ] {
            let text = banner(variables, None);
            assert!(!text.contains("outbox?"), "{text}");
        }
    }

    #[test]
    fn whoever_lets_settings_be_changed_is_told_first_what_that_means() {
        let text = banner(&[("AUTH_ENABLE_CHANGE_ENV", "true")], Some("x"));

        let (_, advice) = text.split_once("Before production:\n").unwrap();
        assert!(
            advice.starts_with("  - ANYBODY WHO REACHES THIS SERVER"),
            "{text}"
        );
        assert!(!banner(&[], Some("x")).contains("AUTH_ENABLE_CHANGE_ENV"));
    }

    #[test]
    fn a_short_key_is_told_of() {
        let postgres = [("POSTGRES_CONNECTION", "postgres://db/x")];

        let text = banner_with_key(&postgres, None, "hunter2");

        assert!(text.contains("can be forged"), "{text}");
        assert!(!text.contains("hunter2"), "{text}");
        assert!(!banner(&postgres, None).contains("can be forged"));
    }

    #[test]
    fn no_secret_is_shown() {
        for url in [
            "postgres://me:hunter2@db/x?password=hunter2",
            "postgres://me:hunter2@/x?host=/run/postgresql",
        ] {
            let text = banner(&[("POSTGRES_CONNECTION", url)], None);
            assert!(!text.contains("hunter2"), "{text}");
        }
    }

    #[test]
    fn a_sign_up_that_would_be_refused_is_not_offered() {
        for (variable, value) in [
            ("AUTH_DISABLE_SIGNUP", "true"),
            ("AUTH_DISABLE_NEW_USERS", "true"),
            ("AUTH_PASSWORD_MIN_LENGTH", "60"),
            ("AUTH_ACCESS_CONTROL_ALLOWED_EMAIL_DOMAINS", "acme.io"),
        ] {
            assert!(!banner(&[(variable, value)], None).contains("curl"));
        }
    }
}
