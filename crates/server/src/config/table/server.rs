//! Settings of the HTTP server and of the process.

use super::{Kind, Rule, Section, Setting};

pub(crate) const HOST: Setting = Setting::new(
    "server.host",
    "AUTH_HOST",
    Kind::Text(&Rule::HOST),
    "Address to listen on. Without a database that was named, only one of this machine will do.",
)
.derived("`0.0.0.0`; `127.0.0.1` in the zero-setup mode")
.protective();

pub(crate) const PORT: Setting = Setting::new(
    "server.port",
    "AUTH_PORT",
    Kind::Integer(0, 65535),
    "Port to listen on; 0 takes any free one.",
)
.preset("4000");

pub(crate) const API_PREFIX: Setting = Setting::new(
    "server.api_prefix",
    "AUTH_API_PREFIX",
    Kind::Text(&Rule::PATH_PREFIX),
    "What all paths of the API begin with; slashes at its ends do not matter.",
);

pub(crate) const URL: Setting = Setting::new(
    "server.url",
    "AUTH_SERVER_URL",
    Kind::Text(&Rule::WEB_URL),
    "Where clients reach this server, with the API prefix if there is one; links in mails lead \
     there.",
)
.derived("`http://localhost:` with port and API prefix");

pub(crate) const DATA_DIR: Setting = Setting::new(
    "server.data_dir",
    "AUTH_DATA_DIR",
    Kind::Text(&Rule::ANY),
    "Folder for what the server makes itself: the SQLite database, a signing key, the outbox.",
)
.preset("./data");

pub(crate) const SHUTDOWN_TIMEOUT: Setting = Setting::new(
    "server.shutdown_timeout",
    "AUTH_SHUTDOWN_TIMEOUT",
    Kind::Duration,
    "How long requests under way may take after the server was told to stop.",
)
.preset("30s");

pub(crate) const KEEP_ALIVE: Setting = Setting::new(
    "server.keep_alive",
    "AUTH_KEEP_ALIVE",
    Kind::Duration,
    "How long a connection without a request stays open. It has to be longer than proxies keep \
     idle connections (nginx and AWS 60s, Traefik 90s, Google Cloud 600s), or they answer 502 now and \
     then. With 0s each connection serves one request.",
)
.preset("100s");

pub(crate) const CONCEAL_ERRORS: Setting = Setting::new(
    "server.conceal_errors",
    "AUTH_CONCEAL_ERRORS",
    Kind::Flag,
    "Whether answers hide which of several things was wrong with a request, and whether an account \
     exists; requests for a mail are then answered before it is sent.",
)
.preset("false")
.protective();

pub(crate) const TRUSTED_PROXIES: Setting = Setting::new(
    "server.trusted_proxies",
    "AUTH_TRUSTED_PROXIES",
    Kind::List(&Rule::NETWORK),
    "Addresses of the proxies in front of this server; only their `X-Forwarded-For` tells where a \
     request comes from, and only their `X-Request-Id` is taken over.",
)
.protective();

pub(crate) const COMPAT: Setting = Setting::new(
    "server.compat",
    "AUTH_API_COMPAT",
    Kind::Choice(&["0.42", "latest"]),
    "Which version of Hasura Auth answers look like: `0.42`, or `latest` with what is better here.",
)
.preset("0.42");

pub(crate) const CONSOLE_ENABLED: Setting = Setting::new(
    "server.console_enabled",
    "AUTH_CONSOLE_ENABLED",
    Kind::Flag,
    "Whether a page at `/console` shows the API and lets people try it in a browser.",
)
.derived("`false`; `true` in the zero-setup mode");

pub(crate) const ENABLE_CHANGE_ENV: Setting = Setting::new(
    "server.enable_change_env",
    "AUTH_ENABLE_CHANGE_ENV",
    Kind::Flag,
    "Whether settings may be changed through `POST /change-env` while the server serves. For tests \
     only: no client is asked who it is, so any that reaches the server directly can take over \
     every account; pages of other origins and requests past a proxy are turned away.",
)
.preset("false");

/// The section `server`.
pub(super) const SECTION: Section = Section {
    title: "The HTTP server and the process",
    settings: &[
        HOST,
        PORT,
        API_PREFIX,
        URL,
        DATA_DIR,
        SHUTDOWN_TIMEOUT,
        KEEP_ALIVE,
        CONCEAL_ERRORS,
        TRUSTED_PROXIES,
        COMPAT,
        CONSOLE_ENABLED,
        ENABLE_CHANGE_ENV,
    ],
};
