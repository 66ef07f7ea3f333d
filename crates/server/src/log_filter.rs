//! Which lines the log has. See `docs/logging.md`.

use tracing::Level;
use tracing_subscriber::EnvFilter;

/// The driver logs statements at `debug` and their parameters at `trace`; parameters hold hashes and
/// addresses. The operator's filter may still name it.
const QUIET_DRIVER: &str = "tokio_postgres=warn";

/// It logs each refusal as an error, and keys at `debug`; our own log is sufficient.
const QUIET_JUDGE: &str = "webauthn_rs_core=off";

/// It logs malformed HTTP and hang-ups as errors. An attacker can fill the log with them, and the
/// operator can do nothing about them.
const QUIET_CONNECTIONS: &str = "actix_http::h1::dispatcher=off";

/// At `debug` it logs paths of requests that it could not read; see `logged_path` of `http-api`.
const QUIET_EXTRACTORS: &str = "actix_web::types=off";

/// Levels of the Hasura Auth that was written for Node.js, which had this variable too.
const NODE_LEVELS: [(&str, &str); 3] = [("http", "info"), ("verbose", "debug"), ("silly", "trace")];

/// Which lines the log has: those up to a level (`info`), or levels for modules (`info,http_api=debug`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LogFilter(String);

impl LogFilter {
    /// Reads a filter; `None` when it is none.
    ///
    /// A word alone has to be a level: the library would take any other for the name of a module and
    /// log nothing else.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = &NODE_LEVELS
            .iter()
            .find(|(name, _)| *name == text)
            .map_or(text, |(_, level)| level);
        let is_level =
            |word: &str| word.eq_ignore_ascii_case("off") || word.parse::<Level>().is_ok();
        let known = |part: &str| part.contains(['=', '[']) || is_level(part.trim());
        if text.is_empty() || !text.split(',').all(known) {
            return None;
        }
        let filter = Self::quiet_but(text);
        EnvFilter::try_new(&filter.0).ok().map(|_| filter)
    }

    /// The lines of a level, and of those more severe.
    pub(crate) fn up_to(level: Level) -> Self {
        Self::quiet_but(level.as_str())
    }

    fn quiet_but(text: &str) -> Self {
        Self(format!(
            "{QUIET_DRIVER},{QUIET_JUDGE},{QUIET_CONNECTIONS},{QUIET_EXTRACTORS},{text}"
        ))
    }

    /// The same as the library has it.
    pub(crate) fn to_env_filter(&self) -> EnvFilter {
        // Nothing is skipped: the text was parsed before, or is a level.
        EnvFilter::new(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(text: &str) -> Option<EnvFilter> {
        LogFilter::parse(text).map(|it| it.to_env_filter())
    }

    #[test]
    fn a_level_by_itself_is_a_filter() {
        for level in [
            Level::ERROR,
            Level::WARN,
            Level::INFO,
            Level::DEBUG,
            Level::TRACE,
        ] {
            assert_eq!(
                LogFilter::parse(level.as_str()),
                Some(LogFilter::up_to(level))
            );
        }
    }

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
