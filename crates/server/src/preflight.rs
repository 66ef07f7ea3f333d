//! What shows whether a server would start before the first byte is written: `config check` does it,
//! and `serve` does it before it makes keys and changes tables.

use std::net::ToSocketAddrs;

use tokio::runtime::Handle;

use crate::{
    config::{Config, ServerSettings},
    first_run,
    start_error::StartError,
    wire::Adapters,
};

/// Looks at everything that does not need the database, and returns what was made of it.
///
/// # Errors
///
/// [`StartError::Listen`] when the host has no address, those of [`first_run::look`] about keys that
/// are there, and those of [`Adapters::make`].
pub(crate) fn run(config: &Config, runtime: &Handle) -> Result<Adapters, StartError> {
    resolve(&config.server)?;
    first_run::look(config)?;
    Adapters::make(config, runtime)
}

/// Whether there is an address to listen on. That it is free is not looked at: a server may be running
/// there while an operator checks its next configuration.
fn resolve(server: &ServerSettings) -> Result<(), StartError> {
    let addresses = (server.host.as_str(), server.port).to_socket_addrs();
    addresses
        .map(drop)
        .map_err(|source| StartError::listen(server, source))
}
