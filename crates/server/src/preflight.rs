//! Checks without side effects of whether a server would start: `config check` runs them, and `serve`
//! runs them before it makes keys and migrates tables.

use std::{io::ErrorKind, net::TcpListener};

use tokio::runtime::Handle;

use crate::{
    config::{Config, Database, ServerSettings},
    first_run,
    start_error::StartError,
    wire::Adapters,
    writable,
};

/// Checks everything that does not need the database, and returns what was made in doing so.
///
/// # Errors
///
/// [`StartError::Listen`] when this user cannot bind the address, those of [`first_run::look`],
/// [`StartError::Sqlite`] when the file of the database could not be made or written to, and those of
/// [`Adapters::make`].
pub(crate) fn run(config: &Config, runtime: &Handle) -> Result<Adapters, StartError> {
    try_address(&config.server)?;
    first_run::look(config)?;
    check_writable(&config.database)?;
    Adapters::make(config, runtime)
}

/// Ports below this one are privileged.
const FIRST_FREE_FOR_ALL: u16 = 1024;

/// Whether this machine has the address and this user may bind it. A port in use is no problem: a
/// server may be running there while the operator checks its next configuration.
fn try_address(server: &ServerSettings) -> Result<(), StartError> {
    // Another port, so that a server that is starting at the same time is not blocked.
    let port = if server.port < FIRST_FREE_FOR_ALL {
        server.port
    } else {
        0
    };
    match TcpListener::bind((server.host.as_str(), port)) {
        Err(error) if error.kind() != ErrorKind::AddrInUse => {
            Err(StartError::listen(server, error))
        }
        Ok(_) | Err(_) => Ok(()),
    }
}

/// An SQLite database is of use only where its file can be written.
fn check_writable(database: &Database) -> Result<(), StartError> {
    match database {
        Database::Sqlite(sqlite) => writable::check_file(&sqlite.path)
            .map_err(|source| StartError::sqlite(&sqlite.path, source)),
        Database::Postgres(_) => Ok(()),
    }
}
