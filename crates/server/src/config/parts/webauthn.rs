//! Security keys and passkeys.

use std::time::Duration;

use auth_domain::security_key::RelyingParty;
use settings::Settings;
use url::Url;

use crate::config::table::{redirects, second_factors};

/// The default timeout of a ceremony, as in Hasura Auth.
const USUAL_TIMEOUT: Duration = Duration::from_mins(1);

/// The shortest timeout: no user is quicker.
const SHORTEST: Duration = Duration::from_secs(1);

/// The longest timeout: no user needs longer, and challenges are kept for as long.
const LONGEST: Duration = Duration::from_hours(1);

/// The relying party of security keys; `None` when they are switched off.
///
/// # Errors
///
/// A line about a domain or an origin for which no browser would use a key.
pub(in crate::config) fn relying_party(
    settings: &Settings,
) -> Result<Option<RelyingParty>, String> {
    if !settings.get(&second_factors::WEBAUTHN_ENABLED) {
        return Ok(None);
    }
    let client = client(settings);
    let id = match settings.get(&second_factors::WEBAUTHN_RP_ID) {
        Some(id) => id,
        None => client_host(client.as_ref())?,
    };
    let name = settings.get(&second_factors::WEBAUTHN_RP_NAME);
    let name = name.filter(|it| !it.is_empty());
    let name = name.as_deref().unwrap_or(&id);
    let timeout = timeout(settings);
    let listed = settings.list(&second_factors::WEBAUTHN_RP_ORIGINS);
    let listed: Vec<&str> = listed.iter().map(String::as_str).collect();
    let client = client.map(|it| it.origin().ascii_serialization());
    let read = |origins: &[&str]| RelyingParty::new(&id, name, origins, timeout);
    let with_client = [listed.as_slice(), client.as_deref().as_slice()].concat();
    let relying_party = match read(&with_client) {
        // An application on another domain, beside origins that are on this one.
        Err(_) if !listed.is_empty() => read(&listed),
        outcome => outcome,
    };
    relying_party.map(Some).map_err(|problem| {
        format!(
            "{} is on, but {problem}; see {} and {}",
            settings.name(&second_factors::WEBAUTHN_ENABLED),
            settings.name(&second_factors::WEBAUTHN_RP_ID),
            settings.name(&second_factors::WEBAUTHN_RP_ORIGINS)
        )
    })
}

/// Hasura Auth accepts any number and ignores it, so that files in use hold `0`.
fn timeout(settings: &Settings) -> Duration {
    match settings.get(&second_factors::WEBAUTHN_TIMEOUT) {
        0 => USUAL_TIMEOUT,
        milliseconds => Duration::from_millis(milliseconds).clamp(SHORTEST, LONGEST),
    }
}

fn client(settings: &Settings) -> Option<Url> {
    let text = settings.get(&redirects::CLIENT_URL)?;
    let url = Url::parse(&text).ok()?;
    matches!(url.scheme(), "https" | "http").then_some(url)
}

fn client_host(client: Option<&Url>) -> Result<String, String> {
    let host = client.and_then(Url::host_str);
    host.map(str::to_owned).ok_or_else(|| {
        format!(
            "{} needs a domain that keys are bound to: set {} or {}",
            second_factors::WEBAUTHN_ENABLED.variable,
            second_factors::WEBAUTHN_RP_ID.variable,
            redirects::CLIENT_URL.variable
        )
    })
}
