//! The settings table: every setting there is, one file per section.
//!
//! To add a setting, add a row to its section and ask for it with [`settings::Settings::get`]; then
//! refresh `config/default.toml` and `docs/configuration.md` as the failing test says. A row whose feature is not built carries
//! [`settings::Setting::not_yet`], so that its name is known and setting it is answered with a warning.

pub(crate) mod abuse;
pub(crate) mod accounts;
pub(crate) mod database;
pub(crate) mod egress;
pub(crate) mod email;
pub(crate) mod jwt;
pub(crate) mod legacy;
pub(crate) mod log;
mod oauth2;
pub(crate) mod passwords;
pub(crate) mod providers;
pub(crate) mod redirects;
pub(crate) mod second_factors;
pub(crate) mod server;
pub(crate) mod sessions;
pub(crate) mod sms;

use settings::{Section, Table};

/// Every setting.
pub(crate) const TABLE: Table = Table {
    program: "hasura-auth",
    prefix: "AUTH_",
    file_variable: "AUTH_CONFIG_FILE",
    usual_files: &["config/hasura-auth.toml", "hasura-auth.toml"],
    ignored_variables: &IGNORED_VARIABLES,
    sections: &[SECTIONS, providers::SECTIONS],
};

/// The sections of one file each, in the order they are shown in.
const SECTIONS: &[Section] = &[
    server::SECTION,
    log::SECTION,
    database::SECTION,
    jwt::SECTION,
    accounts::SECTION,
    passwords::SECTION,
    sessions::SECTION,
    redirects::SECTION,
    legacy::SECTION,
    egress::SECTION,
    email::SECTION,
    sms::SECTION,
    second_factors::SECTION,
    abuse::SECTION,
    oauth2::SECTION,
];

/// Variables of Hasura Auth's earlier versions and of deployments around it, which are ignored without
/// a warning.
const IGNORED_VARIABLES: [&str; 4] = [
    "AUTH_PROVIDER_FACEBOOK_PROFILE_FIELDS",
    "AUTH_PROVIDER_GITLAB_BASE_URL",
    "AUTH_SHOW_LOG_QUERY_PARAMS",
    "AUTH_SKIP_INIT",
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use settings::{DefaultValue, Row, Support};

    use super::*;

    fn rows() -> impl Iterator<Item = &'static Row> {
        TABLE.rows()
    }

    #[test]
    fn no_key_and_no_variable_occurs_twice() {
        let mut keys = BTreeSet::new();
        let mut variables = BTreeSet::new();
        for setting in rows() {
            assert!(keys.insert(setting.key), "{}", setting.key);
            for variable in setting.variables() {
                assert!(variables.insert(variable), "{variable}");
            }
        }
    }

    #[test]
    fn every_preset_fits_its_own_setting() {
        for setting in rows() {
            if let DefaultValue::Text(text) = setting.preset {
                assert!(setting.read_text(text).is_some(), "{}", setting.key);
            }
        }
    }

    #[test]
    fn no_key_could_be_taken_for_the_file_of_another() {
        for setting in rows().filter(|setting| setting.secret) {
            assert!(TABLE.by_key(&format!("{}_file", setting.key)).is_none());
        }
    }

    #[test]
    fn every_setting_has_one_sentence_and_every_gap_goes_on_from_does_not() {
        for setting in rows() {
            assert!(setting.doc.ends_with('.'), "{}", setting.key);
            if let Support::Warn(words) | Support::Refuse(words) = setting.support {
                assert!(words.contains(" yet"), "{}", setting.key);
            }
        }
    }

    #[test]
    fn what_promises_protection_keeps_the_server_from_starting() {
        let refused: Vec<_> = rows()
            .filter(|setting| matches!(setting.support, Support::Refuse(_)))
            .map(|setting| setting.variable)
            .collect();

        assert_eq!(
            refused,
            [
                "AUTH_LEGACY_PRE_SIGNUP_HOOK",
                "AUTH_LEGACY_PRE_LOGIN_HOOK",
                "AUTH_RATE_LIMIT_MEMCACHE_SERVER",
            ]
        );
    }
}
