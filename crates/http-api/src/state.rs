//! What every handler shares, and the only way to run domain work.

use std::sync::Arc;

use auth_domain::{
    ports::TokenSigner,
    redirect::RedirectPolicy,
    services::{Installation, Services},
};
use tokio::runtime::Handle;

use crate::settings::ApiSettings;

/// Shared by all workers of a server.
pub struct AppState {
    services: Services,
    signer: Arc<dyn TokenSigner>,
    redirects: RedirectPolicy,
    settings: ApiSettings,
    runtime: Handle,
}

/// Domain work panicked or the runtime is shutting down.
#[derive(Debug, thiserror::Error)]
#[error("the work was interrupted")]
pub struct Interrupted(#[source] tokio::task::JoinError);

impl AppState {
    /// The state of a server over `installation`, whose work runs on `runtime`. That has to be a
    /// multi-threaded runtime, and not one of actix-web's workers.
    #[must_use]
    pub fn new(installation: Arc<Installation>, settings: ApiSettings, runtime: Handle) -> Self {
        Self {
            signer: Arc::clone(&installation.signer),
            redirects: installation.policy.redirects.clone(),
            services: Services::new(installation),
            settings,
            runtime,
        }
    }

    /// Settings of the wire.
    pub(crate) fn settings(&self) -> &ApiSettings {
        &self.settings
    }

    /// The services, for what takes no I/O. Everything else goes through [`run`](Self::run).
    pub(crate) fn services(&self) -> &Services {
        &self.services
    }

    /// Which origins may use the session cookie.
    pub(crate) fn redirects(&self) -> &RedirectPolicy {
        &self.redirects
    }

    /// The published keys.
    pub(crate) fn signer(&self) -> &dyn TokenSigner {
        self.signer.as_ref()
    }

    /// Runs `work` to its end, even when the client goes away meanwhile.
    ///
    /// A worker of actix-web drops a handler whose client disconnects. Dropped in the middle of a
    /// transaction, diesel-async waits for SQLite in a way that panics on a worker's
    /// single-threaded runtime; on this runtime it cannot happen.
    pub(crate) async fn run<T, Work>(
        &self,
        work: impl FnOnce(Services) -> Work,
    ) -> Result<T, Interrupted>
    where
        T: Send + 'static,
        Work: Future<Output = T> + Send + 'static,
    {
        use tracing::Instrument;

        let work = work(self.services.clone()).in_current_span();
        self.runtime.spawn(work).await.map_err(Interrupted)
    }
}
