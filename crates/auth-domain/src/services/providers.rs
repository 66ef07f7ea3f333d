//! The configured identity providers.

use std::sync::Arc;

use crate::{
    identity::ProviderId,
    ports::{IdTokenVerifier, Provider},
};

/// The configured identity providers.
#[derive(Clone, Default)]
pub struct Providers {
    redirecting: Vec<Arc<dyn Provider>>,
    id_tokens: Vec<Arc<dyn IdTokenVerifier>>,
    trusted_email_issuers: Vec<ProviderId>,
}

impl Providers {
    /// Adds one that users are redirected to.
    #[must_use]
    pub fn with(mut self, provider: Arc<dyn Provider>) -> Self {
        self.redirecting.push(provider);
        self
    }

    /// Adds one whose ID tokens are accepted from apps.
    #[must_use]
    pub fn with_id_tokens(mut self, verifier: Arc<dyn IdTokenVerifier>) -> Self {
        self.id_tokens.push(verifier);
        self
    }

    /// Sets the providers whose addresses count as verified even where they do not say so: the
    /// operator knows that no user can enter another person's address there.
    #[must_use]
    pub fn trusting_addresses_of(mut self, providers: Vec<ProviderId>) -> Self {
        self.trusted_email_issuers = providers;
        self
    }

    /// The names of all.
    pub(super) fn ids(&self) -> Vec<ProviderId> {
        let sent_to = self.redirecting.iter().map(|it| it.id());
        let of_apps = self.id_tokens.iter().map(|it| it.id());
        let mut ids: Vec<_> = sent_to.chain(of_apps).cloned().collect();
        ids.sort();
        ids.dedup();
        ids
    }

    pub(super) fn find(&self, id: &ProviderId) -> Option<&Arc<dyn Provider>> {
        self.redirecting.iter().find(|it| it.id() == id)
    }

    pub(super) fn find_id_tokens(&self, id: &ProviderId) -> Option<&Arc<dyn IdTokenVerifier>> {
        self.id_tokens.iter().find(|it| it.id() == id)
    }

    pub(super) fn trusts_addresses_of(&self, id: &ProviderId) -> bool {
        self.trusted_email_issuers.contains(id)
    }
}
