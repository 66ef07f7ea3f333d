//! Where the words of mails come from.

use auth_domain::user::Locale;
use mail_templates::{Site, TemplateSettings};
use settings::Settings;
use url::Url;

use super::{outgoing::reachable, server::server_url};
use crate::config::table::{email, redirects};

/// The operator's own templates. The folder where upstream's image has them need not be there; any other
/// has to be, or it was named in vain.
pub(crate) fn templates(settings: &Settings, default_locale: Locale) -> TemplateSettings {
    let folder = settings.get(&email::TEMPLATES_PATH);
    let is_usual = folder.as_os_str() == email::USUAL_TEMPLATES_PATH;
    TemplateSettings {
        folder: (!is_usual || folder.is_dir()).then_some(folder),
        default_locale,
        site: site(settings),
    }
}

/// What mails can say about this installation.
pub(super) fn site(settings: &Settings) -> Site {
    Site {
        server_url: server_url(settings),
        client_url: settings.get(&redirects::CLIENT_URL).unwrap_or_default(),
    }
}

/// The web server that has templates; `None` when there is none to ask. One that no request may go to
/// is added to `warnings`: Hasura Auth knows no such setting, and local templates take the place of
/// those that cannot be fetched.
pub(crate) fn templates_url(settings: &Settings, warnings: &mut Vec<String>) -> Option<Url> {
    let setting = &email::TEMPLATE_FETCH_URL;
    let url = reachable(settings, setting, settings.get(setting)?);
    url.map_err(|problem| warnings.push(format!("{problem}; local templates are used")))
        .ok()
}
