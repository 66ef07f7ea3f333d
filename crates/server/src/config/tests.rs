//! Tests of the configuration as a whole: sources, precedence, defaults and generated files.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use auth_domain::{security_key::Origin, user::Role};
use egress::Egress;
use settings::{Environment, Sources, defaults, lines, reference};
use smtp_mailer::SmtpSettings;
use sqlite_store::Synchronous;

use super::*;

/// Names that belong together with values.
type Pairs<'a> = &'a [(&'a str, &'a str)];

fn load_from(variables: Pairs<'_>, files: Pairs<'_>, named: Option<&str>) -> Loaded {
    let environment = variables
        .iter()
        .map(|(name, value)| (name.into(), value.into()))
        .collect();
    let files: BTreeMap<PathBuf, &str> = files
        .iter()
        .map(|(path, text)| (PathBuf::from(path), *text))
        .collect();
    load(&Sources {
        file: named.map(PathBuf::from),
        environment: &environment,
        read_file: &|path: &Path| match files.get(path) {
            Some(text) => Ok((*text).to_owned()),
            None => Err(io::ErrorKind::NotFound.into()),
        },
    })
}

/// The result of these variables alone.
pub(crate) fn loaded_from(variables: Pairs<'_>) -> Loaded {
    load_from(variables, &[], None)
}

fn read(variables: Pairs<'_>, files: Pairs<'_>) -> Result<Config, ConfigErrors> {
    Config::read(load_from(variables, files, None))
}

fn problems(variables: Pairs<'_>, files: Pairs<'_>) -> Vec<String> {
    read(variables, files).err().map_or(Vec::new(), |it| it.0)
}

/// The configuration from these variables alone.
pub(crate) fn config_of(variables: Pairs<'_>) -> Config {
    read(variables, &[]).unwrap()
}

fn names(roles: &[Role]) -> Vec<&str> {
    roles.iter().map(Role::as_str).collect()
}

fn url_of(config: Config) -> String {
    match config.database {
        Database::Postgres(database) => database.store.url.display(),
        Database::Sqlite(_) => panic!("not PostgreSQL"),
    }
}

fn path_of(config: &Config) -> String {
    match &config.database {
        Database::Sqlite(sqlite) => sqlite.path.display().to_string(),
        Database::Postgres(_) => panic!("not SQLite"),
    }
}

/// A key that is long enough for every purpose.
const KEY: &str = "a key of no less than 32 bytes, hunter2";

mod transport {
    use super::*;

    const WEBHOOK: (&str, &str) = ("AUTH_EMAIL_WEBHOOK_URL", "https://example.com/mails");
    const SECRET: (&str, &str) = ("AUTH_EMAIL_WEBHOOK_SECRET", KEY);
    const POSTMARK: (&str, &str) = ("AUTH_SMTP_HOST", "postmark");
    const TOKEN: (&str, &str) = ("AUTH_SMTP_PASS", "hunter2");
    const SENDER: (&str, &str) = ("AUTH_SMTP_SENDER", "auth@example.com");

    #[test]
    fn without_one_mail_is_kept() {
        assert!(config_of(&[]).transport.is_none());
    }

    #[test]
    fn a_host_is_an_smtp_server() {
        let config = config_of(&[("AUTH_SMTP_HOST", "localhost")]);

        assert!(matches!(config.transport, Some(Transport::Smtp(_))));
    }

    #[test]
    fn the_host_postmark_is_its_api() {
        let usual = config_of(&[POSTMARK, TOKEN, SENDER]);
        let url = ("AUTH_SMTP_POSTMARK_URL", "https://api.example.com/eu");
        let elsewhere = config_of(&[POSTMARK, TOKEN, SENDER, url]);

        let api = |config: Config| match config.transport {
            Some(Transport::Postmark(postmark)) => postmark.base_url.to_string(),
            _ => panic!("not Postmark"),
        };
        assert_eq!(api(usual), "https://api.postmarkapp.com/");
        assert_eq!(api(elsewhere), "https://api.example.com/eu");
    }

    #[test]
    fn postmark_needs_a_token_and_a_sender() {
        for (variables, missing) in [
            ([POSTMARK, TOKEN], "AUTH_SMTP_SENDER"),
            ([POSTMARK, SENDER], "AUTH_SMTP_PASS"),
        ] {
            let problems = problems(&variables, &[]);

            assert_eq!(problems.len(), 1);
            assert!(problems[0].contains(missing), "{problems:?}");
        }
    }

    #[test]
    fn a_web_hook_needs_a_secret_that_is_a_key() {
        let missing = problems(&[WEBHOOK], &[]);
        let broken = problems(&[WEBHOOK, (SECRET.0, "whsec_hunter2!")], &[]);

        assert!(
            missing[0].contains("AUTH_EMAIL_WEBHOOK_SECRET"),
            "{missing:?}"
        );
        assert!(broken[0].contains("base64"), "{broken:?}");
        assert!(!broken[0].contains("hunter2"), "{broken:?}");
    }

    #[test]
    fn a_short_key_and_one_without_a_web_hook_are_mentioned() {
        let short = config_of(&[WEBHOOK, (SECRET.0, "hunter2")]).warnings;
        let long = config_of(&[WEBHOOK, SECRET]).warnings;
        let alone = config_of(&[SECRET]).warnings;

        assert!(short[0].contains("24 bytes"), "{short:?}");
        assert_eq!(long, [""; 0]);
        assert!(alone[0].contains("AUTH_EMAIL_WEBHOOK_URL"), "{alone:?}");
    }

    #[test]
    fn mail_leaves_one_way_only() {
        for host in ["localhost", "postmark"] {
            let problems = problems(&[("AUTH_SMTP_HOST", host), WEBHOOK, SECRET], &[]);

            assert_eq!(problems.len(), 1);
            for name in ["AUTH_SMTP_HOST", "AUTH_EMAIL_WEBHOOK_URL"] {
                assert!(problems[0].contains(name), "{problems:?}");
            }
        }
    }

    #[test]
    fn where_no_request_may_go_no_mail_goes_and_the_start_says_so() {
        for url in ["https://10.0.0.1/", "http://example.com/"] {
            let webhook = (WEBHOOK.0, url);
            let allowed = ("AUTH_EGRESS_ALLOWED_HOSTS", "10.0.0.1,example.com");

            let problems = problems(&[webhook, SECRET], &[]);
            config_of(&[webhook, SECRET, allowed]);

            assert_eq!(problems.len(), 1);
            for name in ["AUTH_EMAIL_WEBHOOK_URL", "AUTH_EGRESS_ALLOWED_HOSTS"] {
                assert!(problems[0].contains(name), "{problems:?}");
            }
        }
    }

    #[test]
    fn no_debug_form_shows_its_secret() {
        for variables in [&[POSTMARK, TOKEN, SENDER][..], &[WEBHOOK, SECRET][..]] {
            let config = config_of(variables);

            assert!(!format!("{config:?}").contains("hunter2"));
        }
    }
}

mod sources {
    use super::*;

    const USUAL: &str = "hasura-auth.toml";

    #[test]
    fn the_environment_wins_over_the_file_and_the_file_over_the_default() {
        let file = (USUAL, "[server]\nport = 4001\nhost = \"10.0.0.1\"\n");

        let variables = [("AUTH_PORT", "4002"), ("AUTH_SQLITE_PATH", "auth.db")];
        let config = read(&variables, &[file]).unwrap();

        assert_eq!(config.server.port, 4002);
        assert_eq!(config.server.host, "10.0.0.1");
        assert_eq!(config.bcrypt_cost, 10);
    }

    #[test]
    fn an_empty_variable_leaves_the_file_its_say() {
        let file = (USUAL, "server.port = 4001\n");

        let config = read(&[("AUTH_PORT", "")], &[file]).unwrap();

        assert_eq!(config.server.port, 4001);
    }

    #[test]
    fn the_file_named_on_the_command_line_wins_over_the_variable_and_that_over_the_usual_ones() {
        let files = [
            ("a.toml", "server.port = 1\n"),
            ("b.toml", "server.port = 2\n"),
            ("config/hasura-auth.toml", "server.port = 3\n"),
            (USUAL, "server.port = 4\n"),
        ];
        let port = |variables, named, files| {
            let loaded = load_from(variables, files, named);
            Config::read(loaded).unwrap().server.port
        };
        let variables: Pairs<'_> = &[("AUTH_CONFIG_FILE", "b.toml")];

        assert_eq!(port(variables, Some("a.toml"), &files), 1);
        assert_eq!(port(variables, None, &files), 2);
        assert_eq!(port(&[], None, &files), 3);
        assert_eq!(port(&[], None, &files[3..]), 4);
        assert_eq!(port(&[], None, &[]), 4000);
    }

    #[test]
    fn a_named_file_has_to_be_there() {
        let problems = problems(&[("AUTH_CONFIG_FILE", "b.toml")], &[]);

        assert_eq!(problems.len(), 1);
        assert!(
            problems[0].contains("b.toml cannot be read"),
            "{problems:?}"
        );
    }

    #[test]
    fn the_first_name_of_a_database_wins() {
        let first = ("POSTGRES_CONNECTION", "postgres://first/x");
        let second = ("HASURA_GRAPHQL_DATABASE_URL", "postgres://second/x");

        assert!(url_of(config_of(&[second, first])).contains("//first:"));
        assert!(url_of(config_of(&[second])).contains("//second:"));
    }

    #[test]
    fn a_secret_can_be_in_a_file_that_a_variable_names() {
        let file = ("/run/secrets/db", "postgres://me:pw@db/x\r\n");

        let config = read(&[("POSTGRES_CONNECTION_FILE", "/run/secrets/db")], &[file]).unwrap();

        assert!(url_of(config).starts_with("postgres://me@db:5432/x"));
    }

    #[test]
    fn a_secret_can_be_in_a_file_that_a_key_names() {
        let files = [
            (USUAL, "[database]\nurl_file = \"/run/secrets/db\"\n"),
            ("/run/secrets/db", "postgres://me:pw@db/x\n"),
        ];

        assert!(!read(&[], &files).unwrap().zero_setup);
    }

    #[test]
    fn a_secret_given_twice_is_refused() {
        let variables = [
            ("POSTGRES_CONNECTION", "postgres://db/x"),
            ("POSTGRES_CONNECTION_FILE", "/run/secrets/db"),
        ];

        assert_eq!(
            problems(&variables, &[]),
            ["POSTGRES_CONNECTION and POSTGRES_CONNECTION_FILE are both set; unset one of them"]
        );
    }

    #[test]
    fn an_unreadable_or_empty_secret_file_is_named() {
        let variables = [
            ("POSTGRES_CONNECTION_FILE", "/missing"),
            ("AUTH_SMTP_HOST", "localhost"),
            ("AUTH_SMTP_PASS_FILE", "/empty"),
        ];

        let problems = problems(&variables, &[("/empty", "\n")]);

        assert!(problems[0].starts_with("POSTGRES_CONNECTION_FILE: the file /missing cannot"));
        assert!(problems[1].starts_with("AUTH_SMTP_PASS_FILE: the file /empty is empty"));
    }
}

mod problems {
    use super::*;

    #[test]
    fn all_problems_are_reported_at_once() {
        let variables = [
            ("AUTH_PORT", "many"),
            ("AUTH_GRAVATAR_RATING", "xxx"),
            ("AUTH_API_PREFIX", "v1?"),
            ("AUTH_LEGACY_SESSION_COOKIE_SAME_SITE", "none"),
            ("AUTH_LEGACY_SESSION_COOKIE_SECURE", "false"),
        ];
        let file = ("hasura-auth.toml", "[server]\nprot = 1\n");

        assert_eq!(
            problems(&variables, &[file]),
            [
                "hasura-auth.toml:2: server.prot is not a setting; did you mean server.port?",
                "AUTH_PORT expects a whole number from 0 to 65535, not \"many\"",
                "AUTH_API_PREFIX expects a path such as /v1/auth, not \"v1?\"",
                "AUTH_GRAVATAR_RATING expects one of g, pg, r, x, not \"xxx\"",
                "AUTH_LEGACY_SESSION_COOKIE_SAME_SITE is none while \
                 AUTH_LEGACY_SESSION_COOKIE_SECURE is false, and browsers drop such a cookie; \
                 change one of them",
            ]
        );
    }

    #[test]
    fn a_rejected_secret_is_not_repeated() {
        let variables = [
            ("POSTGRES_CONNECTION", "mysql://me:hunter2@db/x"),
            ("HASURA_GRAPHQL_JWT_SECRET", "hunter2"),
        ];

        let problems = problems(&variables, &[]);

        assert_eq!(problems.len(), 2);
        assert!(!problems.concat().contains("hunter2"), "{problems:?}");
    }

    #[test]
    fn a_jwt_secret_that_cannot_sign_says_why() {
        let problems = problems(&[("HASURA_GRAPHQL_JWT_SECRET", r#"{"type":"HS256"}"#)], &[]);

        assert_eq!(
            problems,
            ["HASURA_GRAPHQL_JWT_SECRET: the JWT secret has no `key`"]
        );
    }

    #[test]
    fn custom_claims_need_paths_and_a_hasura_to_ask() {
        let url = (
            "HASURA_GRAPHQL_GRAPHQL_URL",
            "http://graphql-engine:8080/v1/graphql",
        );
        let secret = ("HASURA_GRAPHQL_ADMIN_SECRET", "hunter2");
        let claims = ("AUTH_JWT_CUSTOM_CLAIMS", r#"{"org":"profile.org"}"#);
        let without = |missing| {
            format!(
                "AUTH_JWT_CUSTOM_CLAIMS is set without {missing}, and Hasura has to be asked for \
                 the claims; set it too"
            )
        };

        assert_eq!(problems(&[claims, secret], &[]), [without(url.0)]);
        assert_eq!(problems(&[claims, url], &[]), [without(secret.0)]);
        let said = |name, value| problems(&[url, secret, claims, (name, value)], &[]).concat();
        assert_eq!(
            said(claims.0, r#"{"org":"profile["}"#),
            "",
            "it costs its claim alone"
        );
        for (name, value) in [
            (claims.0, "{"),
            (claims.0, r#"{"org":1}"#),
            ("AUTH_JWT_CUSTOM_CLAIMS_DEFAULTS", "[]"),
            (url.0, "graphql-engine:8080"),
            (secret.0, "hunter2\r\nx-hasura-role: admin"),
        ] {
            let said = said(name, value);
            assert!(said.starts_with(name), "{said}");
            assert!(!said.contains("hunter2"), "{said}");
            assert!(!said.contains("without"), "{said}");
        }
    }

    #[test]
    fn only_the_host_of_hasura_is_allowed_for_questions_to_it() {
        let url = (
            "HASURA_GRAPHQL_GRAPHQL_URL",
            "http://graphql-engine:8080/v1/graphql",
        );
        let secret = ("HASURA_GRAPHQL_ADMIN_SECRET", "hunter2");
        let claims = ("AUTH_JWT_CUSTOM_CLAIMS", r#"{"org":"profile.org"}"#);
        let others = ("AUTH_EGRESS_ALLOWED_HOSTS", "templates");

        let config = config_of(&[url, secret, claims, others]);

        let own = config.custom_claims.unwrap().egress_rules();
        assert_eq!(own.allowed_hosts, ["graphql-engine"]);
        assert_eq!(config.egress.allowed_hosts, ["templates"]);
        assert!(config_of(&[url, secret]).custom_claims.is_none());
        assert!(
            config_of(&[("AUTH_JWT_CUSTOM_CLAIMS", "{}")])
                .custom_claims
                .is_none()
        );
    }

    #[test]
    fn protection_that_is_not_there_keeps_the_server_from_starting() {
        let on = ("AUTH_RATE_LIMIT_ENABLE", "true");
        for (variable, value) in [
            ("AUTH_RATE_LIMIT_MEMCACHE_SERVER", "localhost:11211"),
            ("AUTH_LEGACY_PRE_LOGIN_HOOK", "https://example.com/hook"),
        ] {
            let problems = problems(&[on, (variable, value)], &[]);
            assert_eq!(problems.len(), 1, "{variable}");
            assert!(problems[0].starts_with(variable), "{problems:?}");
        }
    }

    #[test]
    fn a_database_url_that_cannot_be_read_says_why() {
        let problems = problems(&[("POSTGRES_CONNECTION", "postgres:///x")], &[]);

        assert_eq!(problems.len(), 1);
        assert!(
            problems[0].starts_with("POSTGRES_CONNECTION: "),
            "{problems:?}"
        );
        assert!(problems[0].contains("names no host"), "{problems:?}");
    }

    #[test]
    fn migrations_need_a_database() {
        let problems = problems(
            &[("POSTGRES_MIGRATIONS_CONNECTION", "postgres://db/x")],
            &[],
        );

        assert_eq!(
            problems,
            [
                "POSTGRES_MIGRATIONS_CONNECTION is set without a database to migrate; \
              set POSTGRES_CONNECTION too"
            ]
        );
    }
}

mod variables {
    use super::*;

    fn told_of(name: &str) -> Loaded {
        let mut loaded = Loaded::from_settings(loaded_from(&[]).settings);
        loaded.report_unknown(&Environment::from_iter([(name.into(), "x".into())]));
        loaded
    }

    fn warnings_about(name: &str) -> Vec<String> {
        let loaded = told_of(name);
        assert_eq!(loaded.problems, [""; 0], "{name}");
        loaded.warnings
    }

    #[test]
    fn a_misspelt_variable_is_reported_with_the_closest_name() {
        assert_eq!(
            warnings_about("AUTH_SMTP_HOSTS"),
            [
                "AUTH_SMTP_HOSTS is not a setting of this version and has no effect; \
              did you mean AUTH_SMTP_HOST?"
            ]
        );
    }

    #[test]
    fn a_slip_in_the_name_of_a_protection_keeps_the_server_from_starting() {
        for (name, meant) in [
            ("AUTH_DISABLE_SIGNUPS", "AUTH_DISABLE_SIGNUP"),
            ("AUTH_DISABLE_SIGNPU", "AUTH_DISABLE_SIGNUP"),
            ("AUTH_DISABLED_SIGNUPS", "AUTH_DISABLE_SIGNUP"),
            ("auth_disable_signup", "AUTH_DISABLE_SIGNUP"),
            ("AUTH_RATE_LIMIT_ENABLED", "AUTH_RATE_LIMIT_ENABLE"),
            ("AUTH_CONCEAL_ERROR", "AUTH_CONCEAL_ERRORS"),
            ("AUTH_TURNSTYLE_SECRET", "AUTH_TURNSTILE_SECRET"),
            ("AUTH_TURNSTILE_SECRT_FILE", "AUTH_TURNSTILE_SECRET_FILE"),
            ("AUTH_TRUSTED_PROXIE", "AUTH_TRUSTED_PROXIES"),
            (
                "AUTH_REQUIRE_ELEVATED_CLAIMS",
                "AUTH_REQUIRE_ELEVATED_CLAIM",
            ),
            (
                "AUTH_ACCESS_CONTROL_ALLOWED_EMAIL",
                "AUTH_ACCESS_CONTROL_ALLOWED_EMAILS",
            ),
            (
                "AUTH_ACCESS_CONTROL_BLOCKED_EMAIL_DOMAIN",
                "AUTH_ACCESS_CONTROL_BLOCKED_EMAIL_DOMAINS",
            ),
            ("AUTH_HOTS", "AUTH_HOST"),
        ] {
            let loaded = told_of(name);

            assert_eq!(loaded.warnings, [""; 0], "{name}");
            assert_eq!(loaded.problems.len(), 1, "{name}");
            let problem = &loaded.problems[0];
            assert!(
                problem.starts_with(&format!("{name} is not a setting")),
                "{problem}"
            );
            assert!(problem.contains(&format!("from {meant},")), "{problem}");
        }
    }

    /// Kubernetes sets the first ones for every service, here one called `auth`.
    #[test]
    fn other_programs_may_have_variables_of_their_own() {
        for name in [
            "AUTH_SERVICE_HOST",
            "AUTH_SERVICE_PORT",
            "AUTH_PORT_4000_TCP_ADDR",
            "AUTH_TEST",
            "AUTH_COST_CENTRE",
            "AUTH_TOKEN",
            "AUTH_URL",
            "AUTH_SECRET",
        ] {
            assert_eq!(warnings_about(name).len(), 1, "{name}");
        }
        for name in ["OAUTH_HOST", "auth_test", "Authorization", "AUTH"] {
            assert_eq!(warnings_about(name), [""; 0], "{name}");
        }
    }

    #[test]
    fn no_known_variable_is_taken_for_a_slip() {
        let variables = TABLE.rows().flat_map(settings::Row::variables);
        let ignored = TABLE.ignored_variables.iter().copied();
        for name in variables.chain(ignored).chain([TABLE.file_variable]) {
            let loaded = told_of(name);
            assert_eq!(
                (loaded.problems, loaded.warnings),
                (vec![], vec![]),
                "{name}"
            );
        }
    }

    #[test]
    fn known_ignored_and_foreign_variables_pass_in_silence() {
        for name in [
            "AUTH_PORT",
            "AUTH_CONFIG_FILE",
            "AUTH_SKIP_INIT",
            "AUTH_SMTP_PASS_FILE",
            "NODE_ENV",
            "PATH",
        ] {
            assert_eq!(warnings_about(name), [""; 0], "{name}");
        }
    }

    #[test]
    fn only_secrets_have_a_file_variable() {
        assert_eq!(warnings_about("AUTH_PORT_FILE").len(), 1);
    }
}

mod providers {
    use super::*;

    const ENABLED: (&str, &str) = ("AUTH_PROVIDER_GITHUB_ENABLED", "true");
    const ID: (&str, &str) = ("AUTH_PROVIDER_GITHUB_CLIENT_ID", "an-id");
    const SECRET: (&str, &str) = ("AUTH_PROVIDER_GITHUB_CLIENT_SECRET", "hunter2");

    #[test]
    fn none_is_on_by_itself() {
        let providers = config_of(&[ID, SECRET]).providers;

        assert!(providers.code_flows.is_empty());
        assert!(providers.apple.is_none() && providers.twitter.is_none());
        assert!(providers.apple_id_tokens.is_none() && providers.google_id_tokens.is_none());
    }

    #[test]
    fn one_that_is_on_has_the_services_own_urls() {
        let providers = config_of(&[ENABLED, ID, SECRET]).providers;

        let github = &providers.code_flows["github"];
        assert_eq!(github.client_id, "an-id");
        assert_eq!(github.client_secret.expose(), "hunter2");
        assert_eq!(
            github.endpoints.profile.as_str(),
            "https://api.github.com/user"
        );
        assert!(github.scopes.is_empty());
        assert!(!format!("{providers:?}").contains("hunter2"));
    }

    #[test]
    fn every_one_can_be_switched_on() {
        for row in table::providers::code_flows() {
            let variables = [
                (row.enabled.variable, "true"),
                (row.client_id.variable, "an-id"),
                (row.client_secret.variable, "hunter2"),
            ];

            let config = config_of(&variables);

            let registration = &config.providers.code_flows[row.id];
            let rules = EgressRules {
                allowed_hosts: Vec::new(),
            };
            let egress = Egress::new(rules).unwrap();
            let provider = (row.connect)(&config.settings, registration.clone(), egress);
            assert_eq!(provider.id().as_str(), row.id);
            assert_eq!(config.warnings, [""; 0]);
        }
    }

    #[test]
    fn all_that_is_missing_is_told_at_once() {
        let problems = problems(
            &[
                ENABLED,
                ("AUTH_PROVIDER_APPLE_ENABLED", "true"),
                ("AUTH_PROVIDER_APPLE_PRIVATE_KEY", "hunter2"),
                ("AUTH_PROVIDER_TWITTER_ENABLED", "true"),
                (
                    "AUTH_PROVIDER_CUSTOM",
                    r#"{"it-self": {"clientSecret": "hunter2"}, "X": {}}"#,
                ),
            ],
            &[],
        );

        for name in [
            "AUTH_PROVIDER_GITHUB_CLIENT_ID",
            "AUTH_PROVIDER_GITHUB_CLIENT_SECRET",
            "AUTH_PROVIDER_APPLE_CLIENT_ID",
            "AUTH_PROVIDER_APPLE_TEAM_ID",
            "AUTH_PROVIDER_APPLE_KEY_ID",
            "AUTH_PROVIDER_APPLE_PRIVATE_KEY: not a private key",
            "AUTH_SERVER_URL to begin with https",
            "AUTH_PROVIDER_TWITTER_CONSUMER_KEY",
            "AUTH_PROVIDER_TWITTER_CONSUMER_SECRET",
            "AUTH_PROVIDER_CUSTOM: \"it-self\": `type` is missing",
            "AUTH_PROVIDER_CUSTOM: \"X\": the name has to be",
        ] {
            let told = problems.iter().filter(|it| it.contains(name)).count();
            assert_eq!(told, 1, "{name}: {problems:#?}");
        }
        assert_eq!(problems.len(), 11);
        assert!(!problems.concat().contains("hunter2"));
    }

    #[test]
    fn a_secret_that_cannot_be_read_is_told_once() {
        let variables = [
            ENABLED,
            ID,
            ("AUTH_PROVIDER_GITHUB_CLIENT_SECRET_FILE", "/none"),
        ];

        let problems = problems(&variables, &[]);

        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(problems[0].contains("/none"));
    }

    #[test]
    fn a_private_host_has_to_be_allowed() {
        let url = ("AUTH_PROVIDER_GITHUB_TOKEN_URL", "https://10.0.0.7/token");
        let allowed = ("AUTH_EGRESS_ALLOWED_HOSTS", "10.0.0.7");

        let problems = problems(&[ENABLED, ID, SECRET, url], &[]);

        assert_eq!(problems.len(), 1);
        assert!(
            problems[0].contains("AUTH_PROVIDER_GITHUB_TOKEN_URL"),
            "{problems:?}"
        );
        assert!(
            problems[0].contains("AUTH_EGRESS_ALLOWED_HOSTS"),
            "{problems:?}"
        );
        config_of(&[ENABLED, ID, SECRET, url, allowed]);
        // The service is not called while the check is off.
        config_of(&[ID, SECRET, url]);
    }

    #[test]
    fn a_described_service_on_a_private_host_has_to_be_allowed() {
        let json = r#"{"keycloak": {"type": "oidc", "clientId": "an-id",
            "clientSecret": "hunter2", "issuer": "http://keycloak:8080/realms/main"}}"#;
        let custom = ("AUTH_PROVIDER_CUSTOM", json);
        let allowed = ("AUTH_EGRESS_ALLOWED_HOSTS", "keycloak");

        let problems = problems(&[custom], &[]);

        assert_eq!(problems.len(), 1);
        assert!(problems[0].starts_with("AUTH_PROVIDER_CUSTOM: c:keycloak: `issuer`"));
        let providers = config_of(&[custom, allowed]).providers;
        assert_eq!(providers.custom[0].id.as_str(), "c:keycloak");
    }

    #[test]
    fn a_tenant_stands_in_the_urls() {
        let variables = [
            ("AUTH_PROVIDER_ENTRAID_ENABLED", "true"),
            ("AUTH_PROVIDER_ENTRAID_CLIENT_ID", "an-id"),
            ("AUTH_PROVIDER_ENTRAID_CLIENT_SECRET", "hunter2"),
        ];
        let token_url = |more: Pairs<'_>| {
            let config = config_of(&[&variables, more].concat());
            let url = config.providers.code_flows["entraid"]
                .endpoints
                .token
                .clone();
            url.to_string()
        };

        assert_eq!(
            token_url(&[]),
            "https://login.microsoftonline.com/common/oauth2/v2.0/token"
        );
        assert_eq!(
            token_url(&[("AUTH_PROVIDER_ENTRAID_TENANT", "example.com")]),
            "https://login.microsoftonline.com/example.com/oauth2/v2.0/token"
        );
        let tenant = ("AUTH_PROVIDER_ENTRAID_TENANT", "a/b");
        let problems = problems(&[&variables[..], &[tenant]].concat(), &[]);
        assert!(problems[0].starts_with("AUTH_PROVIDER_ENTRAID_TENANT expects"));
    }

    #[test]
    fn audiences_alone_let_apps_bring_id_tokens() {
        let providers = config_of(&[
            (
                "AUTH_PROVIDER_APPLE_AUDIENCE",
                "com.example.app, com.example.web",
            ),
            ("AUTH_PROVIDER_GOOGLE_AUDIENCE", "an-id"),
        ])
        .providers;

        let apple = providers.apple_id_tokens.unwrap();
        assert_eq!(apple.audiences, ["com.example.app", "com.example.web"]);
        assert_eq!(
            apple.keys_url.as_str(),
            "https://appleid.apple.com/auth/keys"
        );
        assert!(providers.google_id_tokens.is_some());
        assert!(providers.apple.is_none() && providers.code_flows.is_empty());
    }

    #[test]
    fn trust_in_nobody_is_mentioned() {
        let trusted = ("AUTH_PROVIDER_TRUSTED_EMAILS", "github, entraid");

        let config = config_of(&[ENABLED, ID, SECRET, trusted]);

        assert_eq!(config.providers.trusted_emails.len(), 2);
        assert_eq!(config.warnings.len(), 1);
        assert!(
            config.warnings[0].contains("entraid"),
            "{:?}",
            config.warnings
        );
    }

    #[test]
    fn nobody_trusts_the_directories_of_everybody() {
        let variables = [
            ("AUTH_PROVIDER_ENTRAID_ENABLED", "true"),
            ("AUTH_PROVIDER_ENTRAID_CLIENT_ID", "an-id"),
            ("AUTH_PROVIDER_ENTRAID_CLIENT_SECRET", "hunter2"),
            ("AUTH_PROVIDER_TRUSTED_EMAILS", "entraid"),
        ];

        for tenant in [None, Some("common"), Some("Organizations")] {
            let tenant = tenant.map(|it| ("AUTH_PROVIDER_ENTRAID_TENANT", it));
            let more: Vec<_> = tenant.into_iter().collect();
            let problems = problems(&[&variables, more.as_slice()].concat(), &[]);
            assert!(
                problems[0].contains("AUTH_PROVIDER_ENTRAID_TENANT"),
                "{problems:?}"
            );
        }
        let own = ("AUTH_PROVIDER_ENTRAID_TENANT", "example.com");
        let config = config_of(&[&variables, [own].as_slice()].concat());
        assert_eq!(config.providers.trusted_emails.len(), 1);
    }

    #[test]
    fn apple_sends_nobody_where_there_is_no_tls() {
        let variables = [
            ("AUTH_PROVIDER_APPLE_ENABLED", "true"),
            ("AUTH_SERVER_URL", "http://auth.example.com"),
        ];

        let problems = problems(&variables, &[]);

        assert!(
            problems
                .iter()
                .any(|it| it.contains("AUTH_SERVER_URL to begin with https")),
            "{problems:?}"
        );
    }

    #[test]
    fn what_earlier_versions_knew_is_ignored_in_silence() {
        let variables = [
            (
                "AUTH_PROVIDER_GITLAB_BASE_URL",
                "https://gitlab.example.com",
            ),
            ("AUTH_PROVIDER_FACEBOOK_PROFILE_FIELDS", "id,name"),
        ];

        assert_eq!(config_of(&variables).warnings, [""; 0]);
    }
}

mod warnings {
    use super::*;

    fn warnings(variables: Pairs<'_>) -> Vec<String> {
        config_of(variables).warnings
    }

    #[test]
    fn settings_of_one_missing_feature_share_a_line() {
        let variables = [
            ("AUTH_OAUTH2_PROVIDER_ENABLED", "true"),
            (
                "AUTH_OAUTH2_PROVIDER_LOGIN_URL",
                "https://example.com/login",
            ),
        ];

        assert_eq!(
            warnings(&variables),
            [
                "AUTH_OAUTH2_PROVIDER_ENABLED, AUTH_OAUTH2_PROVIDER_LOGIN_URL are set, \
                 but this version does not sign people in to other applications yet",
            ]
        );
    }

    #[test]
    fn a_missing_feature_that_is_off_anyway_is_not_mentioned() {
        let variables = [
            ("AUTH_OAUTH2_PROVIDER_ENABLED", "false"),
            ("AUTH_SMTP_PORT", "587"),
            ("AUTH_OAUTH2_PROVIDER_LOGIN_URL", ""),
        ];

        assert_eq!(warnings(&variables), [""; 0]);
    }

    /// Offline brute force: with one token an attacker finds such a key, and signs for any user.
    #[test]
    fn a_key_that_can_be_guessed_is_for_this_machine_alone() {
        let short = |name: &str| format!(r#"{{"type":"{name}","key":"{}"}}"#, "k".repeat(31));
        let long = format!(r#"{{"type":"HS256","key":"{}"}}"#, "k".repeat(32));
        let on = |host, key: &str| {
            let variables = [
                ("AUTH_HOST", host),
                ("AUTH_SQLITE_PATH", "auth.db"),
                ("HASURA_GRAPHQL_JWT_SECRET", key),
            ];
            (problems(&variables, &[]), loaded_from(&variables))
        };

        for name in ["HS256", "HS384", "HS512"] {
            for host in ["0.0.0.0", "::", "10.0.0.7", "auth.internal"] {
                let (problems, _) = on(host, &short(name));
                assert_eq!(problems.len(), 1, "{host} {name}: {problems:?}");
                let begins = "HASURA_GRAPHQL_JWT_SECRET: the key has fewer than 32 bytes";
                assert!(problems[0].starts_with(begins) && problems[0].contains(host));
                assert!(!problems[0].contains("kkk"), "{problems:?}");
            }
            for host in ["127.0.0.1", "::1", "localhost"] {
                let (problems, loaded) = on(host, &short(name));
                assert_eq!(problems, [""; 0], "{host} {name}");
                let told = Config::read(loaded).unwrap().warnings;
                assert!(
                    told.iter().any(|it| it.contains("fewer than 32 bytes")),
                    "{told:?}"
                );
            }
        }
        assert_eq!(on("0.0.0.0", &long).0, [""; 0]);
        // Where PostgreSQL is configured, every interface is the default.
        let by_default = [
            ("POSTGRES_CONNECTION", "postgres://db/x"),
            ("HASURA_GRAPHQL_JWT_SECRET", &short("HS256")),
        ];
        assert_eq!(problems(&by_default, &[]).len(), 1);
    }

    #[test]
    fn cheap_hashes_and_short_keys_are_mentioned() {
        let key = r#"{"type":"HS256","key":"short"}"#;
        let warnings = warnings(&[
            ("AUTH_BCRYPT_COST", "4"),
            ("HASURA_GRAPHQL_JWT_SECRET", key),
        ]);

        assert_eq!(warnings.len(), 2);
        assert!(warnings[0].starts_with("AUTH_BCRYPT_COST is 4"));
        assert!(warnings[1].starts_with("HASURA_GRAPHQL_JWT_SECRET: the key has fewer"));
    }

    #[test]
    fn what_custom_claims_are_set_in_vain_is_mentioned() {
        let url = (
            "HASURA_GRAPHQL_GRAPHQL_URL",
            "http://graphql-engine:8080/v1/graphql",
        );
        let secret = ("HASURA_GRAPHQL_ADMIN_SECRET", "hunter2");
        let claims = (
            "AUTH_JWT_CUSTOM_CLAIMS",
            r#"{"user-id":"boss.id","org":"org"}"#,
        );
        let defaults = ("AUTH_JWT_CUSTOM_CLAIMS_DEFAULTS", r#"{"zone":1}"#);
        let unreadable = (
            "AUTH_JWT_CUSTOM_CLAIMS",
            r#"{"org":"org","team":"profile.first-name"}"#,
        );

        assert_eq!(
            warnings(&[url, secret]),
            [
                "HASURA_GRAPHQL_GRAPHQL_URL, HASURA_GRAPHQL_ADMIN_SECRET have no effect without \
                 AUTH_JWT_CUSTOM_CLAIMS: this version asks Hasura for custom claims only, and does \
                 not track its metadata yet"
            ]
        );
        assert_eq!(
            warnings(&[url, secret, claims, defaults]),
            [
                "AUTH_JWT_CUSTOM_CLAIMS: \"user-id\" is always this server's own claim, so its \
                 path has no effect",
                "AUTH_JWT_CUSTOM_CLAIMS_DEFAULTS: \"zone\" is no custom claim, so its default has \
                 no effect",
            ]
        );
        let none_is_readable = ("AUTH_JWT_CUSTOM_CLAIMS", r#"{"team":"profile.first-name"}"#);
        assert_eq!(warnings(&[url, secret, none_is_readable]).len(), 1);
        let told = warnings(&[url, secret, unreadable]);
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(
            told[0].starts_with(
                "AUTH_JWT_CUSTOM_CLAIMS: the path \"profile.first-name\" of \"team\" cannot be read: \
                 \"first-name\" is no name"
            ),
            "{told:?}"
        );
    }

    #[test]
    fn a_database_without_urls_of_server_and_client_is_mentioned() {
        let database = ("POSTGRES_CONNECTION", "postgres://db/x");
        let server = ("AUTH_SERVER_URL", "https://auth.example.com/");
        let client = ("AUTH_CLIENT_URL", "https://example.com");

        assert_eq!(warnings(&[database]).len(), 2);
        assert_eq!(warnings(&[database, server, client]), [""; 0]);
    }

    #[test]
    fn second_factors_without_an_encryption_key_are_mentioned() {
        let usual = [
            ("POSTGRES_CONNECTION", "postgres://db/x"),
            ("AUTH_SERVER_URL", "https://auth.example.com/"),
            ("AUTH_CLIENT_URL", "https://example.com"),
            ("AUTH_MFA_ENABLED", "true"),
        ];
        let key = ("AUTH_ENCRYPTION_KEY", "ab".repeat(32));

        let without = warnings(&usual);
        let with = warnings(&[&usual[..], &[(key.0, &key.1)]].concat());

        assert_eq!(without.len(), 1);
        assert!(without[0].starts_with("AUTH_ENCRYPTION_KEY is not set"));
        assert_eq!(with, [""; 0]);
    }
}

mod values {
    use super::*;

    #[test]
    fn without_any_setting_a_first_try_works_on_this_machine_only() {
        let config = config_of(&[]);

        assert!(config.zero_setup);
        assert_eq!(config.server.host, "127.0.0.1");
        assert_eq!(config.server.url, "http://localhost:4000");
        assert_eq!(config.server.shutdown_timeout, Duration::from_secs(30));
        assert_eq!(config.server.keep_alive, Duration::from_secs(100));
        assert_eq!(path_of(&config), "./data/auth.db");
        assert!(!config.accounts.email_verification_required);
        assert!(config.api.console);
        let client_url = config.redirects.client_url();
        assert_eq!(client_url.as_str(), "http://localhost:4000/landing");
        assert!(config.api.landing);
        assert!(config.accounts.anonymous_enabled && config.accounts.email_code_enabled);
        assert!(config.accounts.email_link_enabled && config.totp_enabled());
        assert!(matches!(
            config.sms.unwrap().provider,
            SmsProvider::Dev { .. }
        ));
        let keys = config.relying_party.unwrap();
        let origins: Vec<_> = keys.origins().iter().map(Origin::as_str).collect();
        assert_eq!(origins, ["http://localhost:3000", "http://localhost:4000"]);
        let application = "http://localhost:3000/welcome";
        assert!(config.redirects.check(Some(application)).is_ok());
        assert_eq!(config.warnings, [""; 0]);
    }

    #[test]
    fn commits_to_an_embedded_database_wait_for_the_disk_unless_told_otherwise() {
        let synchronous = |variables| match config_of(variables).database {
            Database::Sqlite(sqlite) => Some(sqlite.synchronous),
            Database::Postgres(_) => None,
        };
        let normal = ("AUTH_SQLITE_SYNCHRONOUS", "normal");

        assert_eq!(synchronous(&[]), Some(Synchronous::Full));
        assert_eq!(synchronous(&[normal]), Some(Synchronous::Normal));
        let in_vain = config_of(&[("POSTGRES_CONNECTION", "postgres://db/x"), normal]);
        let warnings = in_vain.warnings.join("\n");
        assert!(
            warnings.contains("AUTH_SQLITE_SYNCHRONOUS has no effect"),
            "{warnings}"
        );
        assert!(read(&[("AUTH_SQLITE_SYNCHRONOUS", "off")], &[]).is_err());
    }

    #[test]
    fn with_a_database_the_defaults_are_hasura_auths() {
        let config = config_of(&[("POSTGRES_CONNECTION", "postgres://db/x")]);

        assert!(!config.zero_setup);
        assert_eq!(config.server.host, "0.0.0.0");
        assert!(config.accounts.email_verification_required);
        assert!(!config.api.console);
        assert!(!config.api.landing);
        assert!(!config.accounts.anonymous_enabled && !config.totp_enabled());
        assert!(config.sms.is_none() && config.relying_party.is_none());
        assert_eq!(config.redirects.client_url().as_str(), "");
        assert_eq!(names(&config.accounts.allowed_roles), ["me", "user"]);
        assert_eq!(config.passwords.min_bytes, 3);
        let policy = config.policy(PolicyKeys::derive(b"x"));
        assert_eq!(policy.sessions.access_token_ttl, Duration::from_mins(15));
        assert_eq!(policy.sessions.refresh_token_ttl, Duration::from_hours(720));
    }

    #[test]
    fn a_template_folder_that_was_named_has_to_be_there_and_the_usual_one_need_not() {
        let named = config_of(&[("AUTH_EMAIL_TEMPLATES_PATH", "/nowhere/templates")]);
        let usual = config_of(&[("AUTH_EMAIL_TEMPLATES_PATH", "/app/email-templates")]);

        assert_eq!(named.templates.folder, Some("/nowhere/templates".into()));
        assert_eq!(usual.templates.folder, None);
    }

    #[test]
    fn templates_are_fetched_from_where_requests_may_go_only() {
        let fetch = |url| [("AUTH_EMAIL_TEMPLATE_FETCH_URL", url)];

        let allowed = config_of(&fetch("https://example.com/mails"));
        let refused = config_of(&fetch("http://169.254.169.254/"));

        assert_eq!(allowed.templates_url.unwrap().path(), "/mails");
        assert!(refused.templates_url.is_none());
        let warnings = refused.warnings.join("\n");
        for word in [
            "AUTH_EMAIL_TEMPLATE_FETCH_URL",
            "AUTH_EGRESS_ALLOWED_HOSTS",
            "local",
        ] {
            assert!(warnings.contains(word), "no {word} in {warnings}");
        }
        assert!(config_of(&[]).templates_url.is_none());
    }

    #[test]
    fn mail_that_leaves_brings_verification_back() {
        let by_smtp = config_of(&[("AUTH_SMTP_HOST", "localhost")]);
        let by_webhook = config_of(&[
            ("AUTH_EMAIL_WEBHOOK_URL", "https://example.com/mails"),
            ("AUTH_EMAIL_WEBHOOK_SECRET", KEY),
        ]);

        assert!(by_smtp.accounts.email_verification_required);
        assert!(by_webhook.accounts.email_verification_required);
    }

    #[test]
    fn what_was_said_wins_over_what_follows() {
        let config = config_of(&[
            ("AUTH_HOST", "::1"),
            ("AUTH_EMAIL_SIGNIN_EMAIL_VERIFIED_REQUIRED", "1"),
            ("AUTH_CLIENT_URL", "https://example.com"),
            ("AUTH_DATA_DIR", "/var/lib/auth"),
            ("AUTH_API_PREFIX", "/v1"),
        ]);

        assert_eq!(config.server.host, "::1");
        assert!(config.accounts.email_verification_required);
        assert_eq!(
            config.redirects.client_url().as_str(),
            "https://example.com"
        );
        assert_eq!(config.server.url, "http://localhost:4000/v1");
        assert_eq!(path_of(&config), "/var/lib/auth/auth.db");
    }

    #[test]
    fn the_default_role_and_locale_are_always_allowed() {
        let config = config_of(&[
            ("AUTH_USER_DEFAULT_ROLE", "editor"),
            ("AUTH_USER_DEFAULT_ALLOWED_ROLES", "me, user"),
            ("AUTH_LOCALE_DEFAULT", "fr"),
            ("AUTH_LOCALE_ALLOWED_LOCALES", "en,fr"),
        ]);

        assert_eq!(
            names(&config.accounts.allowed_roles),
            ["me", "user", "editor"]
        );
        assert_eq!(config.accounts.allowed_locales.len(), 2);
    }

    /// [`settings::Settings::get`] counts on it.
    #[test]
    fn what_always_has_a_value_has_one_however_it_is_set() {
        let unfit: Vec<_> = TABLE.rows().map(|row| (row.variable, "\u{1}")).collect();
        let postgres = [("POSTGRES_CONNECTION", "postgres://db/x")];

        for variables in [&[][..], &postgres, &unfit] {
            let settings = loaded_from(variables).settings;
            for row in TABLE.rows().filter(|row| row.has_value()) {
                assert!(settings.has(row), "{}", row.key);
            }
        }
    }
}

mod output {
    use super::*;

    #[test]
    fn effective_values_are_shown_with_their_source_and_without_secrets() {
        let variables = [
            ("POSTGRES_CONNECTION", "postgres://me:hunter2@db/x"),
            ("AUTH_SMTP_PASS", "hunter2"),
            ("AUTH_SMS_GENERIC_HEADERS", "{\"x\":\"hunter2\"}"),
            ("AUTH_LOCALE_ALLOWED_LOCALES", "en,fr"),
            ("AUTH_SHUTDOWN_TIMEOUT", "90s"),
        ];
        let file = ("hasura-auth.toml", "\nserver.port = 4001\n");

        let loaded = load_from(&variables, &[file], None);
        let text = lines(&loaded.settings).collect::<Vec<_>>().join("\n");

        for line in [
            "server.host = \"0.0.0.0\" # default",
            "server.port = 4001 # hasura-auth.toml:2",
            "server.shutdown_timeout = \"90s\" # AUTH_SHUTDOWN_TIMEOUT",
            "database.url = \"***\" # POSTGRES_CONNECTION",
            "# jwt.secret is not set",
            "accounts.allowed_locales = [\"en\", \"fr\"] # AUTH_LOCALE_ALLOWED_LOCALES",
        ] {
            assert!(
                text.lines().any(|it| it == line),
                "{line} is not in\n{text}"
            );
        }
        assert!(!text.contains("hunter2"), "{text}");
    }

    #[test]
    fn the_debug_form_of_a_configuration_holds_no_secret() {
        let config = config_of(&[
            ("POSTGRES_CONNECTION", "postgres://me:hunter2@db/x"),
            ("AUTH_HOST", "127.0.0.1"),
            (
                "HASURA_GRAPHQL_JWT_SECRET",
                r#"{"type":"HS256","key":"hunter2"}"#,
            ),
        ]);

        assert!(!format!("{config:?}").contains("hunter2"));
    }
}

mod generated {
    use super::*;

    const TABLE_BEGIN: &str = "<!-- settings: made by `hasura-auth config reference` -->\n";
    const TABLE_END: &str = "<!-- end of settings -->\n";

    fn in_workspace(path: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../..")
            .join(path)
    }

    /// Compares a file with what it has to be. `UPDATE_GENERATED=1` writes it instead.
    fn assert_current(path: &str, expected: impl FnOnce(&str) -> String) {
        let full_path = in_workspace(path);
        let text = fs::read_to_string(&full_path).unwrap_or_default();
        let expected = expected(&text);
        if std::env::var_os("UPDATE_GENERATED").is_some() {
            fs::write(&full_path, expected).unwrap();
        } else {
            assert!(
                text == expected,
                "{path} is out of date; refresh it with \
                 `UPDATE_GENERATED=1 cargo test -p server generated`"
            );
        }
    }

    #[test]
    fn the_default_file_is_current() {
        assert_current("config/default.toml", |_| defaults(&TABLE));
    }

    #[test]
    fn the_reference_in_the_documentation_is_current() {
        assert_current("docs/configuration.md", |text| {
            let (intro, rest) = text.split_once(TABLE_BEGIN).unwrap();
            let (_, outro) = rest.split_once(TABLE_END).unwrap();
            let reference = reference(&TABLE);
            format!("{intro}{TABLE_BEGIN}{reference}\n{TABLE_END}{outro}")
        });
    }

    #[test]
    fn the_default_file_changes_nothing() {
        let with_file = read(&[], &[("hasura-auth.toml", &defaults(&TABLE))]).unwrap();
        let without = config_of(&[]);

        assert_eq!(format!("{with_file:?}"), format!("{without:?}"));
    }

    #[test]
    fn the_example_for_postgres_is_valid_and_leads_to_no_warning() {
        let example = fs::read_to_string(in_workspace("config/example.postgres.toml")).unwrap();
        let jwt_secret = format!(r#"{{"type":"HS256","key":"{}"}}"#, "k".repeat(32));
        let files = [
            ("hasura-auth.toml", example.as_str()),
            ("/run/secrets/database-url", "postgres://auth:pw@db/app\n"),
            (
                "/run/secrets/migrations-url",
                "postgres://owner:pw@db/app\n",
            ),
            ("/run/secrets/jwt-secret", &jwt_secret),
        ];

        let config = read(&[], &files).unwrap();

        assert!(!config.zero_setup);
        assert!(config.jwt_secret.is_some());
        assert_eq!(config.warnings, [""; 0]);
    }
}

mod limits {
    use super::*;

    const ON: (&str, &str) = ("AUTH_RATE_LIMIT_ENABLE", "true");
    const PROXY: (&str, &str) = ("AUTH_TRUSTED_PROXIES", "10.0.0.0/8, 192.0.2.1, fd00::/8");

    #[test]
    fn without_the_switch_there_are_none() {
        assert!(
            config_of(&[("AUTH_RATE_LIMIT_GLOBAL_BURST", "5")])
                .limits
                .is_none()
        );
    }

    #[test]
    fn each_has_a_burst_and_a_window() {
        let limits = config_of(&[
            ON,
            PROXY,
            ("AUTH_RATE_LIMIT_BRUTE_FORCE_BURST", "7"),
            ("AUTH_RATE_LIMIT_BRUTE_FORCE_INTERVAL", "90s"),
        ]);

        let limits = limits.limits.unwrap();
        let attempts = limits.requests.brute_force;
        assert_eq!((attempts.burst(), attempts.window_millis()), (7, 90_000));
        assert_eq!(limits.requests.global.burst(), 100);
        assert_eq!(limits.wrong_attempts.burst(), 20);
        assert_eq!(limits.mails.window_millis(), 3_600_000);
    }

    #[test]
    fn a_window_of_no_length_is_refused() {
        let problems = problems(&[ON, PROXY, ("AUTH_RATE_LIMIT_SMS_INTERVAL", "0s")], &[]);

        assert_eq!(problems.len(), 1);
        assert!(problems[0].starts_with("AUTH_RATE_LIMIT_SMS_INTERVAL"));
    }

    #[test]
    fn whoever_switches_them_on_is_asked_for_their_proxies() {
        let without = config_of(&[ON]).warnings;
        let with = config_of(&[ON, PROXY]).warnings;

        assert!(without[0].contains("AUTH_TRUSTED_PROXIES"), "{without:?}");
        assert_eq!(with, [""; 0]);
    }

    #[test]
    fn several_servers_may_count_together() {
        let url = ("AUTH_RATE_LIMIT_REDIS_URL", "redis://:hunter2@localhost/1");

        let config = config_of(&[ON, PROXY, url]);

        assert!(!format!("{config:?}").contains("hunter2"));
        let redis = config.limits.unwrap().redis.unwrap();
        assert_eq!(redis.prefix, "hasura-auth:");
    }

    #[test]
    fn a_url_that_is_none_is_not_repeated() {
        let url = ("AUTH_RATE_LIMIT_REDIS_URL", "http://:hunter2@localhost");

        let problems = problems(&[ON, PROXY, url], &[]);

        assert_eq!(problems.len(), 1);
        assert!(problems[0].starts_with("AUTH_RATE_LIMIT_REDIS_URL: "));
        assert!(!problems[0].contains("hunter2"));
    }

    #[test]
    fn whoever_asks_for_memcached_is_told_of_redis() {
        let server = ("AUTH_RATE_LIMIT_MEMCACHE_SERVER", "localhost:11211");

        let problems = problems(&[ON, PROXY, server], &[]);

        assert!(problems[0].contains("AUTH_RATE_LIMIT_REDIS_URL"));
    }

    #[test]
    fn a_proxy_is_an_address_or_a_network() {
        for proxy in ["proxy.internal", "10.0.0.0/33", "10.0.0.1:80"] {
            let problems = problems(&[("AUTH_TRUSTED_PROXIES", proxy)], &[]);

            assert_eq!(problems.len(), 1, "{proxy}");
            assert!(problems[0].starts_with("AUTH_TRUSTED_PROXIES"));
        }
    }

    #[test]
    fn answers_look_like_those_of_0_42_unless_something_else_is_asked_for() {
        let latest = config_of(&[("AUTH_API_COMPAT", "latest")]);

        assert_eq!(config_of(&[]).api.compat, http_api::Compat::V0_42);
        assert_eq!(latest.api.compat, http_api::Compat::Latest);
        assert_eq!(problems(&[("AUTH_API_COMPAT", "0.43")], &[]).len(), 1);
    }
}

mod turnstile {
    use super::*;

    const SECRET: (&str, &str) = ("AUTH_TURNSTILE_SECRET", "hunter2");

    #[test]
    fn it_is_asked_where_there_is_a_secret() {
        let config = config_of(&[SECRET]);

        assert!(!format!("{config:?}").contains("hunter2"));
        let service = config.bot_check.unwrap();
        assert_eq!(service.url.as_str(), ::turnstile::BASE_URL);
        assert!(config_of(&[]).bot_check.is_none());
    }

    #[test]
    fn where_no_request_may_go_the_start_says_so() {
        let url = ("AUTH_TURNSTILE_URL", "https://10.0.0.1/");

        let problems = problems(&[SECRET, url], &[]);

        assert_eq!(problems.len(), 1);
        assert!(
            problems[0].starts_with("AUTH_TURNSTILE_URL"),
            "{problems:?}"
        );
    }
}

mod security_keys {
    use super::*;

    const ON: (&str, &str) = ("AUTH_WEBAUTHN_ENABLED", "true");

    fn relying_party(variables: Pairs<'_>) -> auth_domain::security_key::RelyingParty {
        config_of(variables).relying_party.unwrap()
    }

    fn origins(variables: Pairs<'_>) -> Vec<String> {
        let relying_party = relying_party(variables);
        let origins = relying_party.origins().iter();
        origins.map(|it| it.as_str().to_owned()).collect()
    }

    #[test]
    fn they_are_off_unless_they_are_switched_on_or_everything_is_tried() {
        for variables in [
            &[("POSTGRES_CONNECTION", "postgres://db/x")][..],
            &[("AUTH_SQLITE_PATH", "auth.db")],
            &[("AUTH_WEBAUTHN_ENABLED", "false")],
            // Browsers refuse security keys there.
            &[("AUTH_SERVER_URL", "http://192.0.2.1:4000")],
        ] {
            assert!(
                config_of(variables).relying_party.is_none(),
                "{variables:?}"
            );
        }
        assert!(config_of(&[]).relying_party.is_some());
    }

    #[test]
    fn the_domain_and_the_origin_are_those_of_the_client() {
        let client = ("AUTH_CLIENT_URL", "https://app.example.com/welcome?to=me");

        let relying_party = relying_party(&[ON, client]);

        assert_eq!(relying_party.id(), "app.example.com");
        assert_eq!(relying_party.name(), "app.example.com");
        assert_eq!(relying_party.timeout(), Duration::from_mins(1));
        assert_eq!(origins(&[ON, client]), ["https://app.example.com"]);
    }

    #[test]
    fn the_client_joins_the_listed_origins_where_it_fits() {
        let id = ("AUTH_WEBAUTHN_RP_ID", "example.com");
        let listed = ("AUTH_WEBAUTHN_RP_ORIGINS", "https://example.com");
        for (client, expected) in [
            (
                "https://app.example.com",
                &["https://example.com", "https://app.example.com"][..],
            ),
            ("https://elsewhere.org", &["https://example.com"]),
            ("myapp://welcome", &["https://example.com"]),
        ] {
            let found = origins(&[ON, id, listed, ("AUTH_CLIENT_URL", client)]);
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn what_no_browser_would_use_keeps_the_server_from_starting() {
        for (client, id, listed, told) in [
            ("https://example.com", "other.org", "", "neither"),
            ("https://example.com", "", "https://other.org", "neither"),
            ("http://example.com", "", "", "https"),
            ("http://127.0.0.1:3000", "", "", "not a domain"),
            ("https://example.com", "", "example.com", "not an origin"),
            ("myapp://welcome", "", "", "AUTH_WEBAUTHN_RP_ID"),
        ] {
            let mut variables = vec![ON, ("AUTH_CLIENT_URL", client)];
            let further = [
                ("AUTH_WEBAUTHN_RP_ID", id),
                ("AUTH_WEBAUTHN_RP_ORIGINS", listed),
            ];
            variables.extend(further.into_iter().filter(|(_, value)| !value.is_empty()));
            let problems = problems(&variables, &[]);
            assert_eq!(problems.len(), 1, "{problems:?}");
            assert!(problems[0].contains(told), "{problems:?}");
        }
    }
}

mod protections {
    use super::*;

    const LISTS: [&str; 6] = [
        "AUTH_ACCESS_CONTROL_BLOCKED_EMAILS",
        "AUTH_ACCESS_CONTROL_ALLOWED_EMAILS",
        "AUTH_ACCESS_CONTROL_BLOCKED_EMAIL_DOMAINS",
        "AUTH_ACCESS_CONTROL_ALLOWED_EMAIL_DOMAINS",
        "AUTH_USER_DEFAULT_ALLOWED_ROLES",
        "AUTH_TRUSTED_PROXIES",
    ];

    fn warnings(variables: Pairs<'_>) -> Vec<String> {
        config_of(variables).warnings
    }

    #[test]
    fn a_protective_list_of_blanks_keeps_the_server_from_starting() {
        for name in LISTS {
            for value in [",", " , ", " ", "\t,,"] {
                let problems = problems(&[(name, value)], &[]);

                assert_eq!(problems.len(), 1, "{name}={value:?}: {problems:?}");
                let expected = format!("{name} is set, but all of its items are blank");
                assert!(problems[0].starts_with(&expected), "{problems:?}");
            }
        }
    }

    /// Tools that write environments set every name they know, some of them to nothing.
    #[test]
    fn an_empty_list_means_what_it_says() {
        for name in LISTS {
            assert_eq!(problems(&[(name, "")], &[]), [""; 0], "{name}");
            assert_eq!(warnings(&[(name, "")]), [""; 0], "{name}");
        }
        let file = ("hasura-auth.toml", "[accounts]\nallowed_emails = []\n");
        assert_eq!(problems(&[], &[file]), [""; 0]);
    }

    #[test]
    fn a_list_of_blanks_in_a_file_is_reported_with_its_line() {
        let file = (
            "hasura-auth.toml",
            "[accounts]\nallowed_emails = [\"\", \" \"]\n",
        );

        let problems = problems(&[], &[file]);

        assert_eq!(problems.len(), 1, "{problems:?}");
        let expected = "hasura-auth.toml:2: accounts.allowed_emails is set, but all";
        assert!(problems[0].starts_with(expected), "{problems:?}");
    }

    #[test]
    fn another_list_of_blanks_is_mentioned() {
        for name in [
            "AUTH_ACCESS_CONTROL_ALLOWED_REDIRECT_URLS",
            "AUTH_LOCALE_ALLOWED_LOCALES",
            "AUTH_WEBAUTHN_RP_ORIGINS",
            "AUTH_EGRESS_ALLOWED_HOSTS",
            "AUTH_PROVIDER_TRUSTED_EMAILS",
        ] {
            let warnings = warnings(&[(name, " , ")]);

            assert_eq!(warnings.len(), 1, "{warnings:?}");
            let expected = format!("{name} is set, but all of its items are blank, so it has no");
            assert!(warnings[0].starts_with(&expected), "{warnings:?}");
        }
    }

    #[test]
    fn an_empty_secret_that_would_protect_is_mentioned_and_a_blank_one_refused() {
        let name = "AUTH_TURNSTILE_SECRET";

        let empty = warnings(&[(name, "")]);
        let empty_file = warnings(&[("AUTH_TURNSTILE_SECRET_FILE", "")]);
        let blank = problems(&[(name, "  ")], &[]);

        assert_eq!(empty.len(), 1, "{empty:?}");
        assert!(
            empty[0].starts_with("AUTH_TURNSTILE_SECRET is empty"),
            "{empty:?}"
        );
        assert_eq!(empty_file.len(), 1, "{empty_file:?}");
        assert_eq!(
            blank,
            ["AUTH_TURNSTILE_SECRET expects text that is not blank"]
        );
        let elsewhere = ("hasura-auth.toml", "[turnstile]\nsecret = \"x\"\n");
        let config = read(&[(name, "")], &[elsewhere]).unwrap();
        assert!(config.bot_check.is_some());
        assert_eq!(config.warnings, [""; 0]);
    }

    #[test]
    fn a_slip_in_the_name_of_a_protection_is_a_problem_beside_others() {
        let problems = problems(
            &[("AUTH_DISABLE_SIGNUPS", "true"), ("AUTH_PORT", "http")],
            &[],
        );

        assert_eq!(problems.len(), 2, "{problems:?}");
        assert!(problems[1].contains("AUTH_DISABLE_SIGNUPS"), "{problems:?}");
    }
}

/// Values that Hasura Auth starts with, from deployments in use.
mod as_the_original {
    use super::*;

    fn redirect_is_allowed(config: &Config, url: &str) -> bool {
        config.redirects.check(Some(url)).is_ok()
    }

    #[test]
    fn a_passkey_timeout_of_nothing_is_the_usual_one_and_others_are_kept_in_bounds() {
        let timeout = |text| {
            let config = config_of(&[
                ("AUTH_WEBAUTHN_ENABLED", "true"),
                ("AUTH_WEBAUTHN_ATTESTATION_TIMEOUT", text),
            ]);
            config.relying_party.unwrap().timeout()
        };

        assert_eq!(timeout("0"), Duration::from_mins(1));
        assert_eq!(timeout("1"), Duration::from_secs(1));
        assert_eq!(timeout("90000"), Duration::from_secs(90));
        assert_eq!(timeout("86400000"), Duration::from_hours(1));
    }

    #[test]
    fn a_value_that_fits_nothing_does_no_harm_while_its_feature_is_off() {
        let missing = "/none";
        for (variable, value, switch) in [
            (
                "AUTH_WEBAUTHN_ATTESTATION_TIMEOUT",
                "60s",
                "AUTH_WEBAUTHN_ENABLED",
            ),
            ("AUTH_MFA_TOTP_ISSUER", "Acme: Dev", "AUTH_MFA_ENABLED"),
            (
                "AUTH_RATE_LIMIT_EMAIL_INTERVAL",
                "3600",
                "AUTH_RATE_LIMIT_ENABLE",
            ),
            (
                "AUTH_RATE_LIMIT_GLOBAL_BURST",
                "0",
                "AUTH_RATE_LIMIT_ENABLE",
            ),
            (
                "AUTH_RATE_LIMIT_MEMCACHE_SERVER",
                "localhost:11211",
                "AUTH_RATE_LIMIT_ENABLE",
            ),
            (
                "AUTH_SMS_PROVIDER",
                "messagebird",
                "AUTH_SMS_PASSWORDLESS_ENABLED",
            ),
            (
                "AUTH_SMS_TEST_PHONE_NUMBERS",
                "+41790000000=1",
                "AUTH_SMS_PASSWORDLESS_ENABLED",
            ),
            (
                "AUTH_SMS_TWILIO_AUTH_TOKEN_FILE",
                missing,
                "AUTH_SMS_PASSWORDLESS_ENABLED",
            ),
            (
                "AUTH_PROVIDER_ENTRAID_TENANT",
                "a/b",
                "AUTH_PROVIDER_ENTRAID_ENABLED",
            ),
            (
                "AUTH_PROVIDER_GITHUB_TOKEN_URL",
                "github",
                "AUTH_PROVIDER_GITHUB_ENABLED",
            ),
            (
                "AUTH_PROVIDER_APPLE_PRIVATE_KEY_FILE",
                missing,
                "AUTH_PROVIDER_APPLE_ENABLED",
            ),
            (
                "AUTH_PROVIDER_TWITTER_USER_PROFILE_URL",
                "x",
                "AUTH_PROVIDER_TWITTER_ENABLED",
            ),
        ] {
            let off = config_of(&[(variable, value), (switch, "false")]);
            let on = problems(&[(variable, value), (switch, "true")], &[]);

            assert!(
                on.iter().any(|it| it.starts_with(variable)),
                "{variable}: {on:?}"
            );
            if variable != "AUTH_RATE_LIMIT_MEMCACHE_SERVER" {
                assert_eq!(off.warnings.len(), 1, "{variable}: {:?}", off.warnings);
                assert!(off.warnings[0].starts_with(variable), "{:?}", off.warnings);
            }
        }
    }

    #[test]
    fn a_value_that_fits_nothing_does_no_harm_where_nothing_uses_it() {
        for (variable, value) in [
            ("AUTH_SMTP_PORT", "0"),
            ("AUTH_SMTP_SECURE", "starttls"),
            ("AUTH_SMTP_AUTH_METHOD", "OAUTH2"),
            ("HASURA_GRAPHQL_GRAPHQL_URL", "graphql-engine:8080"),
            ("HASURA_GRAPHQL_ADMIN_SECRET", "h\u{e4}"),
            ("AUTH_JWT_CUSTOM_CLAIMS_DEFAULTS", "none"),
            ("AUTH_DATABASE_MAX_CONNECTIONS", "0"),
            ("AUTH_OAUTH2_PROVIDER_LOGIN_URL", "login"),
            ("AUTH_OAUTH2_PROVIDER_ACCESS_TOKEN_TTL", "15m"),
            ("AUTH_LEGACY_REDIS_PORT", "none"),
        ] {
            let warnings = config_of(&[(variable, value)]).warnings;

            assert_eq!(warnings.len(), 1, "{variable}: {warnings:?}");
            assert!(warnings[0].starts_with(variable), "{warnings:?}");
        }
        let gravatar = [
            ("AUTH_GRAVATAR_ENABLED", "false"),
            ("AUTH_GRAVATAR_DEFAULT", "x"),
        ];
        assert_eq!(config_of(&gravatar).warnings.len(), 1);
        let on_postgres = [
            ("POSTGRES_CONNECTION", "postgres://db/x"),
            ("AUTH_SQLITE_SYNCHRONOUS", "off"),
        ];
        config_of(&on_postgres);
        let file = (
            "hasura-auth.toml",
            "[webauthn]\nattestation_timeout = \"60s\"\n",
        );
        let config = read(&[], &[file]).unwrap();
        assert!(config.warnings[0].starts_with("hasura-auth.toml:2: webauthn."));
    }

    #[test]
    fn redirects_are_globs_with_ports_and_schemes_of_applications() {
        let config = config_of(&[(
            "AUTH_ACCESS_CONTROL_ALLOWED_REDIRECT_URLS",
            "http://localhost:*,https://example.com:80??/cb,http://localhost:[3-5]*,\
             com.example.app:/oauth2redirect",
        )]);

        for url in [
            "http://localhost:8080/x",
            "https://example.com:8001/cb",
            "com.example.app:/oauth2redirect?code=1",
        ] {
            assert!(redirect_is_allowed(&config, url), "{url}");
        }
        for url in [
            "http://localhost:x@evil.example",
            "https://example.com/cb",
            "com.example.app:/other",
        ] {
            assert!(!redirect_is_allowed(&config, url), "{url}");
        }
        assert_eq!(config.warnings, [""; 0]);
    }

    #[test]
    fn a_redirect_that_allows_nothing_is_mentioned_and_one_that_allows_too_much_refused() {
        let name = "AUTH_ACCESS_CONTROL_ALLOWED_REDIRECT_URLS";
        let in_vain = config_of(&[(name, "example.com,https://example.com,http://x/#/")]);
        let too_much = problems(&[(name, "https://example.com,*,http*://x")], &[]);

        assert_eq!(in_vain.warnings.len(), 2, "{:?}", in_vain.warnings);
        assert!(
            in_vain.warnings[0].contains("`example.com`"),
            "{:?}",
            in_vain.warnings
        );
        assert!(redirect_is_allowed(&in_vain, "https://example.com/x"));
        let told: Vec<_> = too_much.iter().flat_map(|it| it.lines()).collect();
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(
            told[0].starts_with(&format!("{name}: `*` is not")),
            "{told:?}"
        );
        assert!(
            told[1].starts_with(&format!("{name}: `http*://x` is not")),
            "{told:?}"
        );
    }

    #[test]
    fn a_client_url_allows_itself_with_query_and_fragment() {
        for url in [
            "http://localhost:3000/#/",
            "http://localhost:3000/?",
            "http://localhost:3000/app?x=1#y",
            "com.example.app:/home",
        ] {
            let config = config_of(&[("AUTH_CLIENT_URL", url)]);

            assert_eq!(config.redirects.client_url().as_str(), url);
            assert!(redirect_is_allowed(&config, url), "{url}");
        }
    }

    #[test]
    fn languages_have_regions_and_three_letters() {
        let config = config_of(&[
            ("AUTH_LOCALE_ALLOWED_LOCALES", "en,pt-BR,fil"),
            ("AUTH_LOCALE_DEFAULT", "en-US"),
        ]);

        let codes = |locales: &[auth_domain::user::Locale]| {
            let codes = locales.iter().map(|it| it.as_str().to_owned());
            codes.collect::<Vec<_>>()
        };
        assert_eq!(config.accounts.default_locale.as_str(), "en");
        assert_eq!(codes(&config.accounts.allowed_locales), ["en", "pt"]);
        let tags: Vec<_> = config
            .language_tags
            .iter()
            .map(LanguageTag::as_str)
            .collect();
        assert_eq!(tags, ["en-US", "en", "pt-BR", "fil"]);
        assert_eq!(config.warnings.len(), 1, "{:?}", config.warnings);
        assert!(config.warnings[0].contains("fil"), "{:?}", config.warnings);
        assert_eq!(problems(&[("AUTH_LOCALE_DEFAULT", "fil")], &[]).len(), 1);
    }

    #[test]
    fn what_is_no_language_is_left_out_of_the_list_with_a_warning() {
        let config = config_of(&[("AUTH_LOCALE_ALLOWED_LOCALES", "en,english,en_US.UTF-8,fr,*")]);

        let allowed = config.accounts.allowed_locales.iter();
        let allowed: Vec<_> = allowed.map(|it| it.as_str().to_owned()).collect();
        assert_eq!(allowed, ["en", "fr"]);
        assert_eq!(config.warnings.len(), 3, "{:?}", config.warnings);
        for (warning, item) in config.warnings.iter().zip(["english", "en_US.UTF-8", "*"]) {
            assert!(
                warning.starts_with("AUTH_LOCALE_ALLOWED_LOCALES"),
                "{warning}"
            );
            assert!(warning.contains(item), "{warning}");
        }
        assert_eq!(
            problems(&[("AUTH_LOCALE_DEFAULT", "english")], &[]).len(),
            1
        );
    }

    #[test]
    fn a_database_url_has_settings_of_the_server() {
        let url = "postgres://db/x?search_path=auth,public&statement_timeout=5s&lock_timeout=1";

        assert!(!config_of(&[("POSTGRES_CONNECTION", url)]).zero_setup);
    }

    #[test]
    fn a_prefix_may_have_a_slash_at_its_end_and_none_at_its_beginning() {
        for (text, prefix) in [
            ("/v1/", "/v1"),
            ("v1", "/v1"),
            ("/", ""),
            ("/a//b/", "/a/b"),
        ] {
            let config = config_of(&[("AUTH_API_PREFIX", text)]);

            assert_eq!(config.api.prefix, prefix);
            assert_eq!(config.server.url, format!("http://localhost:4000{prefix}"));
        }
    }

    #[test]
    fn a_password_for_mail_without_a_user_is_mentioned() {
        let host = ("AUTH_SMTP_HOST", "mailhog");
        let user = ("AUTH_SMTP_USER", "ada");
        let password = ("AUTH_SMTP_PASS", "hunter2");

        let alone = config_of(&[host, password]).warnings;
        let empty = config_of(&[host, user]).warnings;

        assert_eq!(alone.len(), 1, "{alone:?}");
        assert!(alone[0].starts_with("AUTH_SMTP_PASS has no effect without AUTH_SMTP_USER"));
        assert_eq!(empty.len(), 1, "{empty:?}");
        assert!(empty[0].starts_with("AUTH_SMTP_USER is set without AUTH_SMTP_PASS"));
        assert_eq!(config_of(&[host, user, password]).warnings, [""; 0]);
    }
}

mod mail_server {
    use super::*;

    const HOST: (&str, &str) = ("AUTH_SMTP_HOST", "smtp.example.com");

    fn smtp(variables: Pairs<'_>) -> SmtpSettings {
        match config_of(&[&[HOST], variables].concat()).transport {
            Some(Transport::Smtp(smtp)) => smtp,
            _ => panic!("not SMTP"),
        }
    }

    #[test]
    fn this_server_has_the_name_that_clients_know_it_by() {
        for (url, name) in [
            ("https://auth.example.com/v1", "auth.example.com"),
            ("http://192.0.2.7:4000", "[192.0.2.7]"),
            ("http://[2001:db8::1]:4000", "[IPv6:2001:db8::1]"),
            ("http://hasura_auth:4000", "localhost"),
        ] {
            assert_eq!(smtp(&[("AUTH_SERVER_URL", url)]).client_name, name);
        }
        let own = ("AUTH_SMTP_CLIENT_NAME", "mail.example.com");
        let url = ("AUTH_SERVER_URL", "https://auth.example.com");
        assert_eq!(smtp(&[own, url]).client_name, "mail.example.com");
        assert_eq!(smtp(&[]).client_name, "localhost");
    }

    #[test]
    fn login_is_an_alternative_where_no_method_was_chosen() {
        use smtp_mailer::AuthMethod::{Login, Plain, PlainOrLogin};

        assert_eq!(smtp(&[]).auth, PlainOrLogin);
        for (text, method) in [("PLAIN", Plain), ("login", Login)] {
            assert_eq!(smtp(&[("AUTH_SMTP_AUTH_METHOD", text)]).auth, method);
        }
    }

    #[test]
    fn a_port_that_is_spoken_to_in_the_unusual_way_is_mentioned() {
        for (port, secure, is_mentioned) in [
            ("587", "true", true),
            ("587", "false", false),
            ("465", "false", true),
            ("465", "true", false),
            ("2525", "true", false),
            ("25", "false", false),
        ] {
            let config = config_of(&[HOST, ("AUTH_SMTP_PORT", port), ("AUTH_SMTP_SECURE", secure)]);

            assert_eq!(
                config.warnings.len(),
                usize::from(is_mentioned),
                "{port} {secure}"
            );
            assert!(
                config
                    .warnings
                    .iter()
                    .all(|it| it.contains("AUTH_SMTP_SECURE"))
            );
        }
    }
}

/// The message is about the value, not only about its type.
mod named_for_what_they_are {
    use super::*;

    fn problem(name: &str, value: &str) -> String {
        let on = [
            ("AUTH_SMTP_HOST", "localhost"),
            ("AUTH_SMS_PASSWORDLESS_ENABLED", "true"),
        ];
        let all = problems(&[&on[..], &[(name, value)]].concat(), &[]);
        let of_it: Vec<_> = all.into_iter().filter(|it| it.starts_with(name)).collect();
        assert_eq!(of_it.len(), 1, "{name}={value:?}: {of_it:?}");
        of_it.concat()
    }

    #[test]
    fn one_bad_item_of_a_list_is_named_and_not_the_list() {
        for (name, value, bad, good) in [
            (
                "AUTH_EGRESS_ALLOWED_HOSTS",
                "a.example.com,http://b.example.com",
                "http://b.example.com",
                "a.example.com",
            ),
            (
                "AUTH_TRUSTED_PROXIES",
                "192.0.2.0/24,proxy.internal",
                "proxy.internal",
                "192.0.2",
            ),
            // Secret: to name the wrong part would disclose the code.
            (
                "AUTH_SMS_TEST_PHONE_NUMBERS",
                "+41791112233=987654,+41790000000=1",
                "a phone number",
                "987654",
            ),
        ] {
            let problem = problem(name, value);

            assert!(problem.contains(bad), "{problem}");
            assert!(!problem.contains(good), "{problem}");
        }
    }

    #[test]
    fn a_line_break_at_the_end_is_named() {
        for (name, value) in [
            ("AUTH_PORT", "4000\n"),
            ("AUTH_DISABLE_SIGNUP", "true\r\n"),
            ("AUTH_SERVER_URL", "https://example.com\n"),
            ("POSTGRES_CONNECTION", "postgres://u:hunter2@db/x\n"),
        ] {
            let problem = problem(name, value);

            assert!(problem.contains("ends with a line break"), "{problem}");
            assert!(!problem.contains("hunter2"), "{problem}");
        }
        let blank = problem("AUTH_SMTP_PORT", " 25");
        assert!(blank.contains("begins or ends with a blank"), "{blank}");
    }

    #[test]
    fn a_line_break_that_would_be_part_of_a_secret_is_mentioned() {
        let variables = [
            ("AUTH_SMTP_HOST", "localhost"),
            ("AUTH_SMTP_USER", "ada"),
            ("AUTH_SMTP_PASS", "hunter2\n"),
        ];

        let warnings = config_of(&variables).warnings;

        assert_eq!(warnings.len(), 1, "{warnings:?}");
        assert!(warnings[0].starts_with("AUTH_SMTP_PASS ends with a line break"));
        assert!(!warnings[0].contains("hunter2"), "{warnings:?}");
    }

    #[test]
    fn marks_that_would_be_part_of_a_value_are_mentioned() {
        for (name, value, mark) in [
            (
                "AUTH_SMTP_PASS",
                "\"hunter2\"",
                "has quotation marks around",
            ),
            ("AUTH_SMTP_PASS", "'hunter2'", "has quotation marks around"),
            ("AUTH_SMTP_PASS", "${MAIL_PASSWORD:-}", "is a placeholder"),
            ("AUTH_SMTP_PASS", "$(MAIL_PASSWORD)", "is a placeholder"),
            ("AUTH_SMTP_PASS", "{{ secrets.MAIL }}", "is a placeholder"),
            (
                "AUTH_SMTP_PASS",
                "\u{feff}hunter2",
                "begins with a byte order",
            ),
            (
                "AUTH_USER_DEFAULT_ALLOWED_ROLES",
                r#"["user", "me"]"#,
                "is a list in JSON",
            ),
            (
                "AUTH_USER_DEFAULT_ALLOWED_ROLES",
                "user, \"me\"",
                "has quotation marks around",
            ),
            (
                "AUTH_USER_DEFAULT_ALLOWED_ROLES",
                "'user,me'",
                "has quotation marks around",
            ),
        ] {
            let on = [("AUTH_SMTP_HOST", "localhost"), ("AUTH_SMTP_USER", "ada")];
            let others = [("AUTH_SMTP_PASS", "x"), (name, value)];
            let variables: Vec<_> = on.into_iter().chain(others).collect();

            let warnings = config_of(&variables).warnings;

            assert_eq!(warnings.len(), 1, "{value}: {warnings:?}");
            assert!(
                warnings[0].starts_with(&format!("{name} {mark}")),
                "{warnings:?}"
            );
            assert!(!warnings[0].contains("hunter2"), "{warnings:?}");
        }
        let sender = ("AUTH_SMTP_SENDER", "\"Acme\" <auth@example.com>");
        let hosts = ("AUTH_EGRESS_ALLOWED_HOSTS", "[fd00::7],a.example.com");
        let meant = [("AUTH_SMTP_HOST", "localhost"), sender, hosts];
        assert_eq!(config_of(&meant).warnings, [""; 0]);
    }

    #[test]
    fn a_placeholder_is_named_and_so_is_what_editors_do_not_show() {
        for (name, value) in [
            ("AUTH_PORT", "${PORT}"),
            ("AUTH_DISABLE_SIGNUP", "{{ .Values.signup }}"),
            ("POSTGRES_CONNECTION", "$(DATABASE)"),
            ("HASURA_GRAPHQL_JWT_SECRET", "${JWT_SECRET}"),
        ] {
            let problem = problem(name, value);

            assert!(problem.contains("is a placeholder"), "{problem}");
        }
        let marked = problem("AUTH_PORT", "\u{feff}4000");
        assert!(marked.contains("byte order mark"), "{marked}");
    }

    #[test]
    fn quotation_marks_around_a_value_are_named() {
        for (name, value) in [
            ("AUTH_PORT", "\"4000\""),
            ("AUTH_CLIENT_URL", "'https://example.com'"),
            (
                "HASURA_GRAPHQL_JWT_SECRET",
                r#"'{"type":"HS256","key":"hunter2"}'"#,
            ),
            (
                "HASURA_GRAPHQL_JWT_SECRET",
                r#""{\"type\":\"HS256\",\"key\":\"hunter2\"}""#,
            ),
            ("POSTGRES_CONNECTION", "\"postgres://u:hunter2@db/x\""),
        ] {
            let problem = problem(name, value);

            assert!(problem.contains("quotation marks"), "{problem}");
            assert!(!problem.contains("hunter2"), "{problem}");
        }
    }

    #[test]
    fn a_parameter_of_another_library_is_named_with_ours() {
        let problem = problem("POSTGRES_CONNECTION", "postgres://u:hunter2@db/x?ssl=true");

        assert!(problem.contains("sslmode=require"), "{problem}");
        assert!(!problem.contains("hunter2"), "{problem}");
    }
}
