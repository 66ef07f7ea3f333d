//! Rate limits that several servers count together in [Redis](https://redis.io) 5 or newer, or
//! [Valkey](https://valkey.io).
//!
//! Each call is one script, and so atomic in Redis and one round trip for this server. Keys expire
//! by themselves; Redis' `maxmemory` bounds how much memory they may take meanwhile.

mod url;

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use auth_domain::{
    error::Cause,
    limits::{CounterKey, RateLimit, Verdict},
    ports::{Clock, CounterError, SharedCounter},
};
use redis::{AsyncConnectionConfig, Client, RedisError, Script, aio::MultiplexedConnection};
use rustls::crypto::ring;
use tokio::runtime::Handle;

pub use url::{InvalidRedisUrl, RedisUrl};

/// The timeout of a response: every request waits for it.
const RESPONSE_TIMEOUT: Duration = Duration::from_millis(250);

/// The timeout of a connection, which only the first request after an outage waits for.
const CONNECTION_TIMEOUT: Duration = Duration::from_millis(500);

/// Counts in Redis.
pub struct RedisCounter {
    client: Client,
    prefix: String,
    script: Script,
    runtime: Handle,
    connection: Mutex<Option<MultiplexedConnection>>,
    clock: Option<Arc<dyn Clock>>,
}

impl RedisCounter {
    /// Counts at `url`, under keys that begin with `prefix`. Connections are made on `runtime` when
    /// they are needed.
    ///
    /// # Errors
    ///
    /// [`InvalidRedisUrl`].
    pub fn new(
        url: &RedisUrl,
        prefix: impl Into<String>,
        runtime: Handle,
    ) -> Result<Self, InvalidRedisUrl> {
        name_the_provider();
        Ok(Self {
            client: url.client()?,
            prefix: prefix.into(),
            script: Script::new(include_str!("counter.lua")),
            runtime,
            connection: Mutex::new(None),
            clock: None,
        })
    }

    /// Counts by `clock` instead of the server's own, for tests. Servers that count together need
    /// one clock.
    #[must_use]
    pub fn with_clock(self, clock: Arc<dyn Clock>) -> Self {
        Self {
            clock: Some(clock),
            ..self
        }
    }

    /// Connects, unless a connection is kept.
    ///
    /// # Errors
    ///
    /// [`CounterError`] when Redis cannot be reached or refuses the login.
    pub async fn try_to_connect(&self) -> Result<(), CounterError> {
        self.connection().await.map(drop).map_err(CounterError)
    }

    async fn ask(
        &self,
        what: &str,
        key: &CounterKey,
        limit: RateLimit,
    ) -> Result<u64, CounterError> {
        let answer = self.try_to_ask(what, key, limit).await;
        answer.map_err(|cause| {
            // After any error a fresh connection is better.
            self.keep(None);
            CounterError(cause)
        })
    }

    async fn try_to_ask(
        &self,
        what: &str,
        key: &CounterKey,
        limit: RateLimit,
    ) -> Result<u64, Cause> {
        let now = self.clock.as_ref().map(|it| it.now().timestamp_millis());
        let mut call = self.script.prepare_invoke();
        call.key(format!("{}{}", self.prefix, key.as_str()))
            .arg(what)
            .arg(limit.window_millis())
            .arg(limit.burst())
            .arg(now.map_or_else(String::new, |it| it.to_string()));
        let mut connection = self.connection().await?;
        Ok(call.invoke_async(&mut connection).await?)
    }

    async fn connection(&self) -> Result<MultiplexedConnection, Cause> {
        if let Some(connection) = self.kept() {
            return Ok(connection);
        }
        let client = self.client.clone();
        // A connection is driven by the runtime that made it, and must outlive the request that
        // needed it first.
        let connecting = self.runtime.spawn(async move { connect(&client).await });
        let connection = connecting.await??;
        self.keep(Some(connection.clone()));
        Ok(connection)
    }

    fn kept(&self) -> Option<MultiplexedConnection> {
        self.connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn keep(&self, connection: Option<MultiplexedConnection>) {
        *self
            .connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = connection;
    }
}

/// Installs the process's TLS provider: the client panics where there is none.
fn name_the_provider() {
    // Fails if one was installed before, which is as good.
    let _already_named = ring::default_provider().install_default();
}

async fn connect(client: &Client) -> Result<MultiplexedConnection, RedisError> {
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(CONNECTION_TIMEOUT))
        .set_response_timeout(Some(RESPONSE_TIMEOUT));
    client
        .get_multiplexed_async_connection_with_config(&config)
        .await
}

#[async_trait]
impl SharedCounter for RedisCounter {
    async fn count(&self, key: &CounterKey, limit: RateLimit) -> Result<Verdict, CounterError> {
        Ok(match self.ask("count", key, limit).await? {
            0 => Verdict::Allowed,
            millis => Verdict::TooMany {
                retry_after: Duration::from_millis(millis),
            },
        })
    }

    async fn take_back(&self, key: &CounterKey, limit: RateLimit) -> Result<(), CounterError> {
        self.ask("take_back", key, limit).await.map(drop)
    }

    async fn knows(&self, key: &CounterKey, limit: RateLimit) -> Result<bool, CounterError> {
        Ok(self.ask("knows", key, limit).await? == 1)
    }
}
