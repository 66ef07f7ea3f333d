//! Which setting switches an endpoint on, for the log: the code `disabled-endpoint` does not say.

use std::borrow::Cow;

/// What the paths of providers have in common; the provider's name follows.
const PROVIDER: &str = "/provider/";

/// What switches an endpoint on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Switch {
    /// This setting.
    Setting(&'static str),
    /// The setting of the provider that the path names.
    Provider,
}

impl Switch {
    /// The setting, for a request to `path`.
    pub(crate) fn setting(self, path: &str) -> Option<Cow<'static, str>> {
        match self {
            Self::Setting(setting) => Some(Cow::Borrowed(setting)),
            Self::Provider => {
                let (_, rest) = path.split_once(PROVIDER)?;
                of_provider(rest.split('/').next()?).map(Cow::Owned)
            }
        }
    }
}

/// Only built-in providers have a setting; a request for any other name is refused before it matters
/// what is on.
fn of_provider(name: &str) -> Option<String> {
    match name {
        "windowslive" => Some("AUTH_PROVIDER_WINDOWS_LIVE_ENABLED".to_owned()),
        _ if name.bytes().all(|it| it.is_ascii_lowercase()) => Some(format!(
            "AUTH_PROVIDER_{}_ENABLED",
            name.to_ascii_uppercase()
        )),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_is_switched_by_its_own_setting() {
        for (path, setting) in [
            ("/signin/provider/github", "AUTH_PROVIDER_GITHUB_ENABLED"),
            (
                "/v1/signin/provider/windowslive/callback",
                "AUTH_PROVIDER_WINDOWS_LIVE_ENABLED",
            ),
            ("/signup/provider/apple", "AUTH_PROVIDER_APPLE_ENABLED"),
        ] {
            assert_eq!(
                Switch::Provider.setting(path).as_deref(),
                Some(setting),
                "{path}"
            );
        }
        let custom = Switch::Provider.setting("/signin/provider/c:acme");
        assert_eq!(custom, None);
    }

    #[test]
    fn other_switches_do_not_look_at_the_path() {
        let setting = Switch::Setting("AUTH_MFA_ENABLED").setting("/provider/github");

        assert_eq!(setting.as_deref(), Some("AUTH_MFA_ENABLED"));
    }
}
