//! What came of reading settings.

use crate::{setting::Row, settings::Settings, table::Table};

/// What came of reading settings.
pub struct Loaded {
    /// The values; a setting whose value was wrong has its default.
    pub settings: Settings,
    /// What keeps the program from starting.
    pub problems: Vec<String>,
    /// What an operator should know.
    pub warnings: Vec<String>,
}

impl Loaded {
    /// What comes of these settings, to which there is nothing to say.
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

    /// Notes that the value of `setting` does not fit: a problem, unless nothing would come of a better
    /// one either.
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
