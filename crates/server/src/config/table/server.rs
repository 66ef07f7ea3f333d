//! Settings of the HTTP server and of the process.

use std::{path::PathBuf, time::Duration};

use http_api::Compat;
use settings::{Kind, Optional, Setting, section};

use crate::config::rule;

section! {
    /// The section `server`.
    pub(super) const SECTION = "The HTTP server and the process";

    HOST: Setting<String> = Setting::new(
        "server.host",
        "AUTH_HOST",
        Kind::text(&rule::HOST),
        "Address to listen on. Without a database that was named, only one of this machine will do.",
    )
    .derived("`0.0.0.0`; `127.0.0.1` in the zero-setup mode")
    .protective();

    PORT: Setting<u16> = Setting::new(
        "server.port",
        "AUTH_PORT",
        Kind::integer(0, 65535),
        "Port to listen on; 0 takes any free one.",
    )
    .preset("4000");

    API_PREFIX: Setting<String, Optional> = Setting::new(
        "server.api_prefix",
        "AUTH_API_PREFIX",
        Kind::text(&rule::PATH_PREFIX),
        "What all paths of the API begin with; slashes at its ends do not matter.",
    );

    URL: Setting<String> = Setting::new(
        "server.url",
        "AUTH_SERVER_URL",
        Kind::text(&rule::WEB_URL_TEXT),
        "Where clients reach this server, with the API prefix if there is one; links in mails lead \
         there.",
    )
    .derived("`http://localhost:` with port and API prefix");

    DATA_DIR: Setting<PathBuf> = Setting::new(
        "server.data_dir",
        "AUTH_DATA_DIR",
        Kind::text(&rule::PATH),
        "Folder for what the server makes itself: the SQLite database, a signing key, the outbox.",
    )
    .preset("./data");

    SHUTDOWN_TIMEOUT: Setting<Duration> = Setting::new(
        "server.shutdown_timeout",
        "AUTH_SHUTDOWN_TIMEOUT",
        Kind::DURATION,
        "How long requests under way may take after the server was told to stop.",
    )
    .preset("30s");

    KEEP_ALIVE: Setting<Duration> = Setting::new(
        "server.keep_alive",
        "AUTH_KEEP_ALIVE",
        Kind::DURATION,
        "How long a connection without a request stays open. It has to be longer than proxies keep \
         idle connections (nginx and AWS 60s, Traefik 90s, Google Cloud 600s), or they answer 502 now and \
         then. With 0s each connection serves one request.",
    )
    .preset("100s");

    CONCEAL_ERRORS: Setting<bool> = Setting::new(
        "server.conceal_errors",
        "AUTH_CONCEAL_ERRORS",
        Kind::FLAG,
        "Whether answers hide which of several things was wrong with a request, and whether an account \
         exists; requests for a mail are then answered before it is sent.",
    )
    .preset("false")
    .protective();

    TRUSTED_PROXIES: Setting<Vec<String>, Optional> = Setting::new(
        "server.trusted_proxies",
        "AUTH_TRUSTED_PROXIES",
        Kind::list(&rule::NETWORK),
        "Addresses of the proxies in front of this server; only their `X-Forwarded-For` tells where a \
         request comes from, and only their `X-Request-Id` is taken over.",
    )
    .protective();

    COMPAT: Setting<Compat> = Setting::new(
        "server.compat",
        "AUTH_API_COMPAT",
        Kind::choice(&[("0.42", Compat::V0_42), ("latest", Compat::Latest)]),
        "Which version of Hasura Auth answers look like: `0.42`, or `latest` with what is better here.",
    )
    .preset("0.42");

    CONSOLE_ENABLED: Setting<bool> = Setting::new(
        "server.console_enabled",
        "AUTH_CONSOLE_ENABLED",
        Kind::FLAG,
        "Whether a page at `/console` shows the API and lets people try it in a browser.",
    )
    .derived("`false`; `true` in the zero-setup mode");

    ENABLE_CHANGE_ENV: Setting<bool> = Setting::new(
        "server.enable_change_env",
        "AUTH_ENABLE_CHANGE_ENV",
        Kind::FLAG,
        "Whether settings may be changed through `POST /change-env` while the server serves. For tests \
         only: no client is asked who it is, so any that reaches the server directly can take over \
         every account; pages of other origins and requests past a proxy are turned away.",
    )
    .preset("false");
}
