//! Sessions.

use std::time::Duration;

use auth_domain::policy::SessionPolicy;
use http_api::Compat;

use crate::config::{
    settings::Settings,
    table::{email, legacy, sessions},
};

/// How long sessions last: a [`SessionPolicy`] without its key, which is no setting.
#[derive(Debug, Clone)]
pub(crate) struct SessionSettings {
    access_token_ttl: Duration,
    refresh_token_ttl: Duration,
    refresh_grace: Duration,
    refresh_reuse_memory: Duration,
    /// Life of a session of the legacy API, and of the cookie that carries it.
    pub(crate) opaque_session_ttl: Duration,
    refresh_token_in_redirect: bool,
    personal_access_token_max_age: Option<Duration>,
}

impl SessionSettings {
    /// Picks this part from all settings.
    pub(crate) fn read(settings: &Settings) -> Self {
        Self {
            access_token_ttl: settings.seconds(&sessions::ACCESS_TOKEN_TTL),
            refresh_token_ttl: settings.seconds(&sessions::REFRESH_TOKEN_TTL),
            refresh_grace: settings.seconds(&sessions::REFRESH_GRACE),
            refresh_reuse_memory: settings.seconds(&sessions::REFRESH_REUSE_MEMORY),
            opaque_session_ttl: settings.seconds(&legacy::SESSION_AGE),
            refresh_token_in_redirect: settings.flag(&email::REFRESH_TOKEN_IN_REDIRECT),
            personal_access_token_max_age: settings
                .optional_seconds(&sessions::PERSONAL_ACCESS_TOKEN_MAX_AGE),
        }
    }

    /// Sets all of a policy that the services obey.
    pub(crate) fn apply_to(&self, policy: &mut SessionPolicy, compat: Compat) {
        policy.access_token_ttl = self.access_token_ttl;
        policy.refresh_token_ttl = self.refresh_token_ttl;
        policy.refresh_grace = self.refresh_grace;
        policy.refresh_reuse_memory = self.refresh_reuse_memory;
        policy.opaque_session_ttl = self.opaque_session_ttl;
        policy.refresh_token_in_redirect = self.refresh_token_in_redirect;
        policy.personal_access_token_max_age = self.personal_access_token_max_age;
        policy.expired_personal_access_tokens = compat.makes_expired_personal_access_tokens();
    }
}
