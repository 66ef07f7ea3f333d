//! Removing what has expired.

use std::time::Duration;

use settings::Settings;

use crate::config::table::database;

/// How expired rows are removed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CleanUpSettings {
    /// From one look for them to the next.
    pub(crate) interval: Duration,
    /// Most rows of one statement.
    pub(crate) batch: u32,
}

impl CleanUpSettings {
    /// Picks this part from all settings; `None`: they stay.
    pub(crate) fn read(settings: &Settings) -> Option<Self> {
        let interval = settings.get(&database::CLEAN_UP_INTERVAL);
        (!interval.is_zero()).then(|| Self {
            interval,
            batch: settings.get(&database::CLEAN_UP_BATCH),
        })
    }
}
