//! Where the words of mails come from.

use std::path::PathBuf;

use url::Url;

use super::outgoing::reachable_url;
use crate::config::{settings::Settings, table::email};

/// The folder of the operator's own templates. The one where upstream's image has them need not be
/// there; any other has to be, or somebody named it in vain.
pub(crate) fn templates_folder(settings: &Settings) -> Option<PathBuf> {
    let folder = PathBuf::from(settings.text(&email::TEMPLATES_PATH)?);
    let is_usual = folder.as_os_str() == email::USUAL_TEMPLATES_PATH;
    (!is_usual || folder.is_dir()).then_some(folder)
}

/// The web server that has templates; `None` when there is none to ask. One that no request may go to
/// is added to `warnings`: Hasura Auth knows no such setting, and local templates take the place of
/// those that cannot be fetched.
pub(crate) fn templates_url(settings: &Settings, warnings: &mut Vec<String>) -> Option<Url> {
    let setting = &email::TEMPLATE_FETCH_URL;
    settings.text(setting)?;
    let url = reachable_url(settings, setting);
    url.map_err(|problem| warnings.push(format!("{problem}; local templates are used")))
        .ok()
}
