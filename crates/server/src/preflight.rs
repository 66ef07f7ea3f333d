//! What shows whether a server would start before the first byte is written: `config check` does it,
//! and `serve` does it before it makes keys and changes tables.

use std::{io::ErrorKind, net::TcpListener};

use tokio::runtime::Handle;

use crate::{
    config::{Config, Database, ServerSettings},
    first_run,
    start_error::StartError,
    wire::Adapters,
    writable,
};

/// Looks at everything that does not need the database, and returns what was made of it.
///
/// # Errors
///
/// [`StartError::Listen`] when the address cannot be had by this user, those of [`first_run::look`],
/// [`StartError::Sqlite`] when the file of the database could not be made or written to, and those of
/// [`Adapters::make`].
pub(crate) fn run(config: &Config, runtime: &Handle) -> Result<Adapters, StartError> {
    try_address(&config.server)?;
    first_run::look(config)?;
    check_writable(&config.database)?;
    Adapters::make(config, runtime)
}

/// Ports below this one are for users who may have them.
const FIRST_FREE_FOR_ALL: u16 = 1024;

/// Whether this machine has the address, and this user may listen there. That the port is free is not
/// looked at: a server may be running there while an operator checks its next configuration.
fn try_address(server: &ServerSettings) -> Result<(), StartError> {
    // Another port does not get in the way of a server that is starting meanwhile.
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

/// A database in a file is of use only where that can be written.
fn check_writable(database: &Database) -> Result<(), StartError> {
    match database {
        Database::Sqlite(sqlite) => writable::check_file(&sqlite.path)
            .map_err(|source| StartError::sqlite(&sqlite.path, source)),
        Database::Postgres(_) => Ok(()),
    }
}
