//! The log: which lines are written, and in which form. See `docs/logging.md`.

use std::io::{self, IsTerminal};

use tracing::Level;
use tracing_subscriber::EnvFilter;

use crate::{
    config::{Config, LogSettings},
    start_error::StartError,
};

/// The driver logs statements at `debug` and their parameters at `trace`; parameters hold hashes
/// and addresses. A filter of the installation may still name it.
const QUIET_DRIVER: &str = "tokio_postgres=warn";

/// What it refuses it calls an error, and at `debug` it tells keys; our own log says enough.
const QUIET_JUDGE: &str = "webauthn_rs_core=off";

/// What it calls errors is what clients do to their connection: malformed HTTP, a hang-up. Anybody
/// can fill the log with that, and none of it is for anybody to look at.
const QUIET_CONNECTIONS: &str = "actix_http::h1::dispatcher=off";

/// At `debug` it tells the paths of requests that it could not read; see `logged_path` of `http-api`.
const QUIET_EXTRACTORS: &str = "actix_web::types=off";

/// Levels of the Hasura Auth that was written for Node.js, which had this variable too.
const NODE_LEVELS: [(&str, &str); 3] = [("http", "info"), ("verbose", "debug"), ("silly", "trace")];

/// Reads a filter: a level (`info`), or levels for modules (`info,http_api=debug`). `None` when it
/// is neither.
///
/// A word alone has to be a level. The library would take any other for the name of a module and
/// write nothing else.
pub(crate) fn filter(text: &str) -> Option<EnvFilter> {
    let text = &NODE_LEVELS
        .iter()
        .find(|(name, _)| *name == text)
        .map_or(text, |(_, level)| level);
    let is_level = |word: &str| word.eq_ignore_ascii_case("off") || word.parse::<Level>().is_ok();
    let known = |part: &str| part.contains(['=', '[']) || is_level(part.trim());
    if text.is_empty() || !text.split(',').all(known) {
        return None;
    }
    EnvFilter::try_new(format!(
        "{QUIET_DRIVER},{QUIET_JUDGE},{QUIET_CONNECTIONS},{QUIET_EXTRACTORS},{text}"
    ))
    .ok()
}

/// Starts the log. To be called once.
///
/// # Errors
///
/// [`StartError::Log`] when it was started before.
pub(crate) fn start(config: &Config) -> Result<(), StartError> {
    let filter = filter(&config.log.filter).unwrap_or_default();
    // A line that cannot be written would be complained about on standard error, and where that is
    // closed, too, a panic would take the request with it.
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
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

/// Starts the log of a command that prints something else: lines for people on standard error, up to
/// a level. To be called once.
///
/// # Errors
///
/// [`StartError::Log`] when it was started before.
pub(crate) fn start_beside_output(level: Level) -> Result<(), StartError> {
    tracing_subscriber::fmt()
        .with_env_filter(filter(level.as_str()).unwrap_or_default())
        .with_writer(io::stderr)
        .without_time()
        .try_init()
        .map_err(StartError::Log)
}

/// Programs read the log, unless somebody tries the server on a terminal.
fn is_text(settings: &LogSettings, zero_setup: bool) -> bool {
    settings
        .text
        .unwrap_or_else(|| zero_setup && io::stdout().is_terminal())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_and_levels_for_modules_are_filters() {
        for text in [
            "info",
            "OFF",
            "Debug",
            "warn,http_api=debug",
            "http_api=trace",
        ] {
            assert!(filter(text).is_some(), "{text}");
        }
    }

    #[test]
    fn a_word_that_is_no_level_would_silence_the_log_and_is_refused() {
        for text in ["", "loud", "http_api", "info,verbose", "http_api=loud"] {
            assert!(filter(text).is_none(), "{text}");
        }
    }

    #[test]
    fn levels_of_older_deployments_are_understood() {
        for (text, level) in NODE_LEVELS {
            let filter = filter(text).unwrap().to_string();
            assert!(filter.contains(level), "{filter}");
        }
    }

    #[test]
    fn what_clients_do_to_their_connections_is_not_logged_unless_named() {
        let shown = |text: &str| filter(text).unwrap().to_string();

        assert!(shown("trace").contains("actix_http::h1::dispatcher=off"));
        let named = shown("info,actix_http::h1::dispatcher=debug");
        assert!(
            named.contains("actix_http::h1::dispatcher=debug"),
            "{named}"
        );
        assert!(!named.contains("actix_http::h1::dispatcher=off"), "{named}");
    }

    #[test]
    fn the_database_driver_is_quiet_unless_named() {
        let shown = |text: &str| filter(text).unwrap().to_string();

        assert!(shown("debug").contains("tokio_postgres=warn"));
        assert!(shown("debug,tokio_postgres=trace").contains("tokio_postgres=trace"));
        assert!(!shown("debug,tokio_postgres=trace").contains("tokio_postgres=warn"));
    }
}
