//! The flags of Hasura Auth: `--port 4000` for `AUTH_PORT=4000`, and one for every variable.
//!
//! Containers start the original with them, so they are understood before the command line is read.
//! A flag wins over its variable, as there.

use std::ffi::{OsStr, OsString};

use settings::Row;

use crate::config::TABLE;

/// Flags that are not named after their variable.
const IRREGULAR: [(&str, &str); 23] = [
    ("access-tokens-expires-in", "AUTH_ACCESS_TOKEN_EXPIRES_IN"),
    (
        "allow-redirect-urls",
        "AUTH_ACCESS_CONTROL_ALLOWED_REDIRECT_URLS",
    ),
    (
        "allowed-email-domains",
        "AUTH_ACCESS_CONTROL_ALLOWED_EMAIL_DOMAINS",
    ),
    ("allowed-emails", "AUTH_ACCESS_CONTROL_ALLOWED_EMAILS"),
    ("allowed-locales", "AUTH_LOCALE_ALLOWED_LOCALES"),
    (
        "block-email-domains",
        "AUTH_ACCESS_CONTROL_BLOCKED_EMAIL_DOMAINS",
    ),
    ("block-emails", "AUTH_ACCESS_CONTROL_BLOCKED_EMAILS"),
    ("custom-claims", "AUTH_JWT_CUSTOM_CLAIMS"),
    ("custom-claims-defaults", "AUTH_JWT_CUSTOM_CLAIMS_DEFAULTS"),
    ("default-allowed-roles", "AUTH_USER_DEFAULT_ALLOWED_ROLES"),
    ("default-locale", "AUTH_LOCALE_DEFAULT"),
    ("default-role", "AUTH_USER_DEFAULT_ROLE"),
    (
        "email-verification-required",
        "AUTH_EMAIL_SIGNIN_EMAIL_VERIFIED_REQUIRED",
    ),
    ("enable-anonymous-users", "AUTH_ANONYMOUS_USERS_ENABLED"),
    ("graphql-url", "HASURA_GRAPHQL_GRAPHQL_URL"),
    ("hasura-admin-secret", "HASURA_GRAPHQL_ADMIN_SECRET"),
    ("hasura-graphql-jwt-secret", "HASURA_GRAPHQL_JWT_SECRET"),
    ("postgres", "POSTGRES_CONNECTION"),
    ("postgres-migrations", "POSTGRES_MIGRATIONS_CONNECTION"),
    ("smtp-api-header", "AUTH_SMTP_X_SMTPAPI_HEADER"),
    ("smtp-password", "AUTH_SMTP_PASS"),
    ("templates-path", "AUTH_EMAIL_TEMPLATES_PATH"),
    ("windowslive-enabled", "AUTH_PROVIDER_WINDOWS_LIVE_ENABLED"),
];

/// A command line without the flags of Hasura Auth, and the variables they stand for.
#[derive(Debug, PartialEq)]
pub(crate) struct Understood {
    /// What is left for the command line of this server.
    pub(crate) arguments: Vec<OsString>,
    /// Names and values.
    pub(crate) variables: Vec<(OsString, OsString)>,
}

/// Takes the flags of Hasura Auth out of a command line. A flag without its value stays, and so the
/// command line is refused.
pub(crate) fn understand(arguments: impl IntoIterator<Item = OsString>) -> Understood {
    let mut understood = Understood {
        arguments: Vec::new(),
        variables: Vec::new(),
    };
    let mut rest = arguments.into_iter().peekable();
    while let Some(argument) = rest.next() {
        let found = argument.to_str().and_then(flag);
        let value = match found {
            Some((_, Some(value))) => Some(value.into()),
            Some((setting, None)) if setting.is_flag() => Some("true".into()),
            Some((_, None)) => rest.next_if(|next| !is_flag(next)),
            None => None,
        };
        match (found, value) {
            (Some((setting, _)), Some(value)) => {
                understood.variables.push((setting.variable.into(), value));
            }
            _ => understood.arguments.push(argument),
        }
    }
    understood
}

fn is_flag(argument: &OsStr) -> bool {
    argument.to_str().is_some_and(|it| it.starts_with("--"))
}

/// The setting that `--name` or `--name=value` is for, and the value.
fn flag(argument: &str) -> Option<(&'static Row, Option<&str>)> {
    let flag = argument.strip_prefix("--")?;
    let (name, value) = match flag.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (flag, None),
    };
    Some((setting(name)?, value))
}

fn setting(name: &str) -> Option<&'static Row> {
    let irregular = IRREGULAR.iter().find(|(flag, _)| *flag == name);
    let regular = name.to_ascii_uppercase().replace('-', "_");
    let variables = match irregular {
        Some((_, variable)) => vec![(*variable).to_owned()],
        None => vec![
            format!("AUTH_{regular}"),
            format!("AUTH_PROVIDER_{regular}"),
            format!(
                "AUTH_PROVIDER_{}",
                regular.replace("WINDOWSLIVE", "WINDOWS_LIVE")
            ),
        ],
    };
    TABLE
        .rows()
        .find(|it| variables.iter().any(|variable| variable == it.variable))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn understood(line: &str) -> (String, Vec<String>) {
        let Understood {
            arguments,
            variables,
        } = understand(line.split(' ').map(OsString::from));
        let text = |it: &OsString| it.to_str().unwrap().to_owned();
        let rest: Vec<_> = arguments.iter().map(text).collect();
        let variables = variables.iter();
        let variables = variables.map(|(name, value)| format!("{}={}", text(name), text(value)));
        (rest.join(" "), variables.collect())
    }

    #[test]
    fn flags_of_the_original_become_its_variables() {
        for (line, variables) in [
            ("serve --port 4001", &["AUTH_PORT=4001"][..]),
            ("serve --port=4001", &["AUTH_PORT=4001"]),
            (
                "serve --mfa-enabled --port 1",
                &["AUTH_MFA_ENABLED=true", "AUTH_PORT=1"],
            ),
            ("serve --mfa-enabled=false", &["AUTH_MFA_ENABLED=false"]),
            (
                "serve --postgres postgres://db/x",
                &["POSTGRES_CONNECTION=postgres://db/x"],
            ),
            (
                "serve --rate-limit-global-burst 5",
                &["AUTH_RATE_LIMIT_GLOBAL_BURST=5"],
            ),
            (
                "serve --github-client-id x",
                &["AUTH_PROVIDER_GITHUB_CLIENT_ID=x"],
            ),
            (
                "serve --windowslive-client-id x",
                &["AUTH_PROVIDER_WINDOWS_LIVE_CLIENT_ID=x"],
            ),
        ] {
            let (rest, found) = understood(line);
            assert_eq!(rest, "serve", "{line}");
            assert_eq!(found, variables, "{line}");
        }
    }

    #[test]
    fn every_irregular_flag_leads_to_a_setting() {
        for (name, variable) in IRREGULAR {
            assert_eq!(
                setting(name).map(|it| it.variable),
                Some(variable),
                "{name}"
            );
        }
    }

    #[test]
    fn what_is_no_flag_of_the_original_stays() {
        for line in [
            "--config x.toml serve",
            "migrate --dry-run",
            "email preview email-verify --locale fr --html",
            "--version",
            "serve --unheard-of",
            "serve --port",
            "serve --port --unheard-of",
        ] {
            assert_eq!(understood(line), (line.to_owned(), vec![]), "{line}");
        }
    }
}
