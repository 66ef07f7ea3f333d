//! Data loss: a database that the operator named in a way this server does not read.
//!
//! Without a database the server keeps everything in a file of its own. That is for a try on this
//! machine; a deployment that meant another database would lose its users with the container,
//! unnoticed.

use settings::{Environment, Loaded, distance};

use super::{
    parts::is_loopback,
    table::{database, server},
};

/// Variables in which other programs expect a database.
const FOREIGN: [&str; 18] = [
    "DATABASE_CONNECTION_STRING",
    "DATABASE_HOST",
    "DATABASE_URI",
    "DATABASE_URL",
    "DB_HOST",
    "DB_URI",
    "DB_URL",
    "HASURA_GRAPHQL_METADATA_DATABASE_URL",
    "PGDATABASE",
    "PGHOST",
    "PG_CONNECTION_STRING",
    "PG_DATABASE_URL",
    "PG_URL",
    "POSTGRESQL_URL",
    "POSTGRES_HOST",
    "POSTGRES_URI",
    "POSTGRES_URL",
    "SPRING_DATASOURCE_URL",
];

/// Prefixes of a value that can only be a PostgreSQL database, whatever the variable is called.
const URLS: [&str; 2] = ["postgres://", "postgresql://"];

/// The greatest edit distance of a typing mistake in our own names.
const SLIP: usize = 3;

/// Adds a problem when the server is reachable from the network and no database was named on purpose; a
/// warning when only this machine reaches it and another program's variable names one.
pub(super) fn report(environment: &Environment, loaded: &mut Loaded) {
    let settings = &loaded.settings;
    if !settings.is_unset(&database::URL) || !settings.is_unset(&database::SQLITE_PATH) {
        return;
    }
    let seen: Vec<_> = environment
        .names()
        .filter(|name| is_foreign(&name.to_ascii_uppercase()) || holds_url(environment, name))
        .collect();
    let verb = if seen.len() == 1 { "is" } else { "are" };
    let seen = seen.join(", ");
    let remedy = format!(
        "set {} to PostgreSQL, or {} to keep everything in SQLite",
        database::URL.variable,
        database::SQLITE_PATH.variable
    );
    let host = settings.get(&server::HOST);
    if !is_loopback(&host) {
        let hint = if seen.is_empty() {
            String::new()
        } else {
            format!("; {seen} {verb} set, which this server does not read")
        };
        loaded.problems.push(format!(
            "{} is {host}, which the network reaches, and no database was named: {remedy}{hint}",
            settings.name(&server::HOST)
        ));
    } else if !seen.is_empty() {
        loaded.warnings.push(format!(
            "{seen} {verb} set, which this server does not read, so that everything is kept in \
             SQLite: {remedy}"
        ));
    }
}

/// `name` is in capitals. Our own are not set here, so one of them was written in small letters.
fn is_foreign(name: &str) -> bool {
    let mut ours = database::URL.variables();
    FOREIGN.contains(&name) || ours.any(|it| distance(name, it) <= SLIP)
}

fn holds_url(environment: &Environment, name: &str) -> bool {
    // A part of `POSTGRES_CONNECTION`, useless without it.
    if database::MIGRATIONS_URL.variables().any(|it| it == name) {
        return false;
    }
    let value = environment.get(name).ok().flatten().unwrap_or_default();
    URLS.iter().any(|it| value.starts_with(it))
}

#[cfg(test)]
mod tests {
    use crate::config::{Config, tests::loaded_from};

    fn problems(variables: &[(&str, &str)]) -> Vec<String> {
        let config = Config::read(loaded_from(variables));
        config.err().map_or(Vec::new(), |it| it.0)
    }

    const NAMES: [&str; 12] = [
        "DATABASE_URL",
        "POSTGRES_URL",
        "PGHOST",
        "HASURA_GRAPHQL_METADATA_DATABASE_URL",
        "POSTGRES_CONECTION",
        "POSTGRES_CONNECTIONS",
        "HASURA_GRAPHQL_DATABASE_URI",
        "DB_HOST",
        "POSTGRES_CONNECTION_STRING",
        "POSTGRES_PRISMA_URL",
        "AUTH_DATABASE_URL",
        "postgres_connection",
    ];

    #[test]
    fn a_server_that_the_network_reaches_names_the_variables_it_does_not_read() {
        for name in NAMES {
            for host in ["0.0.0.0", "::", "10.0.0.7", "auth.internal"] {
                let problems =
                    problems(&[("AUTH_HOST", host), (name, "postgres://u:hunter2@db/x")]);

                assert_eq!(problems.len(), 1, "{problems:?}");
                for word in [host, name, "POSTGRES_CONNECTION", "AUTH_SQLITE_PATH"] {
                    assert!(problems[0].contains(word), "no {word} in {problems:?}");
                }
                assert!(!problems[0].contains("hunter2"), "{problems:?}");
            }
        }
        assert_eq!(problems(&[("AUTH_HOST", "0.0.0.0")]).len(), 1);
    }

    #[test]
    fn on_this_machine_they_are_mentioned() {
        for name in NAMES {
            let config = Config::read(loaded_from(&[(name, "postgres://u:hunter2@db/x")])).unwrap();

            assert!(config.zero_setup);
            // A name with our prefix is also reported as an unknown setting.
            let mut told = config.warnings.iter().filter(|it| it.contains("SQLite"));
            let warning = told.next().unwrap();
            assert!(warning.starts_with(name), "{warning}");
            assert!(told.next().is_none(), "{:?}", config.warnings);
            assert!(
                config.warnings.iter().all(|it| !it.contains("hunter2")),
                "{:?}",
                config.warnings
            );
        }
        let unrelated = loaded_from(&[("DATABASE", "x"), ("POSTGRES_PASSWORD", "hunter2")]);
        assert!(Config::read(unrelated).unwrap().warnings.is_empty());
    }

    #[test]
    fn with_a_database_that_was_named_nothing_is_said_and_the_network_gets_no_easy_start() {
        let host = ("AUTH_HOST", "0.0.0.0");
        let foreign = ("DATABASE_URL", "postgres://db/x");
        for named in [
            ("POSTGRES_CONNECTION", "postgres://db/x"),
            ("AUTH_SQLITE_PATH", "/data/auth.db"),
        ] {
            let config = Config::read(loaded_from(&[host, foreign, named])).unwrap();

            assert!(!config.zero_setup, "{named:?}");
            assert!(!config.api.console, "{named:?}");
            assert!(config.accounts.email_verification_required, "{named:?}");
            assert!(!config.shows_outbox(), "{named:?}");
            assert!(!config.warnings.iter().any(|it| it.contains("DATABASE_URL")));
        }
    }

    #[test]
    fn a_database_that_cannot_be_read_is_the_only_problem() {
        let host = ("AUTH_HOST", "0.0.0.0");

        let problems = problems(&[host, ("POSTGRES_CONNECTION", "mysql://db/x")]);

        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(
            problems[0].starts_with("POSTGRES_CONNECTION expects"),
            "{problems:?}"
        );
    }
}
