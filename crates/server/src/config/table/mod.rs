//! The settings table: every setting there is, one file per section.
//!
//! To add a setting, add a row to its section; then refresh `config/default.toml` and
//! `docs/configuration.md` as the failing test says. A row whose feature is not built carries
//! [`Setting::not_yet`], so that its name is known and setting it is answered with a warning.

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

use super::{kind::Kind, rule::Rule, setting::Setting};

/// Settings that belong together.
pub(crate) struct Section {
    /// What they are about, as a heading.
    pub(crate) title: &'static str,
    /// The settings, in the order they are shown in.
    pub(crate) settings: &'static [Setting],
}

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

/// The variable that names the configuration file. It cannot be set in that file, so it is no row
/// of the table.
pub(crate) const CONFIG_FILE_VARIABLE: &str = "AUTH_CONFIG_FILE";

/// Variables of Hasura Auth's earlier versions and of deployments around it; nothing comes of
/// them, and nothing is said about them.
pub(crate) const IGNORED_VARIABLES: [&str; 4] = [
    "AUTH_PROVIDER_FACEBOOK_PROFILE_FIELDS",
    "AUTH_PROVIDER_GITLAB_BASE_URL",
    "AUTH_SHOW_LOG_QUERY_PARAMS",
    "AUTH_SKIP_INIT",
];

/// Every section.
pub(crate) fn sections() -> impl Iterator<Item = &'static Section> {
    SECTIONS.iter().chain(providers::SECTIONS)
}

/// Every setting.
pub(crate) fn settings() -> impl Iterator<Item = &'static Setting> {
    sections().flat_map(|section| section.settings)
}

/// The setting with this key.
pub(crate) fn by_key(key: &str) -> Option<&'static Setting> {
    settings().find(|setting| setting.key == key)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{
        super::setting::{DefaultValue, Status},
        *,
    };

    #[test]
    fn no_key_and_no_variable_occurs_twice() {
        let mut keys = BTreeSet::new();
        let mut variables = BTreeSet::new();
        for setting in settings() {
            assert!(keys.insert(setting.key), "{}", setting.key);
            for variable in setting.variables() {
                assert!(variables.insert(variable), "{variable}");
            }
        }
    }

    #[test]
    fn every_preset_fits_its_own_setting() {
        for setting in settings() {
            if let DefaultValue::Text(text) = setting.preset {
                assert!(setting.kind.read_text(text).is_some(), "{}", setting.key);
            }
        }
    }

    #[test]
    fn no_key_could_be_taken_for_the_file_of_another() {
        for setting in settings().filter(|setting| setting.secret) {
            assert!(by_key(&format!("{}_file", setting.key)).is_none());
        }
    }

    #[test]
    fn every_setting_has_one_sentence_and_every_gap_goes_on_from_does_not() {
        for setting in settings() {
            assert!(setting.doc.ends_with('.'), "{}", setting.key);
            if let Status::NotYet(words) | Status::Refused(words) = setting.status {
                assert!(words.contains(" yet"), "{}", setting.key);
            }
        }
    }

    #[test]
    fn what_promises_protection_keeps_the_server_from_starting() {
        let refused: Vec<_> = settings()
            .filter(|setting| matches!(setting.status, Status::Refused(_)))
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
