//! Retries until a database that is not up yet can be reached.
//!
//! Containers start everything at once, and PostgreSQL takes longer than this server. A database that
//! answers and refuses the connection is an error at once: no retry helps.

use std::{
    io,
    net::TcpListener,
    time::{Duration, Instant},
};

use actix_web::{HttpServer, dev::ServerHandle, http::KeepAlive};
use postgres_store::{PostgresUrl, Unreachable, reach};
use tokio::{runtime::Handle, task::JoinHandle};

use crate::{
    config::{Config, Database, PostgresDatabase},
    start_error::StartError,
};

/// The pause between two attempts.
const BETWEEN_ATTEMPTS: Duration = Duration::from_millis(500);

/// Returns when the database can be reached. Until then clients of `listener` are answered that the
/// process is alive but not ready.
///
/// # Errors
///
/// [`StartError::Postgres`] when the database refuses the connection, or does not answer within the
/// configured time; [`StartError::Listen`].
pub(crate) async fn reached(config: &Config, listener: &TcpListener) -> Result<(), StartError> {
    let Database::Postgres(database) = &config.database else {
        return Ok(());
    };
    let since = Instant::now();
    let Some(away) = attempt(database).await? else {
        return Ok(());
    };
    if database.startup_timeout.is_zero() {
        return Err(away);
    }
    let limit = database.startup_timeout;
    let not_served = |source| StartError::listen(&config.server, source);
    let room = WaitingRoom::open(config, listener).map_err(not_served)?;
    let address = listener.local_addr().map_err(not_served)?;
    tracing::warn!(
        error = away.report(),
        ?limit,
        serving = %format_args!("http://{address}"),
        "waiting for the database"
    );
    let outcome = attempts(database, since + limit).await;
    room.close().await;
    outcome?;
    tracing::info!(waited = ?since.elapsed(), "the database answers");
    Ok(())
}

async fn attempts(database: &PostgresDatabase, until: Instant) -> Result<(), StartError> {
    loop {
        pause().await;
        match attempt(database).await? {
            None => return Ok(()),
            Some(away) if Instant::now() >= until => return Err(away),
            Some(_) => {}
        }
    }
}

/// `Some` when the database cannot be reached, an error when it refuses the connection.
async fn attempt(database: &PostgresDatabase) -> Result<Option<StartError>, StartError> {
    for url in urls(database) {
        let error = |source| StartError::postgres(url, source);
        match reach(url, &Handle::current()).await {
            Ok(()) => {}
            Err(away @ Unreachable::Away(_)) => return Ok(Some(error(away))),
            Err(refused @ Unreachable::Refused(_)) => return Err(error(refused)),
        }
    }
    Ok(None)
}

/// Both accounts: their hosts may differ, such as a pooler and the server behind it.
fn urls(database: &PostgresDatabase) -> [&PostgresUrl; 2] {
    [&database.store.url, &database.migrations_url]
}

#[expect(
    clippy::disallowed_methods,
    reason = "a server elsewhere does not tell when it has come up"
)]
async fn pause() {
    tokio::time::sleep(BETWEEN_ATTEMPTS).await;
}

/// The interim HTTP server, on the socket of the real one.
struct WaitingRoom {
    control: ServerHandle,
    serving: JoinHandle<io::Result<()>>,
}

impl WaitingRoom {
    fn open(config: &Config, listener: &TcpListener) -> io::Result<Self> {
        let prefix = config.api.prefix.clone();
        let server = HttpServer::new(move || http_api::waiting_app(&prefix))
            .workers(1)
            .disable_signals()
            // No keep-alive: the connection would be cut when the real server takes over.
            .keep_alive(KeepAlive::Disabled)
            .shutdown_timeout(1)
            .listen(listener.try_clone()?)?
            .run();
        Ok(Self {
            control: server.handle(),
            serving: tokio::spawn(server),
        })
    }

    /// Answers requests that have arrived; later ones wait for the real server.
    async fn close(self) {
        self.control.stop(true).await;
        if let Err(error) = self.serving.await.map_err(io::Error::from).flatten() {
            tracing::warn!(%error, "the server for the time being ended badly");
        }
    }
}
