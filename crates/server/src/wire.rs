//! Dependency injection: the one place that knows which adapter implements which port.

pub(crate) mod messaging;
mod providers;

use std::{num::NonZeroUsize, sync::Arc, thread};

use auth_crypto::{BcryptHasher, JoseSigner};
use auth_domain::{
    limits::{AccountLimits, Limiter, NamingKey},
    policy::PolicyKeys,
    ports::{
        BotCheck, BreachedPasswords, Clock, CodeDelivery, CustomClaimSource, PasswordHasher,
        SecretCipher, Store, TokenSigner, WebAuthn,
    },
    services::{
        AuthenticatorApps, CleanUpService, Dependencies, EnumerationProtection,
        MessageDeliveryService, MessageQueueService, Ports, Providers, Services,
    },
    system::{RandomIds, SystemClock},
};
use egress::Egress;
use hasura::HasuraClaims;
use hibp::Hibp;
use http_api::{AppState, OutboxKey};
use postgres_store::PostgresStore;
use redis_counter::RedisCounter;
use sqlite_store::SqliteStore;
use tokio::runtime::Handle;
use totp::{OathVerifier, PngQrRenderer};
use turnstile::Turnstile;
use webauthn::CoreWebAuthn;

use self::messaging::Messaging;
use crate::{
    background::TokioBackground,
    clean_up::CleanUp,
    config::{Config, Database},
    delay::TokioDelay,
    first_run::{self, KeyFiles},
    message_worker::MessageWorker,
    start_error::StartError,
};

/// Adapters made from a configuration alone: without a database, and without writing anything.
pub(crate) struct Adapters {
    egress: Egress,
    messaging: Messaging,
    limiter: Limiter,
    hasher: Arc<dyn PasswordHasher>,
    bot_check: Option<Arc<dyn BotCheck>>,
    providers: Providers,
}

impl Adapters {
    /// Makes them. Reads files.
    ///
    /// # Errors
    ///
    /// [`StartError::Egress`] when the HTTP client cannot be made, [`StartError::PasswordHasher`] when
    /// passwords cannot be hashed, [`StartError::Redis`] when its settings are wrong,
    /// [`StartError::WebAuthn`], those of [`messaging::transport`].
    pub(crate) fn make(config: &Config, runtime: &Handle) -> Result<Self, StartError> {
        let egress = egress(config)?;
        let messaging = Messaging::new(config, &egress, runtime)?;
        let hasher = BcryptHasher::new(config.bcrypt_cost, cores());
        let adapters = Self {
            limiter: limiter(config, runtime)?,
            hasher: Arc::new(hasher.map_err(StartError::PasswordHasher)?),
            bot_check: bot_check(config, &egress),
            providers: providers::providers(config, &egress),
            egress,
            messaging,
        };
        adapters.try_what_changes(config)?;
        Ok(adapters)
    }

    /// Checks at the start what a change of settings makes again.
    fn try_what_changes(&self, config: &Config) -> Result<(), StartError> {
        claim_source(config)?;
        web_authn(config)?;
        if let Some(sms) = &config.sms {
            self.messaging.code_delivery(sms, config, &self.egress)?;
        }
        Ok(())
    }
}

/// The parts that outlive a change of settings: connections, counters, caches, and the keys.
pub(crate) struct SharedState {
    /// Background tasks, which may go on after the last request was answered.
    pub(crate) background: TokioBackground,
    started_with: Config,
    runtime: Handle,
    adapters: Adapters,
    store: Arc<dyn Store>,
    signer: Arc<dyn TokenSigner>,
    secrets: Arc<dyn SecretCipher>,
    keys: PolicyKeys,
    account_limits: Option<AccountLimits>,
    outbox_key: OutboxKey,
}

impl SharedState {
    /// Builds the shared state of this configuration with its adapters, on a store that answers.
    ///
    /// # Errors
    ///
    /// [`StartError::Sqlite`] or [`StartError::Postgres`] when the store does not answer.
    pub(crate) async fn build(
        config: &Config,
        adapters: Adapters,
        key_files: KeyFiles,
        runtime: &Handle,
    ) -> Result<Self, StartError> {
        adapters.limiter.probe().await;
        let store = store(&config.database, runtime).await?;
        let answered = store.ping().await;
        answered.map_err(|source| StartError::database(&config.database, source))?;
        Ok(Self {
            background: TokioBackground::new(runtime.clone()),
            started_with: config.clone(),
            runtime: runtime.clone(),
            store,
            secrets: Arc::new(key_files.encryption.secret_cipher()),
            keys: policy_keys(&key_files),
            account_limits: account_limits(config, &key_files, &adapters.limiter),
            adapters,
            outbox_key: key_files.outbox_key,
            signer: Arc::new(JoseSigner::new(key_files.jwt_secret, &RandomIds)),
        })
    }

    /// The dependencies of a server with this configuration. Reads files.
    ///
    /// # Errors
    ///
    /// [`StartError::Egress`], [`StartError::WebAuthn`], [`StartError::Templates`].
    pub(crate) fn dependencies(&self, config: &Config) -> Result<Dependencies, StartError> {
        let ports = Ports {
            store: Arc::clone(&self.store),
            hasher: Arc::clone(&self.adapters.hasher),
            signer: Arc::clone(&self.signer),
            mailer: Arc::clone(&self.adapters.messaging.mailer),
            secrets: Arc::clone(&self.secrets),
        };
        let mut dependencies = Dependencies::new(ports, config.policy(self.keys.clone()));
        dependencies.breached_passwords = breached_passwords(config, &self.adapters.egress);
        dependencies.custom_claims = custom_claims(config, &self.runtime)?;
        dependencies.enumeration_protection = enumeration_protection(config, &self.background);
        dependencies.limits.clone_from(&self.account_limits);
        dependencies.sms = self.sms(config)?;
        dependencies.authenticator_apps = Some(AuthenticatorApps {
            totp: Arc::new(OathVerifier),
            qr: Arc::new(PngQrRenderer),
        });
        dependencies.web_authn = web_authn(config)?;
        dependencies.providers = self.adapters.providers.clone();
        Ok(dependencies)
    }

    /// The state of a server with this configuration, over these services.
    pub(crate) fn state(&self, services: Services, config: &Config) -> AppState {
        let state = AppState::new(services, config.api.clone(), self.runtime.clone());
        let state = match &self.started_with.limits {
            Some(limits) => {
                let limiter = self.adapters.limiter.clone();
                state.with_request_limits(limiter, limits.requests.clone())
            }
            None => state,
        };
        let state = match &self.adapters.bot_check {
            Some(check) => state.with_person_check(Arc::clone(check)),
            None => state,
        };
        match self.adapters.messaging.shown_outbox(config) {
            Some(outbox) => state.with_outbox(outbox, self.outbox_key.clone()),
            None => state,
        }
    }

    /// Starts the clean-up task, which removes expired rows.
    pub(crate) fn clean_up(&self) -> Option<CleanUp> {
        let config = &self.started_with;
        let settings = config.clean_up?;
        let policy = config.policy(self.keys.clone());
        let service = CleanUpService::new(Arc::clone(&self.store), Arc::new(SystemClock), &policy);
        Some(CleanUp::begin(service, settings))
    }

    /// Starts the task that sends queued messages.
    ///
    /// # Errors
    ///
    /// [`StartError::Templates`].
    pub(crate) fn message_worker(&self) -> Result<MessageWorker, StartError> {
        let queue = MessageQueueService::new(
            Arc::clone(&self.store),
            Arc::clone(&self.secrets),
            Arc::new(SystemClock),
        );
        let sms = self.sms(&self.started_with)?;
        let mailer = Arc::clone(&self.adapters.messaging.mailer);
        let service = MessageDeliveryService::new(queue, mailer, sms.as_ref());
        Ok(MessageWorker::begin(service, self.background.clone()))
    }

    /// A change of settings replaces the SMS provider; the texts stay those of the start.
    fn sms(&self, config: &Config) -> Result<Option<CodeDelivery>, StartError> {
        let Adapters {
            messaging, egress, ..
        } = &self.adapters;
        let deliver = |sms| messaging.code_delivery(sms, &self.started_with, egress);
        config.sms.as_ref().map(deliver).transpose()
    }
}

/// Recovery codes outlive signing keys, so theirs are derived from the encryption keys.
fn policy_keys(key_files: &KeyFiles) -> PolicyKeys {
    let mut keys = PolicyKeys::derive(key_files.jwt_secret.successor_secret());
    keys.recovery = key_files.encryption.recovery_keys();
    keys
}

/// The HTTP client for requests to other servers, guarded against SSRF.
///
/// # Errors
///
/// [`StartError::Egress`].
pub(crate) fn egress(config: &Config) -> Result<Egress, StartError> {
    Egress::new(config.egress.clone()).map_err(StartError::Egress)
}

fn bot_check(config: &Config, egress: &Egress) -> Option<Arc<dyn BotCheck>> {
    let service = config.bot_check.clone()?;
    let turnstile = Turnstile::new(egress.clone(), service.url, service.secret);
    Some(Arc::new(turnstile))
}

fn limiter(config: &Config, runtime: &Handle) -> Result<Limiter, StartError> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    Ok(match redis(config, runtime)? {
        Some(counter) => Limiter::sharing(clock, Arc::new(counter)),
        None => Limiter::new(clock),
    })
}

/// The shared store of counters, if there is one.
///
/// # Errors
///
/// [`StartError::Redis`].
pub(crate) fn redis(config: &Config, runtime: &Handle) -> Result<Option<RedisCounter>, StartError> {
    let Some(redis) = config.limits.as_ref().and_then(|it| it.redis.clone()) else {
        return Ok(None);
    };
    let counter = RedisCounter::new(&redis.url, redis.prefix, runtime.clone());
    counter.map(Some).map_err(StartError::Redis)
}

fn account_limits(
    config: &Config,
    key_files: &KeyFiles,
    limiter: &Limiter,
) -> Option<AccountLimits> {
    let limits = config.limits.as_ref()?;
    let naming = NamingKey::derive(key_files.jwt_secret.successor_secret());
    Some(AccountLimits::new(
        limiter.clone(),
        naming,
        limits.wrong_attempts,
        limits.mails,
    ))
}

fn enumeration_protection(
    config: &Config,
    background: &TokioBackground,
) -> Option<EnumerationProtection> {
    let conceals = config.api.conceal_errors;
    conceals.then(|| EnumerationProtection {
        background: Arc::new(background.clone()),
        delay: Arc::new(TokioDelay),
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

/// Hasura has egress rules of its own (SSRF): what they allow is allowed for nothing else.
///
/// A refused query is logged in the background: Hasura may start after this server.
fn custom_claims(
    config: &Config,
    runtime: &Handle,
) -> Result<Option<Arc<dyn CustomClaimSource>>, StartError> {
    let Some(source) = claim_source(config)? else {
        return Ok(None);
    };
    let checked = Arc::clone(&source);
    drop(runtime.spawn(async move { checked.check().await }));
    Ok(Some(source))
}

/// Hasura as a source of custom claims, if there are any.
///
/// # Errors
///
/// [`StartError::Egress`].
pub(crate) fn claim_source(config: &Config) -> Result<Option<Arc<HasuraClaims>>, StartError> {
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

/// The message queue of this configuration, for commands beside a server.
///
/// # Errors
///
/// [`StartError::Sqlite`], [`StartError::Postgres`], or what is wrong with the keys.
pub(crate) async fn message_queue(
    config: &Config,
    runtime: &Handle,
) -> Result<MessageQueueService, StartError> {
    let key_files = first_run::prepare(config, &RandomIds)?;
    let store = store(&config.database, runtime).await?;
    let secrets = Arc::new(key_files.encryption.secret_cipher());
    Ok(MessageQueueService::new(
        store,
        secrets,
        Arc::new(SystemClock),
    ))
}

async fn store(database: &Database, runtime: &Handle) -> Result<Arc<dyn Store>, StartError> {
    let failed = |source| StartError::database(database, source);
    let runtime = runtime.clone();
    Ok(match database {
        Database::Sqlite(settings) => {
            let opened = SqliteStore::open(settings.clone(), runtime).await;
            Arc::new(opened.map_err(failed)?)
        }
        Database::Postgres(postgres) => {
            let connected = PostgresStore::connect(postgres.store.clone(), runtime).await;
            Arc::new(connected.map_err(failed)?)
        }
    })
}

/// How many passwords are hashed at once.
fn cores() -> usize {
    thread::available_parallelism().map_or(1, NonZeroUsize::get)
}
