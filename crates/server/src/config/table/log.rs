//! Settings of the log.

use settings::{Kind, Optional, Setting, section};

use crate::{config::rule, log_filter::LogFilter};

section! {
    /// The section `log`.
    pub(super) const SECTION = "The log";

    LEVEL: Setting<LogFilter, Optional> = Setting::new(
        "log.level",
        "AUTH_LOG_LEVEL",
        Kind::text(&rule::LOG_FILTER),
        "Which lines are written: a level, or a filter with levels for single modules.",
    )
    .if_unset("`info`; `debug` with `log.debug`");

    DEBUG: Setting<bool> = Setting::new(
        "log.debug",
        "AUTH_DEBUG",
        Kind::FLAG,
        "Whether debugging lines are written too, unless `log.level` says otherwise.",
    )
    .preset("false");

    FORMAT_TEXT: Setting<bool, Optional> = Setting::new(
        "log.format_text",
        "AUTH_LOG_FORMAT_TEXT",
        Kind::FLAG,
        "Whether lines are text for people instead of JSON.",
    )
    .if_unset("`false`; `true` on a terminal in the zero-setup mode");
}
