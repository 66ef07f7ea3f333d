//! The names of providers on the wire.

use auth_domain::identity::ProviderId;

use crate::{modern::ModernError, state::AppState};

/// The names that the original knows. Others are told apart from those that are switched off.
const KNOWN: [&str; 16] = [
    "apple",
    "azuread",
    "bitbucket",
    "discord",
    "entraid",
    "facebook",
    "github",
    "gitlab",
    "google",
    "linkedin",
    "spotify",
    "strava",
    "twitch",
    "twitter",
    "windowslive",
    "workos",
];

/// The provider that a path names.
pub(super) fn of_path(name: &str, state: &AppState) -> Result<ProviderId, ModernError> {
    let id = ProviderId::parse(name).ok();
    let is_known = |id: &ProviderId| {
        KNOWN.contains(&id.as_str()) || state.services().provider_sign_in().is_enabled(id)
    };
    id.filter(is_known).ok_or_else(|| {
        let reason = "\"provider\" in path has an error: value is not one of the allowed values";
        ModernError::Parameter(reason.to_owned())
    })
}
