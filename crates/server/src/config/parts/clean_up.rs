//! Removal of expired rows.

use std::time::Duration;

use settings::Settings;

use crate::config::table::database;

/// How expired rows are removed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CleanUpSettings {
    /// The pause between two rounds.
    pub(crate) interval: Duration,
    /// Most rows of one statement.
    pub(crate) batch: u32,
}

impl CleanUpSettings {
    /// Picks this part from all settings; `None`: expired rows stay.
    pub(crate) fn read(settings: &Settings) -> Option<Self> {
        let interval = settings.get(&database::CLEAN_UP_INTERVAL);
        (!interval.is_zero()).then(|| Self {
            interval,
            batch: settings.get(&database::CLEAN_UP_BATCH),
        })
    }
}
