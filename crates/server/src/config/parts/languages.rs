//! Languages of users and of their mails.

use auth_domain::user::{LanguageTag, Locale};
use settings::Settings;

use crate::config::table::accounts;

/// Languages of users and of their mails.
#[derive(Debug, Clone)]
pub(crate) struct Languages {
    /// The default language of users.
    pub(crate) default: Locale,
    /// Languages that a user may ask for.
    pub(crate) allowed: Vec<Locale>,
    /// The operator's spelling of them, the default first: templates are looked up by it.
    pub(crate) tags: Vec<LanguageTag>,
}

impl Languages {
    /// Picks this part from all settings. A language that no user can have is added to `warnings`.
    ///
    /// # Errors
    ///
    /// A line about a default that no user can have.
    pub(crate) fn read(settings: &Settings, warnings: &mut Vec<String>) -> Result<Self, String> {
        let default = settings.get(&accounts::DEFAULT_LOCALE);
        let listed = listed(settings, warnings);
        let default_locale = default.locale().ok_or_else(|| {
            format!(
                "{} is {}, and of users' languages two letters are kept; choose one of two",
                settings.name(&accounts::DEFAULT_LOCALE),
                default.as_str()
            )
        })?;
        let too_long = listed.iter().filter(|it| it.locale().is_none());
        warnings.extend(too_long.map(|tag| {
            format!(
                "{}: of users' languages two letters are kept, so no user can have {}",
                settings.name(&accounts::ALLOWED_LOCALES),
                tag.as_str()
            )
        }));
        Ok(Self {
            default: default_locale,
            allowed: listed.iter().filter_map(LanguageTag::locale).collect(),
            tags: std::iter::once(default).chain(listed).collect(),
        })
    }
}

/// The languages of the list. An invalid one is harmless, and is left out with a warning.
fn listed(settings: &Settings, warnings: &mut Vec<String>) -> Vec<LanguageTag> {
    let setting = &accounts::ALLOWED_LOCALES;
    let mut tags = Vec::new();
    for item in settings.get(setting) {
        match LanguageTag::parse(&item) {
            Ok(tag) => tags.push(tag),
            Err(_) => warnings.push(format!(
                "{}: {item:?} is no language such as en, pt-BR or fil, so no user can have it",
                settings.name(setting)
            )),
        }
    }
    tags
}
