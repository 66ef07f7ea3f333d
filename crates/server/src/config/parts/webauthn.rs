//! Security keys and passkeys.

use std::time::Duration;

use auth_domain::security_key::RelyingParty;
use settings::Settings;
use url::Url;

use crate::config::table::{redirects, second_factors};

/// How long a person has where nothing is said about it, as in Hasura Auth.
const USUAL_TIMEOUT: Duration = Duration::from_mins(1);

/// No person is quicker.
const SHORTEST: Duration = Duration::from_secs(1);

/// No person needs longer, and challenges are kept for as long.
const LONGEST: Duration = Duration::from_hours(1);

/// On whose behalf security keys are asked for; `None` when they are switched off.
///
/// # Errors
///
/// A line about a domain or an origin that no browser would use a key with.
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
        // An application elsewhere, beside origins that are on the domain.
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

/// Hasura Auth takes any number and obeys none, so that files in use hold `0`.
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
