//! Where the templates of mails come from.

use auth_domain::user::Locale;
use mail_templates::{Site, TemplateSettings};
use settings::Settings;
use url::Url;

use super::{outgoing::reachable, server::server_url};
use crate::config::table::{email, redirects};

/// The operator's own templates. The folder of upstream's image may be missing; any other must exist,
/// because the operator named it.
pub(crate) fn templates(settings: &Settings, default_locale: Locale) -> TemplateSettings {
    let folder = settings.get(&email::TEMPLATES_PATH);
    let is_usual = folder.as_os_str() == email::USUAL_TEMPLATES_PATH;
    TemplateSettings {
        folder: (!is_usual || folder.is_dir()).then_some(folder),
        default_locale,
        site: site(settings),
    }
}

/// The data about this server that mails can show.
pub(super) fn site(settings: &Settings) -> Site {
    Site {
        server_url: server_url(settings),
        client_url: settings.get(&redirects::CLIENT_URL).unwrap_or_default(),
    }
}

/// The web server that has templates, if one is set. One that the egress rules block is added to
/// `warnings`: Hasura Auth has no such rules, and local templates are the fallback for those that
/// cannot be fetched.
pub(crate) fn templates_url(settings: &Settings, warnings: &mut Vec<String>) -> Option<Url> {
    let setting = &email::TEMPLATE_FETCH_URL;
    let url = reachable(settings, setting, settings.get(setting)?);
    url.map_err(|problem| warnings.push(format!("{problem}; local templates are used")))
        .ok()
}
