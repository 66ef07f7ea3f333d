//! One line per request, and the trace headers.
//!
//! The line holds method, path, status and time. It never holds a query, a header, a body or an
//! address: those carry tickets, tokens and personal data.

use std::time::Instant;

use actix_web::{
    Error,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::header::{HeaderMap, HeaderName, HeaderValue},
    middleware::Next,
};
use tracing::Instrument;

const TRACE_HEADERS: [HeaderName; 3] = [
    HeaderName::from_static("x-b3-traceid"),
    HeaderName::from_static("x-b3-spanid"),
    HeaderName::from_static("x-b3-parentspanid"),
];

/// Logs the request when it is answered, and sends the caller's trace headers back.
pub(crate) async fn log(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let started = Instant::now();
    let trace = trace_headers(request.headers());
    let span = tracing::info_span!(
        "request",
        trace_id = trace_id(&trace),
        method = request.method().as_str(),
        path = request.path(),
    );
    let answer = next.call(request).instrument(span.clone()).await;
    let entered = span.enter();
    let status = answer.as_ref().map_or(500, |it| it.status().as_u16());
    let latency_us = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
    if status >= 500 {
        tracing::error!(status, latency_us, "call completed with errors");
    } else {
        tracing::info!(status, latency_us, "call completed");
    }
    drop(entered);
    let mut answer = answer?;
    for (name, value) in trace {
        answer.headers_mut().insert(name, value);
    }
    Ok(answer)
}

fn trace_headers(headers: &HeaderMap) -> Vec<(HeaderName, HeaderValue)> {
    let present = |name: HeaderName| headers.get(&name).cloned().map(|value| (name, value));
    TRACE_HEADERS.into_iter().filter_map(present).collect()
}

/// The caller's trace id if it is one: anything else could forge log lines.
fn trace_id(trace: &[(HeaderName, HeaderValue)]) -> &str {
    trace
        .iter()
        .find(|(name, _)| name == TRACE_HEADERS[0])
        .and_then(|(_, value)| value.to_str().ok())
        .filter(|id| {
            id.len() <= 64
                && id
                    .bytes()
                    .all(|it| it.is_ascii_alphanumeric() || it == b'-')
        })
        .unwrap_or_default()
}
