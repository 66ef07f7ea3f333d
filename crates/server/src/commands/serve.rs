//! `hasura-auth serve`: serves the API until it is told to stop.

use std::{
    io,
    net::{SocketAddr, TcpListener},
    pin::pin,
    sync::Arc,
};

use actix_web::{HttpServer, dev::Server, web::Data};
use auth_domain::system::RandomIds;
use http_api::{AppState, LiveState};
use settings::Settings;
use tokio::{runtime::Handle, task::JoinHandle};

use crate::{
    awaited_database, banner,
    config::{Config, ServerSettings},
    first_run, index_build,
    live_settings::LiveSettings,
    logging, preflight, signals,
    start_error::StartError,
    wire::SharedState,
};

/// Serves until Ctrl-C or SIGTERM. `config` was read from `settings`.
///
/// # Errors
///
/// What kept the server from starting.
pub(crate) async fn run(config: Config, settings: Settings) -> Result<(), StartError> {
    logging::start(&config)?;
    for warning in &config.warnings {
        tracing::warn!("{warning}");
    }
    let runtime = Handle::current();
    let adapters = preflight::run(&config, &runtime)?;
    let (listener, address) = listen(&config.server)?;
    let key_files = first_run::prepare(&config, &RandomIds)?;
    let mut shutdown_requested = pin!(signals::shutdown_requested());
    tokio::select! {
        reached = awaited_database::reached(&config, &listener) => reached?,
        () = &mut shutdown_requested => return Ok(()),
    }
    if config.migrate_on_start {
        for name in super::migrate::tables(&config.database).await? {
            tracing::info!(name, "a migration was applied");
        }
    } else {
        super::migrate::check(&config.database).await?;
    }
    let banner = banner::text(&config, &key_files, address);
    let shared = SharedState::build(&config, adapters, key_files, &runtime).await?;
    let shared = Arc::new(shared);
    let state = state(&shared, &config).await?;
    let live = config.api.change_env.then(|| {
        let shared = Arc::clone(&shared);
        Arc::new(LiveSettings::new(shared, settings, state.clone())) as Arc<dyn LiveState>
    });
    let server = http_server(state, live, listener, &config.server)
        .map_err(|source| StartError::listen(&config.server, source))?;
    let control = server.handle();
    let serving = tokio::spawn(server);
    banner::print(&banner);
    if config.migrate_on_start {
        index_build::begin(&config.database);
    }
    let clean_up = shared.clean_up();
    let message_worker = shared.message_worker()?;
    until_stopped(serving, shutdown_requested, || control.stop(true))
        .await
        .map_err(StartError::Serve)?;
    message_worker.stop().await;
    if let Some(clean_up) = clean_up {
        clean_up.stop().await;
    }
    shared
        .background
        .finish(config.server.shutdown_timeout)
        .await;
    Ok(())
}

async fn state(shared: &SharedState, config: &Config) -> Result<Data<AppState>, StartError> {
    let dependencies = shared.dependencies(config)?;
    let store = Arc::clone(&dependencies.store);
    match dependencies.open().await {
        Ok(services) => Ok(Data::new(shared.state(services, config))),
        // Without its tables a database fails at the first statement, with an unhelpful error.
        Err(source) => Err(match store.is_migrated().await {
            Ok(false) => StartError::NotMigrated(source.into()),
            Ok(true) | Err(_) => StartError::database(&config.database, source),
        }),
    }
}

/// Waits until `serving` was told to stop by `stop` and has ended, or has ended by itself, which
/// is an error.
async fn until_stopped<Stopping: Future<Output = ()>>(
    mut serving: JoinHandle<io::Result<()>>,
    shutdown_requested: impl Future<Output = ()>,
    stop: impl FnOnce() -> Stopping,
) -> io::Result<()> {
    tokio::select! {
        ended = &mut serving => {
            ended.map_err(io::Error::from).flatten()?;
            return Err(io::Error::other("nobody told it to"));
        }
        () = shutdown_requested => {}
    }
    tracing::info!("stopping: requests under way are answered first");
    stop().await;
    serving.await.map_err(io::Error::from).flatten()
}

fn http_server(
    state: Data<AppState>,
    live: Option<Arc<dyn LiveState>>,
    listener: TcpListener,
    settings: &ServerSettings,
) -> io::Result<Server> {
    let server = HttpServer::new(move || http_api::app(&state, live.as_ref()))
        // Signals end more than the HTTP server, and are waited for above.
        .disable_signals()
        .keep_alive(settings.keep_alive)
        .shutdown_timeout(settings.shutdown_timeout.as_secs())
        .listen(listener)?
        .run();
    Ok(server)
}

/// Binds the address to serve on, before any log line about serving.
fn listen(server: &ServerSettings) -> Result<(TcpListener, SocketAddr), StartError> {
    let listening = TcpListener::bind((server.host.as_str(), server.port)).and_then(|listener| {
        let address = listener.local_addr()?;
        Ok((listener, address))
    });
    listening.map_err(|source| StartError::listen(server, source))
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn a_server_that_ends_by_itself_is_an_error_without_any_signal() {
        for ends_with in [Ok(()), Err(io::Error::other("no more sockets"))] {
            let serving = tokio::spawn(ready(ends_with));

            let outcome = until_stopped(serving, pending(), pending).await;

            assert!(outcome.is_err());
        }
    }

    #[tokio::test]
    async fn a_server_that_panics_is_an_error_without_any_signal() {
        let serving = tokio::spawn(async { panic!("provoked by a test") });

        assert!(until_stopped(serving, pending(), pending).await.is_err());
    }

    #[tokio::test]
    async fn after_a_signal_the_server_is_stopped_and_its_end_waited_for() {
        let (stop, stopped) = oneshot::channel();
        let serving = tokio::spawn(async { stopped.await.map_err(io::Error::other) });

        let outcome = until_stopped(serving, ready(()), async || stop.send(()).unwrap()).await;

        outcome.unwrap();
    }
}
