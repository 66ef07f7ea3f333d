//! Requests to other servers.

use egress::{EgressRules, Url};

use crate::config::{
    setting::Setting,
    settings::Settings,
    table::{egress as table, passwords},
};

/// Where requests may go.
pub(crate) fn egress_rules(settings: &Settings) -> EgressRules {
    EgressRules {
        allowed_hosts: settings.list(&table::ALLOWED_HOSTS).to_vec(),
    }
}

/// The URL in `setting`, which requests may go to as far as can be told without asking for its
/// address.
///
/// # Errors
///
/// A line about a URL that is none, or one that every request would fail for.
pub(super) fn reachable_url(settings: &Settings, setting: &Setting) -> Result<Url, String> {
    reachable(settings, setting, settings.parsed(setting, Url::parse)?)
}

/// The same for a URL that was made of what is in `setting`.
pub(super) fn reachable(settings: &Settings, setting: &Setting, url: Url) -> Result<Url, String> {
    let judged = egress_rules(settings).check(&url);
    judged.map_err(|error| format!("{}: {error}", settings.name(setting)))?;
    Ok(url)
}

/// The service that knows passwords of data breaches; `None` when it is not to be asked.
///
/// # Errors
///
/// A line about a URL that is none, or one that every request would fail for.
pub(crate) fn hibp_url(settings: &Settings) -> Result<Option<Url>, String> {
    if !settings.flag(&passwords::HIBP) {
        return Ok(None);
    }
    reachable_url(settings, &passwords::HIBP_URL).map(Some)
}
