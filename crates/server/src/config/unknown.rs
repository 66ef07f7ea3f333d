//! Variables that look like ours and are not.

use super::{
    environment::Environment,
    setting::Setting,
    suggestion::did_you_mean,
    table::{self, CONFIG_FILE_VARIABLE, IGNORED_VARIABLES},
};

/// A line for each variable that begins like a setting and is none. They are no errors: some
/// other program may read them.
pub(super) fn warnings(environment: &Environment) -> Vec<String> {
    let ours = environment
        .names()
        .filter(|name| name.starts_with("AUTH_") && !is_known(name));
    ours.map(warning).collect()
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

    fn warnings_about(name: &str) -> Vec<String> {
        warnings(&Environment::from_iter([(name.into(), "x".into())]))
    }

    #[test]
    fn a_misspelt_variable_is_reported_with_the_closest_name() {
        assert_eq!(
            warnings_about("AUTH_DISABLE_SIGNUPS"),
            [
                "AUTH_DISABLE_SIGNUPS is not a setting of this version and has no effect; \
              did you mean AUTH_DISABLE_SIGNUP?"
            ]
        );
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
