//! Identity providers.

use std::sync::Arc;

use auth_domain::{
    identity::ProviderId,
    ports::{Clock, IdGenerator},
    services::Providers,
    system::{RandomIds, SystemClock},
};
use egress::Egress;
use provider_apple::Apple;
use provider_google::Google;
use provider_kit::{AuthorizationCodeProvider, IdTokenRules, IdTokens};
use provider_twitter::Twitter;

use crate::config::{Config, IdTokenSettings, ProviderSettings, table::providers::code_flows};

/// The providers of this configuration.
pub(super) fn providers(config: &Config, egress: &Egress) -> Providers {
    let settings = &config.providers;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let ids: Arc<dyn IdGenerator> = Arc::new(RandomIds);
    let wiring = Wiring {
        settings,
        egress,
        clock: &clock,
        providers: Providers::default(),
    };
    wiring
        .code_flows(config)
        .apple()
        .twitter(&ids)
        .custom()
        .id_tokens(
            provider_apple::ID,
            provider_apple::ISSUER,
            settings.apple_id_tokens.as_ref(),
        )
        .id_tokens(
            Google::ID,
            provider_google::ISSUER,
            settings.google_id_tokens.as_ref(),
        )
        .providers
        .trusting_addresses_of(settings.trusted_emails.clone())
}

/// Adds the providers that the settings switch on.
struct Wiring<'a> {
    settings: &'a ProviderSettings,
    egress: &'a Egress,
    clock: &'a Arc<dyn Clock>,
    providers: Providers,
}

impl Wiring<'_> {
    fn code_flows(mut self, config: &Config) -> Self {
        for row in code_flows() {
            if let Some(registration) = self.settings.code_flows.get(row.id).cloned() {
                let provider = (row.connect)(&config.settings, registration, self.egress.clone());
                self.providers = self.providers.with(provider);
            }
        }
        self
    }

    fn apple(mut self) -> Self {
        if let Some(registration) = self.settings.apple.clone() {
            let provider = Apple::new(registration, self.egress.clone(), Arc::clone(self.clock));
            self.providers = self.providers.with(Arc::new(provider));
        }
        self
    }

    fn twitter(mut self, ids: &Arc<dyn IdGenerator>) -> Self {
        if let Some(registration) = self.settings.twitter.clone() {
            let (clock, ids) = (Arc::clone(self.clock), Arc::clone(ids));
            let provider = Twitter::new(registration, self.egress.clone(), clock, ids);
            self.providers = self.providers.with(Arc::new(provider));
        }
        self
    }

    fn custom(mut self) -> Self {
        for definition in self.settings.custom.clone() {
            let (egress, clock) = (self.egress.clone(), Arc::clone(self.clock));
            let described = provider_custom::provider(definition, egress, clock);
            self.providers = self.providers.with(described.provider);
            if let Some(verifier) = described.id_tokens {
                self.providers = self.providers.with_id_tokens(verifier);
            }
        }
        self
    }

    fn id_tokens(
        mut self,
        id: &'static str,
        issuer: &str,
        settings: Option<&IdTokenSettings>,
    ) -> Self {
        if let Some(settings) = settings.cloned() {
            let rules = IdTokenRules {
                issuer: issuer.to_owned(),
                audiences: settings.audiences,
                needs_address: true,
            };
            let (egress, clock) = (self.egress.clone(), Arc::clone(self.clock));
            let id = ProviderId::of(id);
            let verifier = IdTokens::new(id, rules, settings.keys_url, egress, clock);
            self.providers = self.providers.with_id_tokens(Arc::new(verifier));
        }
        self
    }
}
