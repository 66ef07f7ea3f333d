//! Second factors.

use auth_domain::policy::{ElevationRule, SecondFactorPolicy};

use crate::config::{settings::Settings, table::second_factors};

/// How accounts are protected: a [`SecondFactorPolicy`] without its keys, which are no setting.
#[derive(Debug, Clone)]
pub(crate) struct SecondFactorSettings {
    /// Whether people may use one-time passwords of an authenticator app.
    pub(crate) totp_enabled: bool,
    /// When delicate changes need a fresh proof of identity.
    pub(crate) elevation: ElevationRule,
    issuer: String,
    reuse_allowed: bool,
}

impl SecondFactorSettings {
    /// Picks this part from all settings.
    pub(crate) fn read(settings: &Settings) -> Self {
        let issuer = settings.text(&second_factors::TOTP_ISSUER);
        Self {
            totp_enabled: settings.flag(&second_factors::MFA_ENABLED),
            elevation: elevation(settings),
            issuer: issuer.unwrap_or_default().to_owned(),
            reuse_allowed: settings.flag(&second_factors::TOTP_REUSE_ALLOWED),
        }
    }

    /// Sets all of a policy that the services obey.
    pub(crate) fn apply_to(&self, policy: &mut SecondFactorPolicy) {
        policy.totp_enabled = self.totp_enabled;
        policy.totp_issuer.clone_from(&self.issuer);
        policy.totp_reuse_allowed = self.reuse_allowed;
    }
}

fn elevation(settings: &Settings) -> ElevationRule {
    match settings.text(&second_factors::REQUIRE_ELEVATED_CLAIM) {
        Some("required") => ElevationRule::Required,
        Some("recommended") => ElevationRule::Recommended,
        _ => ElevationRule::Disabled,
    }
}
