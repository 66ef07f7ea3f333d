//! Which adapter stands behind which port: the one place that sees them all.

pub(crate) mod post;

use std::{num::NonZeroUsize, sync::Arc, thread, time::Duration};

use auth_crypto::{BcryptHasher, JoseSigner, RandomIds};
use auth_domain::{
    ports::{Background, BreachedPasswords, Clock, IdGenerator, Mailer, Store},
    services::Installation,
};
use egress::Egress;
use hibp::Hibp;
use http_api::{ApiSettings, AppState, LegacySettings, SameSiteRule};
use postgres_store::{PostgresSettings, PostgresStore};
use sqlite_store::{SqliteSettings, SqliteStore};
use tokio::runtime::Handle;
use totp::{OathVerifier, PngQrRenderer};

use crate::{
    background::TokioBackground,
    clock::SystemClock,
    config::{Config, Database, SameSite},
    first_run::Premises,
    start_error::StartError,
};

/// How long a request waits for a connection to PostgreSQL before it is answered with an error.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The state of a server with this configuration, over a store that answers.
///
/// # Errors
///
/// [`StartError::Sqlite`] or [`StartError::Postgres`] when it does not,
/// [`StartError::PasswordHasher`] when passwords cannot be hashed, [`StartError::Egress`]
/// when other servers cannot be asked.
pub(crate) async fn state(
    config: &Config,
    premises: Premises,
    runtime: &Handle,
) -> Result<Wired, StartError> {
    let egress = egress(config)?;
    let post = post::post(config, &egress, runtime)?;
    let background = TokioBackground::new(runtime.clone());
    let installation =
        installation(config, premises, post.mailer, &background, &egress, runtime).await?;
    let failed = |source| StartError::database(&config.database, source);
    installation.store.ping().await.map_err(failed)?;
    installation.prepare().await.map_err(failed)?;
    let state = AppState::new(
        Arc::new(installation),
        api_settings(config),
        runtime.clone(),
    );
    let state = match post.outbox {
        Some(outbox) => state.with_outbox(outbox),
        None => state,
    };
    Ok(Wired { state, background })
}

/// A server that only has to be reached.
pub(crate) struct Wired {
    /// What its handlers share.
    pub(crate) state: AppState,
    /// What it still does when all requests are answered.
    pub(crate) background: TokioBackground,
}

async fn installation(
    config: &Config,
    premises: Premises,
    mailer: Arc<dyn Mailer>,
    background: &TokioBackground,
    egress: &Egress,
    runtime: &Handle,
) -> Result<Installation, StartError> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let ids: Arc<dyn IdGenerator> = Arc::new(RandomIds);
    let policy = config.policy(
        premises.jwt_secret.successor_secret(),
        premises.encryption.recovery_keys(),
    );
    let hasher =
        BcryptHasher::new(config.bcrypt_cost, cores()).map_err(StartError::PasswordHasher)?;
    Ok(Installation {
        store: store(&config.database, runtime).await?,
        hasher: Arc::new(hasher),
        breached_passwords: breached_passwords(config, egress),
        signer: Arc::new(JoseSigner::new(premises.jwt_secret, ids.as_ref())),
        concealment: concealment(config, background),
        mailer,
        clock,
        ids,
        totp: Arc::new(OathVerifier),
        qr: Arc::new(PngQrRenderer),
        secrets: Arc::new(premises.encryption.secret_box()),
        policy,
    })
}

/// The client that all requests to other servers go through.
///
/// # Errors
///
/// [`StartError::Egress`].
pub(crate) fn egress(config: &Config) -> Result<Egress, StartError> {
    Egress::new(config.egress.clone()).map_err(StartError::Egress)
}

fn concealment(config: &Config, background: &TokioBackground) -> Option<Arc<dyn Background>> {
    let conceals = config.server.conceal_errors;
    conceals.then(|| Arc::new(background.clone()) as _)
}

fn breached_passwords(config: &Config, egress: &Egress) -> Option<Arc<dyn BreachedPasswords>> {
    let url = config.hibp_url.clone()?;
    Some(Arc::new(Hibp::new(egress.clone(), url)))
}

async fn store(database: &Database, runtime: &Handle) -> Result<Arc<dyn Store>, StartError> {
    match database {
        Database::Sqlite { path } => {
            let settings = SqliteSettings { path: path.clone() };
            let opened = SqliteStore::open(settings, runtime.clone()).await;
            Ok(Arc::new(opened.map_err(|source| {
                StartError::database(database, source)
            })?))
        }
        Database::Postgres(postgres) => {
            let settings = PostgresSettings {
                url: postgres.url.clone(),
                max_connections: postgres.max_connections,
                connect_timeout: CONNECT_TIMEOUT,
            };
            let connected = PostgresStore::connect(settings, runtime.clone()).await;
            Ok(Arc::new(connected.map_err(|source| {
                StartError::database(database, source)
            })?))
        }
    }
}

/// How many passwords are hashed at once.
fn cores() -> usize {
    thread::available_parallelism().map_or(1, NonZeroUsize::get)
}

fn api_settings(config: &Config) -> ApiSettings {
    let cookie = &config.session_cookie;
    ApiSettings {
        prefix: config.server.api_prefix.clone(),
        conceal_errors: config.server.conceal_errors,
        confirm_links: config.server.confirm_links,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        server_url: Some(config.server.url.clone()).filter(|it| !it.is_empty()),
        console: config.server.console_enabled,
        legacy: LegacySettings {
            cookie_name: cookie.name.clone(),
            cookie_domain: cookie.domain.clone(),
            cookie_secure: cookie.secure,
            cookie_same_site: match cookie.same_site {
                SameSite::Lax => SameSiteRule::Lax,
                SameSite::None => SameSiteRule::None,
            },
            session_age: config.sessions.opaque_session_ttl,
        },
    }
}
