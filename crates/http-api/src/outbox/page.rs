//! Showing the outbox, as a page or as data.

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{self, ContentType},
    web::Data,
};
use pages::outbox;
use url::form_urlencoded;

use super::{COOKIE, KeptMessage, OutboxKey, PARAMETER, PATH};
use crate::{direct_request::is_direct, embedded, endpoint::Endpoints, fallback, state::AppState};

/// `GET /dev/outbox`
pub(crate) async fn show(
    state: Data<AppState>,
    endpoints: Data<Endpoints>,
    request: HttpRequest,
) -> HttpResponse {
    let shown = state.outbox().filter(|_| is_on_this_machine(&request));
    let Some((outbox, key)) = shown else {
        return fallback::unknown(endpoints, request).await;
    };
    if let Some(presented) = key_in_query(&request) {
        return if key.is(&presented) {
            without_key_in_address(key)
        } else {
            closed()
        };
    }
    match request.cookie(COOKIE) {
        Some(cookie) if key.is(cookie.value()) => listed(outbox.messages(), &request),
        _ => closed(),
    }
}

/// JSON for programs, the oldest first; a page for browsers, the newest first.
fn listed(messages: Vec<KeptMessage>, request: &HttpRequest) -> HttpResponse {
    if !wants_page(request) {
        let data: Vec<_> = messages.into_iter().map(|it| it.data).collect();
        return HttpResponse::Ok().json(data);
    }
    let shown: Vec<_> = messages.into_iter().rev().map(|it| it.shown).collect();
    let mut answer = HttpResponse::Ok();
    embedded::allow_only(&mut answer, outbox::CONTENT_SECURITY_POLICY);
    answer
        .content_type(ContentType::html())
        .body(outbox::page(&shown))
}

/// Only browsers ask for HTML by name; programs take anything, or JSON.
fn wants_page(request: &HttpRequest) -> bool {
    let accepted = request.headers().get(header::ACCEPT);
    let accepted = accepted.and_then(|it| it.to_str().ok());
    accepted.is_some_and(|it| it.contains("text/html"))
}

fn is_on_this_machine(request: &HttpRequest) -> bool {
    let peer = request.peer_addr();
    peer.is_some_and(|it| it.ip().to_canonical().is_loopback()) && is_direct(request)
}

fn key_in_query(request: &HttpRequest) -> Option<String> {
    let mut parameters = form_urlencoded::parse(request.query_string().as_bytes());
    let found = parameters.find(|(name, _)| name == PARAMETER);
    found.map(|(_, value)| value.into_owned())
}

/// Takes the key out of the address, which ends in the browser's history and on shared screens.
fn without_key_in_address(key: &OutboxKey) -> HttpResponse {
    HttpResponse::SeeOther()
        .insert_header((header::LOCATION, PATH))
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
        .cookie(key.cookie())
        .finish()
}

fn closed() -> HttpResponse {
    HttpResponse::Forbidden()
        .content_type("text/plain")
        .body("The link to the outbox, with its key, is in what the server printed at its start.\n")
}
