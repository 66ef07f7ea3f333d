//! The result of reading settings.

use crate::{setting::Row, settings::Settings, table::Table};

/// The result of reading settings.
pub struct Loaded {
    /// The values; a setting whose value was wrong has its default.
    pub settings: Settings,
    /// Errors that keep the program from starting.
    pub problems: Vec<String>,
    /// Warnings for the operator.
    pub warnings: Vec<String>,
}

impl Loaded {
    /// The result for these settings, without errors and warnings.
    #[must_use]
    pub fn from_settings(settings: Settings) -> Self {
        Self {
            settings,
            problems: Vec::new(),
            warnings: Vec::new(),
        }
    }

    pub(crate) fn nothing(table: &'static Table) -> Self {
        Self::from_settings(Settings::nothing(table))
    }

    /// Reports that the value of `setting` does not fit: as an error, or as a warning when the setting
    /// would have no effect anyway.
    pub(crate) fn reject(&mut self, setting: &Row, problem: String) {
        if self.settings.has_effect(setting) {
            self.problems.push(problem);
            self.settings.reject(setting);
        } else {
            let warning = format!("{problem}; nothing comes of it while its feature is off");
            self.warnings.push(warning);
        }
    }
}
