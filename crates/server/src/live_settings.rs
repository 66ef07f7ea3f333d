//! Settings that are changed while the server serves (`AUTH_ENABLE_CHANGE_ENV`).

use std::sync::{Arc, PoisonError, RwLock};

use actix_web::web::Data;
use async_trait::async_trait;
use auth_domain::error::Cause;
use http_api::{AppState, ChangeError, LiveState};
use serde_json::{Map, Value};
use settings::Settings;
use tokio::{sync::Mutex, task::spawn_blocking};

use crate::{
    config::{self, Config},
    start_error::StartError,
    wire::SharedState,
};

/// The settings of a running server, and the state derived from them.
pub(crate) struct LiveSettings {
    shared: Arc<SharedState>,
    /// Locked for the duration of a change, so that concurrent changes do not overwrite each other.
    settings: Mutex<Settings>,
    newest: RwLock<Data<AppState>>,
}

impl LiveSettings {
    /// Starts from `settings`, from which `state` was made with `shared`.
    pub(crate) fn new(shared: Arc<SharedState>, settings: Settings, state: Data<AppState>) -> Self {
        Self {
            shared,
            settings: Mutex::new(settings),
            newest: RwLock::new(state),
        }
    }

    /// The state of a server with this configuration, over the same shared state.
    async fn state(&self, config: Config) -> Result<AppState, ChangeError> {
        let shared = Arc::clone(&self.shared);
        // Templates and certificates are read from files.
        let made = spawn_blocking(move || {
            let dependencies = shared.dependencies(&config);
            dependencies.map(|dependencies| (dependencies, config))
        });
        let (dependencies, config) = made.await.map_err(failed)?.map_err(not_made)?;
        let services = dependencies.open().await.map_err(failed)?;
        Ok(self.shared.state(services, &config))
    }
}

#[async_trait]
impl LiveState for LiveSettings {
    fn newest(&self) -> Data<AppState> {
        let newest = self.newest.read();
        newest.unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn change(&self, members: Map<String, Value>) -> Result<(), ChangeError> {
        let mut settings = self.settings.lock().await;
        let (changed, config) = config::changed(&settings, &members)
            .map_err(|errors| ChangeError::Refused(errors.0.join("; ")))?;
        let state = Data::new(self.state(config).await?);
        *self.newest.write().unwrap_or_else(PoisonError::into_inner) = state;
        *settings = changed;
        let names = config::known_names(&members).join(", ");
        tracing::info!(names, "settings were changed");
        Ok(())
    }
}

fn not_made(error: StartError) -> ChangeError {
    match error {
        StartError::WebAuthn(_) => ChangeError::Refused(error.report()),
        other => failed(other),
    }
}

fn failed(error: impl Into<Cause>) -> ChangeError {
    ChangeError::Failed(error.into())
}
