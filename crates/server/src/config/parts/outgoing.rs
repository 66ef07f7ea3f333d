//! Requests to other servers.

use egress::{EgressRules, Url};
use settings::{Row, Setting, Settings};

use crate::config::table::{egress as table, passwords};

/// Where requests may go.
pub(crate) fn egress_rules(settings: &Settings) -> EgressRules {
    EgressRules {
        allowed_hosts: settings.list(&table::ALLOWED_HOSTS),
    }
}

/// The URL in `setting`, which requests may go to as far as can be told without asking for its
/// address.
///
/// # Errors
///
/// A line about a URL that every request would fail for.
pub(super) fn reachable_url(settings: &Settings, setting: &Setting<Url>) -> Result<Url, String> {
    reachable(settings, setting, settings.get(setting))
}

/// The same for a URL that is in `setting` or was made of what is there.
pub(super) fn reachable(settings: &Settings, setting: &Row, url: Url) -> Result<Url, String> {
    let judged = egress_rules(settings).check(&url);
    settings.named(setting, judged).map(|()| url)
}

/// The service that knows passwords of data breaches; `None` when it is not to be asked.
///
/// # Errors
///
/// A line about a URL that every request would fail for.
pub(crate) fn hibp_url(settings: &Settings) -> Result<Option<Url>, String> {
    if !settings.get(&passwords::HIBP) {
        return Ok(None);
    }
    reachable_url(settings, &passwords::HIBP_URL).map(Some)
}
