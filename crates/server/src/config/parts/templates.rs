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

/// The web server that has templates; `None` when there is none to ask.
///
/// # Errors
///
/// A line about a URL that no request may go to.
pub(crate) fn templates_url(settings: &Settings) -> Result<Option<Url>, String> {
    let setting = &email::TEMPLATE_FETCH_URL;
    let is_set = settings.text(setting).is_some();
    is_set.then(|| reachable_url(settings, setting)).transpose()
}
