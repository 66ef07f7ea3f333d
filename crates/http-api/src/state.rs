//! What every handler shares, and the only way to run domain work.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use actix_web::web::Bytes;
use auth_domain::{
    limits::Limiter,
    ports::{BotCheck, IdGenerator, TokenSigner},
    redirect::RedirectPolicy,
    services::Services,
};
use tokio::{runtime::Handle, task::JoinHandle};

use crate::{
    interrupted::Interrupted,
    outbox::{Outbox, OutboxKey},
    readiness::{Readiness, Requirement},
    request_limits::RequestLimits,
    seen_from::SeenFrom,
    settings::ApiSettings,
};

/// Shared by all workers of a server.
pub struct AppState {
    services: Services,
    signer: Arc<dyn TokenSigner>,
    ids: Arc<dyn IdGenerator>,
    redirects: RedirectPolicy,
    settings: ApiSettings,
    outbox: Option<(Arc<dyn Outbox>, OutboxKey)>,
    request_limits: Option<(Limiter, RequestLimits)>,
    bot_check: Option<Arc<dyn BotCheck>>,
    description: OnceLock<Option<Bytes>>,
    readiness: Readiness,
    runtime: Handle,
}

/// Timeout of domain work for the client, whatever the database does.
const PATIENCE: Duration = Duration::from_mins(1);

impl AppState {
    /// The state of a server over `services`, whose work runs on `runtime`. That has to be a
    /// multi-threaded runtime, and not one of actix-web's workers.
    #[must_use]
    pub fn new(services: Services, settings: ApiSettings, runtime: Handle) -> Self {
        let dependencies = services.dependencies();
        Self {
            signer: Arc::clone(&dependencies.signer),
            ids: Arc::clone(&dependencies.ids),
            redirects: dependencies.policy.redirects.clone(),
            services,
            settings,
            outbox: None,
            request_limits: None,
            bot_check: None,
            description: OnceLock::new(),
            readiness: Readiness::default(),
            runtime,
        }
    }

    /// Shows the mails of `outbox` to clients on this machine that hold `key`. For development
    /// only.
    #[must_use]
    pub fn with_outbox(self, outbox: Arc<dyn Outbox>, key: OutboxKey) -> Self {
        Self {
            outbox: Some((outbox, key)),
            ..self
        }
    }

    /// Rate limit: refuses clients that ask more often than `limits` say, as `limiter` counts.
    #[must_use]
    pub fn with_request_limits(self, limiter: Limiter, limits: RequestLimits) -> Self {
        Self {
            request_limits: Some((limiter, limits)),
            ..self
        }
    }

    /// The rate limits and their counter, if there are limits.
    pub(crate) fn request_limits(&self) -> Option<&(Limiter, RequestLimits)> {
        self.request_limits.as_ref()
    }

    /// Bot check: refuses programs where an account is made or a mail sent.
    #[must_use]
    pub fn with_person_check(self, check: Arc<dyn BotCheck>) -> Self {
        Self {
            bot_check: Some(check),
            ..self
        }
    }

    /// The bot check, if there is one.
    pub(crate) fn bot_check(&self) -> Option<&Arc<dyn BotCheck>> {
        self.bot_check.as_ref()
    }

    /// The outbox and its key, if mails are to be shown.
    pub(crate) fn outbox(&self) -> Option<(&dyn Outbox, &OutboxKey)> {
        let (outbox, key) = self.outbox.as_ref()?;
        Some((outbox.as_ref(), key))
    }

    /// The description of the API as JSON, which `describe` makes when it is asked for first.
    pub(crate) fn description(
        &self,
        describe: impl FnOnce(&ApiSettings) -> Option<Bytes>,
    ) -> Option<Bytes> {
        self.description
            .get_or_init(|| describe(&self.settings))
            .clone()
    }

    /// What is missing that requests cannot be served without.
    pub(crate) async fn missing(&self) -> Vec<Requirement> {
        let check = |turn| {
            self.run(|services| async move {
                let missing = services.readiness().missing().await;
                drop(turn);
                missing
            })
        };
        self.readiness.missing(check).await
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

    /// Random values.
    pub(crate) fn ids(&self) -> &dyn IdGenerator {
        self.ids.as_ref()
    }

    /// The published keys.
    pub(crate) fn signer(&self) -> &dyn TokenSigner {
        self.signer.as_ref()
    }

    /// The same as [`run`](Self::run) for work that opens or continues a session: the account owner
    /// gets to see the device.
    pub(crate) async fn run_from<T, Work>(
        &self,
        SeenFrom { device, client }: SeenFrom,
        work: impl FnOnce(Services) -> Work,
    ) -> Result<T, Interrupted>
    where
        T: Send + 'static,
        Work: Future<Output = T> + Send + 'static,
    {
        self.run(|services| work(services.seen_from(device, client)))
            .await
    }

    /// Runs `work` to its end, even when the client disconnects meanwhile.
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

        let work = self
            .runtime
            .spawn(work(self.services.clone()).in_current_span());
        wait_for(work).await
    }
}

/// The timeout ends the wait, not the work: dropping its handle lets it go on to its end.
#[expect(
    clippy::disallowed_methods,
    reason = "what is given up here is the handle and not a unit of work"
)]
async fn wait_for<T>(work: JoinHandle<T>) -> Result<T, Interrupted> {
    match tokio::time::timeout(PATIENCE, work).await {
        Ok(outcome) => outcome.map_err(Interrupted::Ended),
        Err(_elapsed) => Err(Interrupted::TooSlow),
    }
}
