//! The log.

use settings::Settings;
use tracing::Level;

use crate::{config::table::log, log_filter::LogFilter};

/// The log.
#[derive(Debug, Clone)]
pub(crate) struct LogSettings {
    /// Which lines are written.
    pub(crate) filter: LogFilter,
    /// Whether lines are text instead of JSON, if the operator set it.
    pub(crate) text: Option<bool>,
}

impl LogSettings {
    /// Picks this part from all settings.
    pub(crate) fn read(settings: &Settings) -> Self {
        let usual = if settings.get(&log::DEBUG) {
            Level::DEBUG
        } else {
            Level::INFO
        };
        let filter = settings.get(&log::LEVEL);
        Self {
            filter: filter.unwrap_or_else(|| LogFilter::up_to(usual)),
            text: settings.get(&log::FORMAT_TEXT),
        }
    }
}
