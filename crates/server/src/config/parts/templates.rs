//! Where the words of mails come from.

use std::path::PathBuf;

use crate::config::{settings::Settings, table::email};

/// The folder of the operator's own templates. The one where upstream's image has them need not be
/// there; any other has to be, or somebody named it in vain.
pub(crate) fn templates_folder(settings: &Settings) -> Option<PathBuf> {
    let folder = PathBuf::from(settings.text(&email::TEMPLATES_PATH)?);
    let is_usual = folder.as_os_str() == email::USUAL_TEMPLATES_PATH;
    (!is_usual || folder.is_dir()).then_some(folder)
}
