//! The development outbox, shown to whoever tries the server on their own machine.
//!
//! Its mails hold links that sign in. It is served only where an installation asks for it, only to
//! clients on the same machine, and never through a proxy or under a foreign host name: a page on
//! the internet can make a browser ask `127.0.0.1`, but only under the name of its own host.

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{self, HeaderName},
    web::Data,
};
use serde_json::Value;

use crate::{fallback, state::AppState};

/// Mails that were kept instead of being sent.
pub trait Outbox: Send + Sync {
    /// The last mails as a JSON list, the oldest first.
    fn mails(&self) -> Value;
}

/// Headers by which proxies say that a request came through them.
const FORWARDED: [HeaderName; 3] = [
    header::FORWARDED,
    HeaderName::from_static("x-forwarded-for"),
    HeaderName::from_static("x-real-ip"),
];

/// `GET /dev/outbox`
pub(crate) async fn show(state: Data<AppState>, request: HttpRequest) -> HttpResponse {
    match state.outbox().filter(|_| is_local(&request)) {
        Some(outbox) => HttpResponse::Ok().json(outbox.mails()),
        None => fallback::unknown(state, request).await,
    }
}

fn is_local(request: &HttpRequest) -> bool {
    let peer_is_local = request.peer_addr().is_some_and(|it| it.ip().is_loopback());
    let host = request
        .headers()
        .get(header::HOST)
        .and_then(|it| it.to_str().ok());
    let is_forwarded = FORWARDED
        .iter()
        .any(|name| request.headers().contains_key(name));
    peer_is_local && host.is_some_and(is_loopback_host) && !is_forwarded
}

/// Whether `host`, perhaps with a port, is a name of this machine that nobody else can point
/// elsewhere.
pub(crate) fn is_loopback_host(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|it| it.is_ascii_digit()) => name,
        _ => host,
    };
    matches!(name, "localhost" | "127.0.0.1" | "[::1]")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_this_machine_are_local() {
        for host in [
            "localhost",
            "localhost:4000",
            "127.0.0.1:4000",
            "[::1]",
            "[::1]:4000",
        ] {
            assert!(is_loopback_host(host), "{host}");
        }
        for host in [
            "",
            "evil.example",
            "localhost.evil.example",
            "127.0.0.1.evil.example:80",
        ] {
            assert!(!is_loopback_host(host), "{host}");
        }
    }
}
