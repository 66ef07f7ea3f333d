//! The development outbox, shown to whoever tries the server on their own machine.
//!
//! Its mails hold links that sign in. It is served only where an installation asks for it, only to
//! clients on the same machine, and never through a proxy or under a foreign host name: a page on
//! the internet can make a browser ask `127.0.0.1`, but only under the name of its own host.

use actix_web::{HttpRequest, HttpResponse, web::Data};
use serde_json::Value;

use crate::{direct_request::is_direct, fallback, state::AppState};

/// Where it is served, whatever the prefix of the API.
pub(crate) const PATH: &str = "/dev/outbox";

/// Mails that were kept instead of being sent.
pub trait Outbox: Send + Sync {
    /// The last mails as a JSON list, the oldest first.
    fn mails(&self) -> Value;
}

/// `GET /dev/outbox`
pub(crate) async fn show(state: Data<AppState>, request: HttpRequest) -> HttpResponse {
    match state.outbox().filter(|_| is_local(&request)) {
        Some(outbox) => HttpResponse::Ok().json(outbox.mails()),
        None => fallback::unknown(state, request).await,
    }
}

fn is_local(request: &HttpRequest) -> bool {
    let peer = request.peer_addr();
    peer.is_some_and(|it| it.ip().to_canonical().is_loopback()) && is_direct(request)
}
