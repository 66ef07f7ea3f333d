//! Requests to other servers.

use egress::{EgressRules, Url};

use crate::config::{
    settings::Settings,
    table::{egress as table, passwords},
};

/// Where requests may go.
pub(crate) fn egress_rules(settings: &Settings) -> EgressRules {
    EgressRules {
        allowed_hosts: settings.list(&table::ALLOWED_HOSTS).to_vec(),
    }
}

/// The service that knows passwords of data breaches; `None` when it is not to be asked.
///
/// # Errors
///
/// A line about a URL that is none.
pub(crate) fn hibp_url(settings: &Settings) -> Result<Option<Url>, String> {
    if !settings.flag(&passwords::HIBP) {
        return Ok(None);
    }
    settings.parsed(&passwords::HIBP_URL, Url::parse).map(Some)
}
