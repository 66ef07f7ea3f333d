//! Variables that look like ours and are not.

use super::{
    environment::Environment,
    load::Loaded,
    setting::Setting,
    suggestion::{did_you_mean, distance},
    table::{self, CONFIG_FILE_VARIABLE, IGNORED_VARIABLES},
};

/// How many letters a slip takes at most; see [`slip_of`].
const SLIP: usize = 2;

/// Names below this length are told apart by a single letter: two would make `AUTH_TEST` of
/// `AUTH_HOST`.
const LONG_NAME: usize = 12;

/// Adds a warning for each variable that begins like a setting and is none: some other program may
/// read it. One that is a slip away from a setting that protects is a problem instead: it would be
/// worse to run without protection that somebody counts on.
pub(super) fn report(environment: &Environment, loaded: &mut Loaded) {
    for name in environment.names() {
        if !begins_like_ours(name) || is_known(name) {
            continue;
        }
        match slip_of(name) {
            Some(meant) => loaded.problems.push(format!(
                "{name} is not a setting, and hardly differs from {meant}, which protects this \
                 server; correct the name, or choose another if it is not for this server"
            )),
            None if name.starts_with("AUTH_") => loaded.warnings.push(warning(name)),
            None => {}
        }
    }
}

fn begins_like_ours(name: &str) -> bool {
    let prefix = name.get(.."AUTH_".len());
    prefix.is_some_and(|it| it.eq_ignore_ascii_case("AUTH_"))
}

/// The variable of a protective setting that `name` was probably meant to be: the closest one
/// within two letters, capitals aside.
fn slip_of(name: &str) -> Option<String> {
    let name = name.to_ascii_uppercase();
    table::settings()
        .filter(|setting| setting.protective)
        .flat_map(Setting::all_variables)
        .map(|known| (distance(&name, &known), known))
        .filter(|(letters, known)| {
            let tolerated = if known.len() < LONG_NAME { 1 } else { SLIP };
            *letters <= tolerated
        })
        .min()
        .map(|(_, known)| known)
}

fn warning(name: &str) -> String {
    let hint = did_you_mean(name, variables()).unwrap_or_default();
    format!("{name} is not a setting of this version and has no effect{hint}")
}

fn is_known(name: &str) -> bool {
    variables().any(|known| known == name)
        || IGNORED_VARIABLES.contains(&name)
        || name.strip_suffix("_FILE").is_some_and(is_secret)
}

fn is_secret(variable: &str) -> bool {
    table::settings()
        .filter(|setting| setting.secret)
        .any(|setting| setting.variables().any(|name| name == variable))
}

fn variables() -> impl Iterator<Item = &'static str> {
    table::settings()
        .flat_map(Setting::variables)
        .chain([CONFIG_FILE_VARIABLE])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told_of(name: &str) -> Loaded {
        let mut loaded = Loaded::default();
        report(
            &Environment::from_iter([(name.into(), "x".into())]),
            &mut loaded,
        );
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
        for name in variables().chain(IGNORED_VARIABLES) {
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
