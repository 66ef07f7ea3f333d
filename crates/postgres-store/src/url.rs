//! The URL of a PostgreSQL database, read as libpq and Go's pgx read it.
//!
//! Deployments hand the same URL to several programs, so it is taken as it comes: both
//! schemes, several hosts, sockets, libpq's TLS parameters (see `tls`) and pgx's pool
//! settings, which are skipped. As in pgx, every other parameter is a setting of the server
//! for our sessions (`search_path`, `statement_timeout`, …). A misspelt `sslmode` does not
//! pass unnoticed: what begins like a parameter of TLS is refused here, and the server lets
//! no session begin with a setting that it does not know.
//!
//! tokio-postgres reads URLs too, but stops at `verify-full`, `sslrootcert` and every
//! parameter it does not know. Here the text is taken apart once and handed to it in pieces.
//!
//! Nothing in this file prints a password: messages name parameters, never what surrounds
//! them, since a password that is not percent-encoded may turn up where a host should be.

use std::{
    fmt,
    hash::{BuildHasher, RandomState},
    net::IpAddr,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio_postgres::{
    Config,
    config::{ChannelBinding, Host, TargetSessionAttrs},
};

use crate::{
    tcp::Tcp,
    tls::{Authorities, InvalidTls, SslMode, Tls, TlsSettings},
};

const DEFAULT_PORT: u16 = 5432;
const DEFAULT_APPLICATION_NAME: &str = "hasura-auth";
const DEFAULT_CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// What pgx and libpq know and this store can do without: sizes of pgx's own pool and
/// caches, encodings and Kerberos details that never apply.
const SKIPPED: [&str; 8] = [
    "client_encoding",
    "description_cache_capacity",
    "gssdelegation",
    "gsslib",
    "krbsrvname",
    "min_read_buffer_size",
    "sslcompression",
    "statement_cache_capacity",
];

/// What libpq knows and this store cannot honour. The server does not know them either.
const UNSUPPORTED: [&str; 10] = [
    "krbspn",
    "max_protocol_version",
    "min_protocol_version",
    "passfile",
    "replication",
    "require_auth",
    "requirepeer",
    "requiressl",
    "service",
    "servicefile",
];

/// Where a PostgreSQL database is and how to connect to it.
///
/// ```
/// use postgres_store::PostgresUrl;
///
/// let url = PostgresUrl::parse("postgres://ada:secret@db.example/auth?sslmode=require")?;
///
/// assert_eq!(url.display(), "postgres://ada@db.example:5432/auth?sslmode=require");
/// # Ok::<(), postgres_store::InvalidPostgresUrl>(())
/// ```
#[derive(Clone)]
pub struct PostgresUrl {
    session: Config,
    servers: Vec<Server>,
    random_order: bool,
    tls: Tls,
    tcp: Tcp,
    connect_timeout: Duration,
    transaction_pooler: bool,
    /// A connection met a pooler that the URL does not mention; so will all that follow.
    met_pooler: Arc<AtomicBool>,
}

/// One of the places where the database may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Server {
    pub(crate) host: Host,
    pub(crate) address: Option<IpAddr>,
    pub(crate) port: u16,
}

/// Why a text is not the URL of a PostgreSQL database. Never shows a password.
#[derive(Debug, thiserror::Error)]
pub enum InvalidPostgresUrl {
    /// It begins with something else.
    #[error("a PostgreSQL URL begins with `postgres://` or `postgresql://`")]
    Scheme,
    /// A `%` is not followed by two hexadecimal digits, or the bytes are not UTF-8.
    #[error("the {part} in the PostgreSQL URL is not well encoded; `%` itself is written `%25`")]
    Encoding {
        /// Which part of the URL.
        part: &'static str,
    },
    /// There is no host, neither before the database nor as `host=`.
    #[error("the PostgreSQL URL names no host; a socket is named as `?host=/folder`")]
    NoHost,
    /// A host is written in a way that cannot be read.
    #[error(
        "the PostgreSQL URL has a host or port that cannot be read; in a password, `/` is \
         written `%2F`, `?` is `%3F` and `@` is `%40`"
    )]
    Host,
    /// The number of ports or addresses does not fit the number of hosts.
    #[error("the PostgreSQL URL needs one `{parameter}` for each of its hosts")]
    Count {
        /// `port` or `hostaddr`.
        parameter: &'static str,
    },
    /// A parameter of libpq that this store cannot honour, or one that begins like one of TLS.
    #[error("the PostgreSQL URL has the parameter `{name}`, which is not supported; leave it out")]
    UnknownParameter {
        /// Its name.
        name: String,
    },
    /// The name of a parameter has capital letters.
    #[error(
        "the PostgreSQL URL has a parameter with capital letters in its name; they are lower case, \
         as in `sslmode`"
    )]
    Capital,
    /// `ssl=…`, as node-postgres and JDBC have it.
    #[error(
        "the PostgreSQL URL has the parameter `ssl`, which libpq does not know; \
         write `sslmode=require` or `sslmode=disable`"
    )]
    Ssl,
    /// A known parameter with a value it does not take.
    #[error("the parameter `{name}` of the PostgreSQL URL must be {expected}")]
    Value {
        /// The parameter.
        name: String,
        /// What it takes.
        expected: &'static str,
    },
    /// The TLS parameters cannot be used.
    #[error(transparent)]
    Tls(#[from] InvalidTls),
}

impl PostgresUrl {
    /// Reads a URL and every file its TLS parameters name.
    ///
    /// # Errors
    ///
    /// [`InvalidPostgresUrl`], which names what is wrong and never shows the password.
    pub fn parse(text: &str) -> Result<Self, InvalidPostgresUrl> {
        let parts = Parts::of(text)?;
        let mut draft = Draft::default();
        draft.set_credentials(parts.credentials)?;
        draft.set_authority(parts.hosts)?;
        if !parts.database.is_empty() {
            draft
                .session
                .dbname(decode(parts.database, "name of the database")?);
        }
        for parameter in parts
            .query
            .split('&')
            .filter(|parameter| !parameter.is_empty())
        {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            let name = decode(name, "name of a parameter")?;
            draft.set(&name, &decode(value, "value of a parameter")?)?;
        }
        draft.finish()
    }

    /// Whether the URL leads to a pooler that may give every transaction another
    /// connection, such as PgBouncer with `pool_mode = transaction`.
    ///
    /// Set by `pgbouncer=true`, or as pgx is told: `default_query_exec_mode` with any value
    /// but its default `cache_statement`. A pooler that is not mentioned is noticed when connecting, at
    /// the price of a look at each new connection until one is found.
    ///
    /// No state of a session survives there: advisory locks must be those of a transaction, and
    /// `SET` must be `SET LOCAL`. Prepared statements are taken care of when connecting.
    ///
    /// `keepalives*` and `tcp_user_timeout` then hold for the way to the pooler, and
    /// `target_session_attrs` has no effect: the pooler chooses the database.
    #[must_use]
    pub fn transaction_pooler(&self) -> bool {
        self.transaction_pooler
    }

    /// Whether it leads to a pooler, by the URL or as a connection found out.
    pub(crate) fn is_behind_pooler(&self) -> bool {
        self.transaction_pooler || self.met_pooler.load(Ordering::Relaxed)
    }

    /// Remembers, for this URL and all its copies, that it leads to a pooler.
    pub(crate) fn note_pooler(&self) {
        if !self.met_pooler.swap(true, Ordering::Relaxed) {
            tracing::info!(
                "a pooler stands in front of the database: statements are prepared without names, as \
                 with pgbouncer=true in its URL"
            );
        }
    }

    /// The URL for people to read: without password and without file names.
    #[must_use]
    pub fn display(&self) -> String {
        let user = self
            .session
            .get_user()
            .map(|user| format!("{user}@"))
            .unwrap_or_default();
        let servers: Vec<String> = self.servers.iter().map(ToString::to_string).collect();
        format!(
            "postgres://{user}{}/{}?sslmode={}{}",
            servers.join(","),
            self.session.get_dbname().unwrap_or_default(),
            self.tls.mode.as_str(),
            if self.transaction_pooler {
                "&pgbouncer=true"
            } else {
                ""
            },
        )
    }

    /// The places to try, in the order of trying.
    pub(crate) fn servers(&self) -> Vec<Server> {
        let mut servers = self.servers.clone();
        if self.random_order {
            rotate(&mut servers, RandomState::new().hash_one(()));
        }
        servers
    }

    /// What is asked of a session, without host and TLS.
    pub(crate) fn session(&self) -> &Config {
        &self.session
    }

    pub(crate) fn tls(&self) -> &Tls {
        &self.tls
    }

    /// What is asked of sockets; a dead host is noticed unless the URL says otherwise.
    pub(crate) fn tcp(&self) -> &Tcp {
        &self.tcp
    }

    /// How long connecting to one server may take.
    pub(crate) fn connect_timeout(&self) -> Duration {
        self.connect_timeout
    }
}

impl fmt::Debug for PostgresUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_tuple("PostgresUrl")
            .field(&self.display())
            .finish()
    }
}

impl fmt::Display for Server {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            Host::Tcp(host) if host.contains(':') => write!(formatter, "[{host}]:{}", self.port),
            Host::Tcp(host) => write!(formatter, "{host}:{}", self.port),
            Host::Unix(folder) => {
                let folder = folder.display().to_string().replace('/', "%2F");
                write!(formatter, "{folder}:{}", self.port)
            }
        }
    }
}

/// A URL cut at its delimiters, nothing decoded yet.
struct Parts<'a> {
    credentials: Option<&'a str>,
    hosts: &'a str,
    database: &'a str,
    query: &'a str,
}

impl<'a> Parts<'a> {
    fn of(text: &'a str) -> Result<Self, InvalidPostgresUrl> {
        let rest = ["postgres://", "postgresql://"]
            .iter()
            .find_map(|scheme| text.strip_prefix(scheme))
            .ok_or(InvalidPostgresUrl::Scheme)?;
        let (credentials, rest) = split_credentials(rest);
        let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (hosts, database) = place.split_once('/').unwrap_or((place, ""));
        Ok(Self {
            credentials,
            hosts,
            database,
            query,
        })
    }
}

/// Finds the `@` behind the password, where the two traditions differ about passwords that
/// are not percent-encoded: Go takes the last `@` before the first `/` or `?` and so allows
/// `@` in a password, libpq the first one before the first `/` and so allows `?`.
fn split_credentials(rest: &str) -> (Option<&str>, &str) {
    let until = |end: &[char]| rest.split(end).next().unwrap_or(rest);
    let at = until(&['/', '?'])
        .rfind('@')
        .or_else(|| until(&['/']).find('@'));
    match at.and_then(|at| rest.split_at_checked(at)) {
        Some((credentials, rest)) => (Some(credentials), rest.strip_prefix('@').unwrap_or(rest)),
        None => (None, rest),
    }
}

/// Undoes percent-encoding. As in libpq, and unlike in forms, `+` stands for itself.
fn decode(text: &str, part: &'static str) -> Result<String, InvalidPostgresUrl> {
    let wrong = || InvalidPostgresUrl::Encoding { part };
    let mut pieces = text.split('%');
    let mut bytes = pieces.next().unwrap_or_default().as_bytes().to_vec();
    for piece in pieces {
        let (digits, rest) = piece.split_at_checked(2).ok_or_else(wrong)?;
        let byte = u8::from_str_radix(digits, 16)
            .ok()
            .filter(|byte| *byte != 0);
        // `from_str_radix` also takes a sign.
        let byte = byte
            .filter(|_| !digits.starts_with('+'))
            .ok_or_else(wrong)?;
        bytes.push(byte);
        bytes.extend_from_slice(rest.as_bytes());
    }
    String::from_utf8(bytes).ok().ok_or_else(wrong)
}

/// A URL while its parameters are read.
#[derive(Default)]
struct Draft {
    session: Config,
    /// What `options` says, and after it the settings that have a parameter of their own.
    options: Vec<String>,
    hosts: Hosts,
    addresses: Vec<IpAddr>,
    tls: TlsSettings,
    tcp: Tcp,
    fallback_application_name: Option<String>,
    connect_timeout: Option<Duration>,
    random_order: bool,
    transaction_pooler: bool,
}

/// Hosts and ports; those of the query replace those before the database.
#[derive(Default)]
struct Hosts {
    authority: Vec<String>,
    authority_ports: Vec<u16>,
    query: Vec<String>,
    query_ports: Vec<u16>,
}

impl Draft {
    fn set_credentials(&mut self, credentials: Option<&str>) -> Result<(), InvalidPostgresUrl> {
        let Some(credentials) = credentials else {
            return Ok(());
        };
        let (user, password) = match credentials.split_once(':') {
            Some((user, password)) => (user, Some(password)),
            None => (credentials, None),
        };
        if !user.is_empty() {
            self.session.user(decode(user, "user")?);
        }
        if let Some(password) = password.filter(|password| !password.is_empty()) {
            self.session.password(decode(password, "password")?);
        }
        Ok(())
    }

    /// `host1:5433,[::1],%2Fsocket%2Ffolder`
    fn set_authority(&mut self, hosts: &str) -> Result<(), InvalidPostgresUrl> {
        if hosts.is_empty() {
            return Ok(());
        }
        for host in hosts.split(',') {
            let (name, port) = split_port(host)?;
            self.hosts.authority.push(decode(name, "host")?);
            self.hosts
                .authority_ports
                .push(parse_port(&decode(port, "port")?)?);
        }
        Ok(())
    }

    fn set(&mut self, name: &str, value: &str) -> Result<(), InvalidPostgresUrl> {
        match name {
            "user" => {
                self.session.user(value);
            }
            "password" => {
                self.session.password(value);
            }
            "dbname" | "database" => {
                self.session.dbname(value);
            }
            "options" => self.options.insert(0, value.to_owned()),
            "application_name" => {
                self.session.application_name(value);
            }
            "fallback_application_name" => self.fallback_application_name = Some(value.to_owned()),
            "connect_timeout" => self.connect_timeout = seconds(name, value)?,
            "pgbouncer" => self.transaction_pooler |= flag(name, value)?,
            "default_query_exec_mode" => self.transaction_pooler |= value != "cache_statement",
            _ if name.starts_with("pool_") || SKIPPED.contains(&name) => {}
            _ => return self.set_server(name, value),
        }
        Ok(())
    }

    /// Where the server is and what it must be.
    fn set_server(&mut self, name: &str, value: &str) -> Result<(), InvalidPostgresUrl> {
        match name {
            "host" => self.hosts.query.extend(value.split(',').map(str::to_owned)),
            "hostaddr" => self.addresses = addresses(name, value)?,
            "port" => {
                let ports: Result<_, _> = value.split(',').map(parse_port).collect();
                self.hosts.query_ports = ports?;
            }
            "load_balance_hosts" => {
                self.random_order = one_of(name, value, &[("disable", false), ("random", true)])?;
            }
            "target_session_attrs" => {
                let attributes = one_of(name, value, &TARGETS)?;
                self.session.target_session_attrs(attributes);
            }
            "channel_binding" => {
                let binding = one_of(name, value, &BINDINGS)?;
                self.session.channel_binding(binding);
            }
            // Kerberos encryption is never used; only a URL that insists on it is refused.
            "gssencmode" => one_of(name, value, &[("disable", ()), ("prefer", ())])?,
            _ if name.starts_with("ssl") => return self.set_tls(name, value),
            _ => return self.set_tcp(name, value),
        }
        Ok(())
    }

    fn set_tls(&mut self, name: &str, value: &str) -> Result<(), InvalidPostgresUrl> {
        match name {
            "sslmode" => {
                let expected = "disable, allow, prefer, require, verify-ca or verify-full";
                let mode = SslMode::parse(value).ok_or_else(|| invalid(name, expected))?;
                self.tls.mode = Some(mode);
            }
            "sslrootcert" if value == "system" => self.tls.authorities = Some(Authorities::System),
            "sslrootcert" => self.tls.authorities = file(value).map(Authorities::File),
            "sslcert" => self.tls.certificate = file(value),
            "sslkey" => self.tls.key = file(value),
            "ssl" => return Err(InvalidPostgresUrl::Ssl),
            "sslsni" => self.tls.hide_host_name = !flag(name, value)?,
            "sslnegotiation" => {
                self.tls.direct = one_of(name, value, &[("postgres", false), ("direct", true)])?;
            }
            _ => return Err(unknown(name)),
        }
        Ok(())
    }

    /// As in libpq, nothing and zero mean the default; only a time limit of zero milliseconds means
    /// that there is none.
    fn set_tcp(&mut self, name: &str, value: &str) -> Result<(), InvalidPostgresUrl> {
        match name {
            "tcp_user_timeout" => {
                // libpq counts these in milliseconds.
                let timeout = Duration::from_millis(number(name, value)?);
                self.tcp.user_timeout = Some(timeout).filter(|it| !it.is_zero());
            }
            "keepalives" => self.tcp.keepalives = flag(name, value)?,
            "keepalives_idle" => {
                self.tcp.idle = seconds(name, value)?.unwrap_or(self.tcp.idle);
            }
            "keepalives_interval" => {
                self.tcp.interval = seconds(name, value)?.unwrap_or(self.tcp.interval);
            }
            "keepalives_count" | "keepalives_retries" => {
                let retries: u32 = value
                    .parse()
                    .ok()
                    .ok_or_else(|| invalid(name, "a number"))?;
                if retries > 0 {
                    self.tcp.retries = retries;
                }
            }
            _ if UNSUPPORTED.contains(&name) || !is_setting(name) => return Err(unknown(name)),
            _ => self.options.push(run_time_parameter(name, value)),
        }
        Ok(())
    }

    fn finish(mut self) -> Result<PostgresUrl, InvalidPostgresUrl> {
        if self.session.get_application_name().is_none() {
            let fallback = self.fallback_application_name.take();
            self.session
                .application_name(fallback.unwrap_or_else(|| DEFAULT_APPLICATION_NAME.to_owned()));
        }
        if !self.options.is_empty() {
            self.session.options(self.options.join(" "));
        }
        let connect_timeout = self.connect_timeout.unwrap_or(DEFAULT_CONNECT_TIMEOUT);
        Ok(PostgresUrl {
            servers: self.hosts.servers(&self.addresses)?,
            session: self.session,
            random_order: self.random_order,
            tls: Tls::new(&self.tls)?,
            tcp: self.tcp,
            connect_timeout,
            transaction_pooler: self.transaction_pooler,
            met_pooler: Arc::default(),
        })
    }
}

impl Hosts {
    fn servers(self, addresses: &[IpAddr]) -> Result<Vec<Server>, InvalidPostgresUrl> {
        let mut names = if self.query.is_empty() {
            self.authority
        } else {
            self.query
        };
        let ports = if self.query_ports.is_empty() {
            self.authority_ports
        } else {
            self.query_ports
        };
        if names.is_empty() {
            names = addresses.iter().map(ToString::to_string).collect();
        }
        if names.is_empty() || names.iter().any(String::is_empty) {
            return Err(InvalidPostgresUrl::NoHost);
        }
        if !addresses.is_empty() && addresses.len() != names.len() {
            return Err(InvalidPostgresUrl::Count {
                parameter: "hostaddr",
            });
        }
        if ports.len() > 1 && ports.len() != names.len() {
            return Err(InvalidPostgresUrl::Count { parameter: "port" });
        }
        let server = |(index, name)| Server {
            host: host(name),
            address: addresses.get(index).copied(),
            port: ports
                .get(index)
                .or(ports.first())
                .copied()
                .unwrap_or(DEFAULT_PORT),
        };
        Ok(names.into_iter().enumerate().map(server).collect())
    }
}

fn host(name: String) -> Host {
    if name.starts_with('/') {
        Host::Unix(name.into())
    } else {
        Host::Tcp(name)
    }
}

/// `name:port`, `[2001:db8::1]:port`, either without a port.
fn split_port(host: &str) -> Result<(&str, &str), InvalidPostgresUrl> {
    if let Some(bracketed) = host.strip_prefix('[') {
        let (name, rest) = bracketed.split_once(']').ok_or(InvalidPostgresUrl::Host)?;
        let port = match rest.strip_prefix(':') {
            None if !rest.is_empty() => return Err(InvalidPostgresUrl::Host),
            port => port.unwrap_or_default(),
        };
        return Ok((name, port));
    }
    Ok(host.split_once(':').unwrap_or((host, "")))
}

fn parse_port(text: &str) -> Result<u16, InvalidPostgresUrl> {
    match text {
        "" => Ok(DEFAULT_PORT),
        _ => text
            .parse()
            .ok()
            .filter(|port| *port != 0)
            .ok_or(InvalidPostgresUrl::Host),
    }
}

/// Starts a list somewhere in its middle, so that servers share the load.
fn rotate(servers: &mut [Server], by: u64) {
    let start = u64::try_from(servers.len())
        .ok()
        .and_then(|count| by.checked_rem(count));
    servers.rotate_left(start.and_then(|start| start.try_into().ok()).unwrap_or(0));
}

const TARGETS: [(&str, TargetSessionAttrs); 5] = [
    ("any", TargetSessionAttrs::Any),
    ("read-write", TargetSessionAttrs::ReadWrite),
    ("primary", TargetSessionAttrs::ReadWrite),
    ("read-only", TargetSessionAttrs::ReadOnly),
    ("standby", TargetSessionAttrs::ReadOnly),
];

const BINDINGS: [(&str, ChannelBinding); 3] = [
    ("disable", ChannelBinding::Disable),
    ("prefer", ChannelBinding::Prefer),
    ("require", ChannelBinding::Require),
];

fn one_of<T: Copy>(
    name: &str,
    value: &str,
    choices: &[(&'static str, T)],
) -> Result<T, InvalidPostgresUrl> {
    let chosen = choices.iter().find(|(choice, _)| *choice == value);
    chosen
        .map(|(_, meaning)| *meaning)
        .ok_or_else(|| invalid(name, "one of the words libpq knows"))
}

fn flag(name: &str, value: &str) -> Result<bool, InvalidPostgresUrl> {
    match value {
        "1" | "true" => Ok(true),
        "0" | "false" => Ok(false),
        _ => Err(invalid(name, "true or false")),
    }
}

fn number(name: &str, value: &str) -> Result<u64, InvalidPostgresUrl> {
    value.parse().ok().ok_or_else(|| invalid(name, "a number"))
}

/// A length of time in seconds; nothing, zero and less mean the default.
fn seconds(name: &str, value: &str) -> Result<Option<Duration>, InvalidPostgresUrl> {
    let value: i64 = value
        .parse()
        .ok()
        .ok_or_else(|| invalid(name, "a number of seconds"))?;
    Ok(u64::try_from(value)
        .ok()
        .filter(|value| *value > 0)
        .map(Duration::from_secs))
}

fn addresses(name: &str, value: &str) -> Result<Vec<IpAddr>, InvalidPostgresUrl> {
    let addresses: Option<_> = value
        .split(',')
        .map(|address| address.parse().ok())
        .collect();
    addresses.ok_or_else(|| invalid(name, "an IP address for each host"))
}

/// An empty file name is as good as none, as in libpq.
fn file(value: &str) -> Option<PathBuf> {
    (!value.is_empty()).then(|| value.into())
}

fn invalid(name: &str, expected: &'static str) -> InvalidPostgresUrl {
    InvalidPostgresUrl::Value {
        name: name.to_owned(),
        expected,
    }
}

/// The settings of the server that are written with capital letters.
const WITH_CAPITALS: [&str; 3] = ["DateStyle", "IntervalStyle", "TimeZone"];

/// Whether this could be a setting of the server. Those of extensions have a dot in their name.
///
/// Any other name with capital letters is taken for a slip: `sslMode=require` as a setting would leave
/// the connection without TLS.
fn is_setting(name: &str) -> bool {
    let plain = |it: char| it.is_ascii_alphanumeric() || "_.".contains(it);
    let is_name = name.starts_with(|it: char| it.is_ascii_alphabetic()) && name.chars().all(plain);
    let has_capitals = name.contains(|it: char| it.is_ascii_uppercase());
    is_name && (!has_capitals || name.contains('.') || WITH_CAPITALS.contains(&name))
}

/// As the server takes settings at the start of a session: blanks part them, so that those of the
/// value get a backslash.
fn run_time_parameter(name: &str, value: &str) -> String {
    let mut option = format!("-c {name}=");
    for character in value.chars() {
        if character == '\\' || character.is_ascii_whitespace() || character == '\x0b' {
            option.push('\\');
        }
        option.push(character);
    }
    option
}

/// Names a parameter only if it looks like one; otherwise it may be part of a password.
fn unknown(name: &str) -> InvalidPostgresUrl {
    let looks_like_one = name
        .bytes()
        .all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    if looks_like_one {
        InvalidPostgresUrl::UnknownParameter {
            name: name.to_owned(),
        }
    } else if name
        .bytes()
        .all(|byte| byte.is_ascii_alphabetic() || byte == b'_')
    {
        InvalidPostgresUrl::Capital
    } else {
        InvalidPostgresUrl::Encoding {
            part: "name of a parameter",
        }
    }
}

#[cfg(test)]
mod tests;
