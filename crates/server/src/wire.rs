//! Which adapter stands behind which port: the one place that sees them all.

pub(crate) mod post;

use std::{num::NonZeroUsize, sync::Arc, thread, time::Duration};

use auth_crypto::{BcryptHasher, JoseSigner, RandomIds};
use auth_domain::{
    limits::{AccountLimits, Limiter, NamingKey},
    ports::{
        BreachedPasswords, Clock, CustomClaimSource, IdGenerator, Mailer, PersonCheck, Store,
        WebAuthn,
    },
    services::{Concealment, Installation},
};
use egress::Egress;
use hasura::HasuraClaims;
use hibp::Hibp;
use http_api::{ApiSettings, AppState, LegacySettings, SameSiteRule};
use postgres_store::{PostgresSettings, PostgresStore};
use redis_counter::RedisCounter;
use sqlite_store::{SqliteSettings, SqliteStore};
use tokio::runtime::Handle;
use totp::{OathVerifier, PngQrRenderer};
use turnstile::Turnstile;
use webauthn::CoreWebAuthn;

use crate::{
    background::TokioBackground,
    clock::SystemClock,
    config::{Config, Database, SameSite},
    first_run::Premises,
    pacing::TokioPacing,
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
/// when other servers cannot be asked, [`StartError::Redis`] when nothing can be counted there.
pub(crate) async fn state(
    config: &Config,
    premises: Premises,
    runtime: &Handle,
) -> Result<Wired, StartError> {
    let egress = egress(config)?;
    let post = post::post(config, &egress, runtime)?;
    let background = TokioBackground::new(runtime.clone());
    let limiter = limiter(config, runtime)?;
    limiter.probe().await;
    let limits = account_limits(config, &premises, &limiter);
    let installation = Installation {
        limits,
        sms: post.sms,
        ..installation(config, premises, post.mailer, &background, &egress, runtime).await?
    };
    let failed = |source| StartError::database(&config.database, source);
    installation.store.ping().await.map_err(failed)?;
    installation.prepare().await.map_err(failed)?;
    let state = AppState::new(
        Arc::new(installation),
        api_settings(config),
        runtime.clone(),
    );
    let state = match &config.limits {
        Some(limits) => state.with_request_limits(limiter, limits.requests.clone()),
        None => state,
    };
    let state = match person_check(config, &egress) {
        Some(check) => state.with_person_check(check),
        None => state,
    };
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
        custom_claims: custom_claims(config)?,
        signer: Arc::new(JoseSigner::new(premises.jwt_secret, ids.as_ref())),
        concealment: concealment(config, background),
        limits: None,
        sms: None,
        mailer,
        clock,
        ids,
        totp: Arc::new(OathVerifier),
        qr: Arc::new(PngQrRenderer),
        secrets: Arc::new(premises.encryption.secret_box()),
        web_authn: web_authn(config)?,
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

fn person_check(config: &Config, egress: &Egress) -> Option<Arc<dyn PersonCheck>> {
    let service = config.person_check.clone()?;
    let turnstile = Turnstile::new(egress.clone(), service.url, service.secret);
    Some(Arc::new(turnstile))
}

fn limiter(config: &Config, runtime: &Handle) -> Result<Limiter, StartError> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let Some(redis) = config.limits.as_ref().and_then(|it| it.redis.clone()) else {
        return Ok(Limiter::new(clock));
    };
    let counter = RedisCounter::new(&redis.url, redis.prefix, runtime.clone());
    let counter = counter.map_err(StartError::Redis)?;
    Ok(Limiter::sharing(clock, Arc::new(counter)))
}

fn account_limits(
    config: &Config,
    premises: &Premises,
    limiter: &Limiter,
) -> Option<AccountLimits> {
    let limits = config.limits.as_ref()?;
    let naming = NamingKey::derive(premises.jwt_secret.successor_secret());
    Some(AccountLimits::new(
        limiter.clone(),
        naming,
        limits.wrong_claims,
        limits.mails,
    ))
}

fn concealment(config: &Config, background: &TokioBackground) -> Option<Concealment> {
    let conceals = config.server.conceal_errors;
    conceals.then(|| Concealment {
        background: Arc::new(background.clone()),
        pacing: Arc::new(TokioPacing),
    })
}

fn breached_passwords(config: &Config, egress: &Egress) -> Option<Arc<dyn BreachedPasswords>> {
    let url = config.hibp_url.clone()?;
    Some(Arc::new(Hibp::new(egress.clone(), url)))
}

fn web_authn(config: &Config) -> Result<Option<Arc<dyn WebAuthn>>, StartError> {
    let Some(relying_party) = config.relying_party.clone() else {
        return Ok(None);
    };
    let judge = CoreWebAuthn::new(relying_party).map_err(StartError::WebAuthn)?;
    Ok(Some(Arc::new(judge)))
}

/// Hasura has an egress of its own: what is allowed for it is allowed for nothing else.
fn custom_claims(config: &Config) -> Result<Option<Arc<dyn CustomClaimSource>>, StartError> {
    let Some(claims) = &config.custom_claims else {
        return Ok(None);
    };
    let egress = Egress::new(claims.egress_rules()).map_err(StartError::Egress)?;
    Ok(Some(Arc::new(HasuraClaims::new(
        egress,
        claims.endpoint.clone(),
        claims.definitions.clone(),
    ))))
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
        trusted_proxies: config.server.trusted_proxies.clone(),
        compat: config.server.compat,
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
