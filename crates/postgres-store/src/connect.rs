//! Opens connections, each on the runtime that will outlive it.
//!
//! A connection of tokio-postgres is driven by a task. diesel-async spawns it on the runtime
//! of whoever connects, and in a web server that is a worker's single-threaded runtime,
//! which may end before the connection does. [`connect`] therefore does everything on the
//! runtime it is given.

use std::{error::Error, fmt::Write, io};

use diesel::{ConnectionError, ConnectionResult};
use diesel_async::AsyncPgConnection;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpStream, UnixStream},
    runtime::Handle,
};
use tokio_postgres::{
    Config, NoTls,
    config::{Host, SslMode, SslNegotiation},
    tls::{MakeTlsConnect, TlsConnect},
};

use crate::{
    pooler::Unnamed,
    tls::{Attempt, Tls},
    url::{PostgresUrl, Server},
};

/// What a client sends first to ask for TLS: its own length and a code (§55.7).
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];

/// Connects to the first server of `url` that lets us in.
///
/// The connection and the task that drives it live on `runtime`. Each server is given the
/// URL's `connect_timeout`, name look-up and authentication included.
///
/// # Errors
///
/// [`ConnectionError::BadConnection`] with what each attempt met; never with a password.
pub async fn connect(url: &PostgresUrl, runtime: &Handle) -> ConnectionResult<AsyncPgConnection> {
    let url = url.clone();
    runtime
        .spawn(async move { try_servers(&url).await })
        .await
        .map_err(|error| ConnectionError::BadConnection(error.to_string()))?
}

async fn try_servers(url: &PostgresUrl) -> ConnectionResult<AsyncPgConnection> {
    let mut failures = Vec::new();
    for server in url.servers() {
        match in_time(url, &server).await {
            Ok(connection) => return Ok(connection),
            Err(failure) => failures.push(format!("{server}: {failure}")),
        }
    }
    Err(ConnectionError::BadConnection(failures.join("; ")))
}

async fn in_time(url: &PostgresUrl, server: &Server) -> Result<AsyncPgConnection, String> {
    let limit = url.connect_timeout();
    #[expect(
        clippy::disallowed_methods,
        reason = "there is no unit of work yet that could be cut in the middle"
    )]
    let connected = tokio::time::timeout(limit, try_attempts(url, server)).await;
    connected.unwrap_or_else(|_| Err(format!("no answer within {} s", limit.as_secs())))
}

async fn try_attempts(url: &PostgresUrl, server: &Server) -> Result<AsyncPgConnection, String> {
    let attempts = match server.host {
        // There is no TLS on a socket; libpq ignores `sslmode` there.
        Host::Unix(_) => &[Attempt::Plain],
        Host::Tcp(_) => url.tls().mode.attempts(),
    };
    let mut failures = Vec::new();
    for attempt in attempts {
        let connected = if url.transaction_pooler() {
            through_pooler(url, server, *attempt).await
        } else {
            directly(url, server, *attempt).await
        };
        match connected {
            Ok(connection) => return Ok(connection),
            Err(error) => failures.push(with_sources(&*error)),
        }
    }
    // Mostly both attempts meet the same obstacle.
    failures.dedup();
    Err(failures.join("; "))
}

type Failure = Box<dyn Error + Send + Sync>;

async fn directly(
    url: &PostgresUrl,
    server: &Server,
    attempt: Attempt,
) -> Result<AsyncPgConnection, Failure> {
    let tls = url.tls();
    let mut config = url.session().clone();
    match &server.host {
        Host::Tcp(host) => config.host(host),
        Host::Unix(folder) => config.host_path(folder),
    };
    config.port(server.port);
    if let Some(address) = server.address {
        config.hostaddr(address);
    }
    config.ssl_mode(match attempt {
        Attempt::Plain => SslMode::Disable,
        Attempt::EncryptedIfOffered => SslMode::Prefer,
        Attempt::Encrypted => SslMode::Require,
    });
    if tls.direct {
        config.ssl_negotiation(SslNegotiation::Direct);
    }
    let (client, connection) = config.connect(tls.connector.clone()).await?;
    Ok(AsyncPgConnection::try_from_client_and_connection(client, connection).await?)
}

/// Connects below [`Unnamed`]. tokio-postgres leaves no room for it between TLS and its own
/// part of the protocol, so TLS is agreed on here.
async fn through_pooler(
    url: &PostgresUrl,
    server: &Server,
    attempt: Attempt,
) -> Result<AsyncPgConnection, Failure> {
    let stream = match &server.host {
        Host::Unix(folder) => {
            let socket = folder.join(format!(".s.PGSQL.{}", server.port));
            boxed(UnixStream::connect(socket).await?)
        }
        Host::Tcp(host) => {
            let address = server.address.map(|address| address.to_string());
            let address = address.as_deref().unwrap_or(host);
            let stream = TcpStream::connect((address, server.port)).await?;
            stream.set_nodelay(true)?;
            secure(boxed(stream), url.tls(), host, attempt).await?
        }
    };
    start_session(url.session(), Unnamed::new(stream)).await
}

async fn start_session<S>(config: &Config, stream: S) -> Result<AsyncPgConnection, Failure>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let mut config = config.clone();
    config.ssl_mode(SslMode::Disable);
    let (client, connection) = config.connect_raw(stream, NoTls).await?;
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            // Whoever uses the connection only learns that it is closed.
            tracing::debug!(error = %with_sources(&error), "the connection to the pooler broke");
        }
    });
    Ok(AsyncPgConnection::try_from(client).await?)
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

fn boxed(stream: impl Stream + 'static) -> Box<dyn Stream> {
    Box::new(stream)
}

async fn secure(
    mut stream: Box<dyn Stream>,
    tls: &Tls,
    host: &str,
    attempt: Attempt,
) -> Result<Box<dyn Stream>, Failure> {
    if attempt == Attempt::Plain {
        return Ok(stream);
    }
    if !tls.direct {
        stream.write_all(&SSL_REQUEST).await?;
        stream.flush().await?;
        match (stream.read_u8().await?, attempt) {
            (b'S', _) => {}
            (b'N', Attempt::EncryptedIfOffered) => return Ok(stream),
            _ => return Err(io::Error::other("server does not support TLS").into()),
        }
    }
    let mut connector = tls.connector.clone();
    let handshake = MakeTlsConnect::<Box<dyn Stream>>::make_tls_connect(&mut connector, host)?;
    Ok(boxed(handshake.connect(stream).await?))
}

/// The whole story of an error on one line.
fn with_sources(error: &(dyn Error + 'static)) -> String {
    let mut story = error.to_string();
    let mut cause = error.source();
    while let Some(source) = cause {
        // Some errors repeat their source in their own words.
        let source_text = source.to_string();
        if !story.ends_with(&source_text) {
            // Writing to a string cannot fail.
            let _: Result<(), std::fmt::Error> = write!(story, ": {source_text}");
        }
        cause = source.source();
    }
    story
}

#[cfg(test)]
mod tests;
