//! The log: which lines are written, and in which form. See `docs/logging.md`.

use std::io::{self, IsTerminal};

use tracing::Level;

use crate::{
    config::{Config, LogSettings},
    log_filter::LogFilter,
    start_error::StartError,
};

/// Starts the log. To be called once.
///
/// # Errors
///
/// [`StartError::Log`] when it was started before.
pub(crate) fn start(config: &Config) -> Result<(), StartError> {
    // A failed write would be reported on standard error, and where that is closed, too, a panic would
    // end the request.
    let lines = tracing_subscriber::fmt()
        .with_env_filter(config.log.filter.to_env_filter())
        .log_internal_errors(false);
    let started = if is_text(&config.log, config.zero_setup) {
        lines.try_init()
    } else {
        lines
            .json()
            .flatten_event(true)
            .with_span_list(false)
            .try_init()
    };
    started.map_err(StartError::Log)
}

/// Starts the log of a command that prints something else: readable lines on standard error, up to a
/// level. To be called once.
///
/// # Errors
///
/// [`StartError::Log`] when it was started before.
pub(crate) fn start_beside_output(level: Level) -> Result<(), StartError> {
    tracing_subscriber::fmt()
        .with_env_filter(LogFilter::up_to(level).to_env_filter())
        .with_writer(io::stderr)
        .without_time()
        .try_init()
        .map_err(StartError::Log)
}

/// JSON for programs, unless a developer tries the server on a terminal.
fn is_text(settings: &LogSettings, zero_setup: bool) -> bool {
    settings
        .text
        .unwrap_or_else(|| zero_setup && io::stdout().is_terminal())
}
