//! Requests to other servers (SSRF).

use egress::{EgressRules, Url};
use settings::{Row, Setting, Settings};

use crate::config::table::{egress as table, passwords};

/// Which hosts requests may go to.
pub(crate) fn egress_rules(settings: &Settings) -> EgressRules {
    EgressRules {
        allowed_hosts: settings.list(&table::ALLOWED_HOSTS),
    }
}

/// The URL in `setting`, checked against the egress rules as far as that works without resolving its
/// name.
///
/// # Errors
///
/// A line about a URL that every request would fail for.
pub(super) fn reachable_url(settings: &Settings, setting: &Setting<Url>) -> Result<Url, String> {
    reachable(settings, setting, settings.get(setting))
}

/// The same for a URL in `setting` or made from it.
pub(super) fn reachable(settings: &Settings, setting: &Row, url: Url) -> Result<Url, String> {
    let judged = egress_rules(settings).check(&url);
    settings.named(setting, judged).map(|()| url)
}

/// The service that knows breached passwords; `None` when the check is off.
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
