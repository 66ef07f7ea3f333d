//! `hasura-auth serve`: serves the API until it is told to stop.

use std::{
    io,
    net::{SocketAddr, TcpListener},
};

use actix_web::{HttpServer, dev::Server, web::Data};
use auth_crypto::RandomIds;
use http_api::AppState;
use tokio::runtime::Handle;

use crate::{
    banner,
    config::{Config, ServerSettings},
    first_run, logging, signals,
    start_error::StartError,
    wire,
};

/// Serves until Ctrl-C or SIGTERM.
///
/// # Errors
///
/// What kept the server from starting.
pub(crate) async fn run(config: Config) -> Result<(), StartError> {
    logging::start(&config)?;
    for warning in &config.warnings {
        tracing::warn!("{warning}");
    }
    let premises = first_run::prepare(&config, &RandomIds)?;
    if config.migrate_on_start {
        for name in super::migrate::migrate(&config.database).await? {
            tracing::info!(name, "a migration was applied");
        }
    }
    let (listener, address) = listen(&config.server)?;
    let banner = banner::text(&config, &premises, address);
    let state = wire::state(&config, premises, &Handle::current()).await?;
    let server = http_server(Data::new(state), listener, &config.server)
        .map_err(|source| StartError::listen(&config.server, source))?;
    let control = server.handle();
    let serving = tokio::spawn(server);
    banner::print(&banner);
    signals::shutdown_requested().await;
    tracing::info!("stopping: requests under way are answered first");
    control.stop(true).await;
    serving
        .await
        .map_err(io::Error::from)
        .flatten()
        .map_err(StartError::Serve)
}

fn http_server(
    state: Data<AppState>,
    listener: TcpListener,
    settings: &ServerSettings,
) -> io::Result<Server> {
    let server = HttpServer::new(move || http_api::app(&state))
        // Signals end more than the HTTP server, and are waited for above.
        .disable_signals()
        .shutdown_timeout(settings.shutdown_timeout.as_secs())
        .listen(listener)?
        .run();
    Ok(server)
}

/// Takes the address to serve on, before anything is said about serving.
fn listen(server: &ServerSettings) -> Result<(TcpListener, SocketAddr), StartError> {
    let listening = TcpListener::bind((server.host.as_str(), server.port)).and_then(|listener| {
        let address = listener.local_addr()?;
        Ok((listener, address))
    });
    listening.map_err(|source| StartError::listen(server, source))
}
