//! Policies that also need keys, which are no settings.

use auth_domain::policy::AuthPolicy;
use http_api::Compat;
use settings::Settings;

use crate::config::table::{
    email, legacy,
    second_factors::{MFA_ENABLED, REQUIRE_ELEVATED_CLAIM, TOTP_ISSUER, TOTP_REUSE_ALLOWED},
    sessions,
};

/// Sets all of `policy` that depends on settings alone.
pub(crate) fn apply(settings: &Settings, compat: Compat, policy: &mut AuthPolicy) {
    let session = &mut policy.sessions;
    session.access_token_ttl = settings.get(&sessions::ACCESS_TOKEN_TTL);
    session.refresh_token_ttl = settings.get(&sessions::REFRESH_TOKEN_TTL);
    session.refresh_grace = settings.get(&sessions::REFRESH_GRACE);
    session.refresh_reuse_memory = settings.get(&sessions::REFRESH_REUSE_MEMORY);
    session.opaque_session_ttl = settings.get(&legacy::SESSION_AGE);
    session.refresh_token_in_redirect = settings.get(&email::REFRESH_TOKEN_IN_REDIRECT);
    session.personal_access_token_max_age = settings.get(&sessions::PERSONAL_ACCESS_TOKEN_MAX_AGE);
    session.expired_personal_access_tokens = compat.makes_expired_personal_access_tokens();

    policy.codes.beside_links = settings.get(&email::LINK_CODE);
    policy.elevation.rule = settings.get(&REQUIRE_ELEVATED_CLAIM);
    policy.elevation.every_method_obliges = compat.every_method_obliges_to_elevate();

    let second_factors = &mut policy.second_factors;
    second_factors.totp_enabled = settings.get(&MFA_ENABLED);
    second_factors.totp_issuer = settings.get(&TOTP_ISSUER);
    second_factors.totp_reuse_allowed = settings.get(&TOTP_REUSE_ALLOWED);
}
