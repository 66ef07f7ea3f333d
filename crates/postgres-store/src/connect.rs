//! Opens connections, each on the runtime that will outlive it.
//!
//! A connection of tokio-postgres is driven by a task. diesel-async spawns it on the runtime of the
//! caller, and in a web server that is a worker's single-threaded runtime, which may end before the
//! connection does. [`connect`] therefore does everything on the runtime it is given.

use std::{
    convert::Infallible,
    error::Error,
    fmt::Write,
    future::{Ready, ready},
    io,
    time::Duration,
};

use diesel::{ConnectionError, ConnectionResult};
use diesel_async::AsyncPgConnection;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpStream, UnixStream},
    runtime::Handle,
};
use tokio_postgres::{
    Client, SimpleQueryMessage,
    config::{Host, SslMode, SslNegotiation, TargetSessionAttrs},
    tls::{ChannelBinding, MakeTlsConnect, TlsConnect, TlsStream},
};

use crate::{
    announced::{Announced, Process},
    pooler::Unnamed,
    silence::Impatient,
    tls::{Attempt, Tls},
    url::{PostgresUrl, Server},
};

/// What a client sends first to ask for TLS: its own length and a code (§55.7).
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];

/// Connects to the first server of `url` that lets us in.
///
/// The connection and the task that drives it live on `runtime`. Each server is given the URL's
/// `connect_timeout`, name look-up and authentication included. Statements have no timeout.
///
/// # Errors
///
/// [`ConnectionError::BadConnection`] with what each attempt met; never with a password.
pub async fn connect(url: &PostgresUrl, runtime: &Handle) -> ConnectionResult<AsyncPgConnection> {
    connected(url, runtime, None)
        .await
        .map_err(ConnectionError::from)
}

/// The same with a timeout: closes the connection once an answer takes longer than `patience`.
pub(crate) async fn connect_impatiently(
    url: &PostgresUrl,
    runtime: &Handle,
    patience: Duration,
) -> ConnectionResult<AsyncPgConnection> {
    connected(url, runtime, Some(patience))
        .await
        .map_err(ConnectionError::from)
}

/// Finds out whether a server of `url` lets us in.
///
/// # Errors
///
/// [`Unreachable`], which says whether asking again may help.
pub async fn reach(url: &PostgresUrl, runtime: &Handle) -> Result<(), Unreachable> {
    connected(url, runtime, None).await.map(drop)
}

/// Why no connection came about. Never shows a password.
#[derive(Debug, thiserror::Error)]
pub enum Unreachable {
    /// No server answers, or one that is not ready yet; a later attempt may succeed.
    #[error("{0}")]
    Away(String),
    /// The server refuses this user (SQLSTATE class 28), has no such database (3D000) or none of
    /// the settings that the URL asks for (classes 22 and 42), or cannot speak TLS as required.
    #[error("{0}")]
    Refused(String),
}

impl From<Unreachable> for ConnectionError {
    fn from(error: Unreachable) -> Self {
        Self::BadConnection(error.to_string())
    }
}

async fn connected(
    url: &PostgresUrl,
    runtime: &Handle,
    patience: Option<Duration>,
) -> Result<AsyncPgConnection, Unreachable> {
    let url = url.clone();
    runtime
        .spawn(async move { try_servers(&url, patience).await })
        .await
        .unwrap_or_else(|error| Err(Unreachable::Away(error.to_string())))
}

async fn try_servers(
    url: &PostgresUrl,
    patience: Option<Duration>,
) -> Result<AsyncPgConnection, Unreachable> {
    let mut failures = Failures::default();
    for server in url.servers() {
        match in_time(url, &server, patience).await {
            Ok(connection) => return Ok(connection),
            Err(failure) => failures.add(&failure, |story| format!("{server}: {story}")),
        }
    }
    Err(failures.into_one("; "))
}

async fn in_time(
    url: &PostgresUrl,
    server: &Server,
    patience: Option<Duration>,
) -> Result<AsyncPgConnection, Unreachable> {
    let limit = url.connect_timeout();
    #[expect(
        clippy::disallowed_methods,
        reason = "there is no unit of work yet that could be cut in the middle"
    )]
    let connected = tokio::time::timeout(limit, try_attempts(url, server, patience)).await;
    connected.unwrap_or_else(|_| {
        let silence = format!("no answer within {} s", limit.as_secs());
        Err(Unreachable::Away(silence))
    })
}

async fn try_attempts(
    url: &PostgresUrl,
    server: &Server,
    patience: Option<Duration>,
) -> Result<AsyncPgConnection, Unreachable> {
    let attempts = match server.host {
        // There is no TLS on a socket; libpq ignores `sslmode` there.
        Host::Unix(_) => &[Attempt::Plain],
        Host::Tcp(_) => url.tls().mode.attempts(),
    };
    let mut failures = Failures::default();
    for attempt in attempts {
        match try_once(url, server, *attempt, patience).await {
            Ok(connection) => return Ok(connection),
            Err(error) => failures.add(&unreachable(&*error), |story| story),
        }
    }
    Err(failures.into_one("; "))
}

/// What several attempts met. Mostly they meet the same obstacle.
#[derive(Default)]
struct Failures {
    stories: Vec<String>,
    /// One of them may succeed later.
    away: bool,
}

impl Failures {
    fn add(&mut self, failure: &Unreachable, told: impl FnOnce(String) -> String) {
        let (Unreachable::Away(story) | Unreachable::Refused(story)) = failure;
        self.stories.push(told(story.clone()));
        self.stories.dedup();
        self.away |= matches!(failure, Unreachable::Away(_));
    }

    fn into_one(self, between: &str) -> Unreachable {
        let story = self.stories.join(between);
        if self.away {
            Unreachable::Away(story)
        } else {
            Unreachable::Refused(story)
        }
    }
}

type Failure = Box<dyn Error + Send + Sync>;

/// Behind a pooler that no setting mentions the first session is closed, and one is begun that
/// prepares no statements by name.
async fn try_once(
    url: &PostgresUrl,
    server: &Server,
    attempt: Attempt,
    patience: Option<Duration>,
) -> Result<AsyncPgConnection, Failure> {
    let process = Process::default();
    let is_pooled = url.is_behind_pooler();
    let (stream, binding) = open(url, server, attempt).await?;
    let stream = if is_pooled {
        boxed(Unnamed::new(stream))
    } else {
        boxed(Announced::new(stream, process.clone()))
    };
    let client = start_session(url, Impatient::new(stream, binding, patience)).await?;
    if is_pooled {
        return Ok(AsyncPgConnection::try_from(client).await?);
    }
    if process.is_pooled(&client).await {
        drop(client);
        url.note_pooler();
        let (stream, binding) = open(url, server, attempt).await?;
        let stream = Impatient::new(boxed(Unnamed::new(stream)), binding, patience);
        let client = start_session(url, stream).await?;
        return Ok(AsyncPgConnection::try_from(client).await?);
    }
    check_target(&client, url.session().get_target_session_attrs()).await?;
    Ok(AsyncPgConnection::try_from(client).await?)
}

/// TLS is agreed on here and not by tokio-postgres, which leaves no room for [`Unnamed`] and
/// [`Impatient`] between TLS and its own part of the protocol.
async fn open(
    url: &PostgresUrl,
    server: &Server,
    attempt: Attempt,
) -> Result<(Box<dyn Stream>, ChannelBinding), Failure> {
    match &server.host {
        Host::Unix(folder) => {
            let socket = folder.join(format!(".s.PGSQL.{}", server.port));
            let stream = boxed(UnixStream::connect(socket).await?);
            Ok((stream, ChannelBinding::none()))
        }
        Host::Tcp(host) => {
            let address = server.address.map(|address| address.to_string());
            let address = address.as_deref().unwrap_or(host);
            let stream = TcpStream::connect((address, server.port)).await?;
            url.tcp().apply(&stream)?;
            secure(stream, url.tls(), host, attempt).await
        }
    }
}

async fn start_session<S>(url: &PostgresUrl, stream: S) -> Result<Client, Failure>
where
    S: TlsStream + Send + Unpin + 'static,
{
    let mut config = url.session().clone();
    // TLS has been agreed on already, or is not wanted.
    config.ssl_mode(SslMode::Require);
    config.ssl_negotiation(SslNegotiation::Direct);
    let (client, connection) = config.connect_raw(stream, Agreed).await?;
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            // The caller only learns that the connection is closed.
            tracing::debug!(error = %with_sources(&error), "a connection to the database broke");
        }
    });
    Ok(client)
}

/// Whether the server is of the kind that `target_session_attrs` asks for.
async fn check_target(client: &Client, target: TargetSessionAttrs) -> Result<(), Failure> {
    let wants_read_only = match target {
        TargetSessionAttrs::ReadWrite => "off",
        TargetSessionAttrs::ReadOnly => "on",
        _ => return Ok(()),
    };
    let answer = client.simple_query("SHOW transaction_read_only").await?;
    let is_read_only = answer.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0),
        _ => None,
    });
    match is_read_only {
        Some(given) if given == wants_read_only => Ok(()),
        Some("on") => Err(io::Error::other("the database does not allow writes").into()),
        _ => Err(io::Error::other("the database is not read only").into()),
    }
}

/// Tells tokio-postgres that TLS has been agreed on, or that there is none.
struct Agreed;

impl<S: TlsStream + Unpin> TlsConnect<S> for Agreed {
    type Stream = S;
    type Error = Infallible;
    type Future = Ready<Result<S, Infallible>>;

    fn connect(self, stream: S) -> Self::Future {
        ready(Ok(stream))
    }
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

fn boxed(stream: impl Stream + 'static) -> Box<dyn Stream> {
    Box::new(stream)
}

async fn secure(
    mut stream: TcpStream,
    tls: &Tls,
    host: &str,
    attempt: Attempt,
) -> Result<(Box<dyn Stream>, ChannelBinding), Failure> {
    if attempt == Attempt::Plain {
        return Ok((boxed(stream), ChannelBinding::none()));
    }
    if !tls.direct {
        stream.write_all(&SSL_REQUEST).await?;
        stream.flush().await?;
        match (stream.read_u8().await?, attempt) {
            (b'S', _) => {}
            (b'N', Attempt::EncryptedIfOffered) => {
                return Ok((boxed(stream), ChannelBinding::none()));
            }
            _ => return Err(NoTlsThere.into()),
        }
    }
    let mut connector = tls.connector.clone();
    let handshake = MakeTlsConnect::<TcpStream>::make_tls_connect(&mut connector, host)?;
    let stream = handshake.connect(stream).await?;
    let binding = stream.channel_binding();
    Ok((boxed(stream), binding))
}

/// The server has no TLS, which is required.
#[derive(Debug, thiserror::Error)]
#[error("server does not support TLS")]
struct NoTlsThere;

/// What an attempt met, and whether it would meet it again.
fn unreachable(error: &(dyn Error + Send + Sync + 'static)) -> Unreachable {
    let story = with_sources(error);
    if is_refusal(error) {
        Unreachable::Refused(story)
    } else {
        Unreachable::Away(story)
    }
}

fn is_refusal(error: &(dyn Error + Send + Sync + 'static)) -> bool {
    if let Some(error) = error.downcast_ref::<tokio_postgres::Error>() {
        let code = error.code().map_or("", |it| it.code());
        return ["22", "28", "42"].iter().any(|it| code.starts_with(it)) || code == "3D000";
    }
    if let Some(error) = error.downcast_ref::<io::Error>() {
        // The server's certificate, or what it makes of ours.
        return error
            .get_ref()
            .is_some_and(<dyn Error + Send + Sync>::is::<rustls::Error>);
    }
    error.is::<NoTlsThere>()
}

/// An error and its sources on one line.
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
