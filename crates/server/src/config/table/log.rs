//! Settings of the log.

use super::{Kind, Rule, Section, Setting};

pub(crate) const LEVEL: Setting = Setting::new(
    "log.level",
    "AUTH_LOG_LEVEL",
    Kind::Text(&Rule::LOG_FILTER),
    "Which lines are written: a level, or a filter with levels for single modules.",
)
.derived("`info`; `debug` with `log.debug`");

pub(crate) const DEBUG: Setting = Setting::new(
    "log.debug",
    "AUTH_DEBUG",
    Kind::Flag,
    "Whether debugging lines are written too, unless `log.level` says otherwise.",
)
.preset("false");

pub(crate) const FORMAT_TEXT: Setting = Setting::new(
    "log.format_text",
    "AUTH_LOG_FORMAT_TEXT",
    Kind::Flag,
    "Whether lines are text for people instead of JSON.",
)
.derived("`false`; `true` on a terminal in the zero-setup mode");

/// The section `log`.
pub(super) const SECTION: Section = Section {
    title: "The log",
    settings: &[LEVEL, DEBUG, FORMAT_TEXT],
};
