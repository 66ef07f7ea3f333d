//! The log.

use crate::config::{settings::Settings, table::log};

/// The log.
#[derive(Debug, Clone)]
pub(crate) struct LogSettings {
    /// Which lines are written, as [`crate::logging::filter`] reads it.
    pub(crate) filter: String,
    /// Whether lines are text instead of JSON, if somebody decided.
    pub(crate) text: Option<bool>,
}

impl LogSettings {
    /// Picks this part from all settings.
    pub(crate) fn read(settings: &Settings) -> Self {
        let usual = if settings.flag(&log::DEBUG) {
            "debug"
        } else {
            "info"
        };
        let format = settings.find(&log::FORMAT_TEXT);
        Self {
            filter: settings.text(&log::LEVEL).unwrap_or(usual).to_owned(),
            text: format.map(|_| settings.flag(&log::FORMAT_TEXT)),
        }
    }
}
