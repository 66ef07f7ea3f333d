//! One line per request, and the headers by which others find it.
//!
//! The line holds method, path, status and time, of a refusal the code, and the user as soon as that
//! is known. It never holds a query, a header, a body or an address: those carry tickets, tokens and
//! personal data. Of a path that is no route's it holds what reads like words; see
//! [`logged_path`](super::logged_path).

use std::time::Instant;

use actix_web::{
    Error,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    error::InternalError,
    http::header::{HeaderMap, HeaderName, HeaderValue},
    middleware::Next,
};
use tracing::{Instrument, field::Empty};

use super::{
    endpoint_rules::rules_of,
    logged_path::logged_path,
    request_id::{self, RequestId},
};
use crate::{error_code::ErrorCode, refusal::code_of};

const TRACE_HEADERS: [HeaderName; 3] = [
    HeaderName::from_static("x-b3-traceid"),
    HeaderName::from_static("x-b3-spanid"),
    HeaderName::from_static("x-b3-parentspanid"),
];

/// Logs the request when it is answered, and sends its id and the caller's trace headers back.
///
/// The services note the user in the field `user_id` of the span.
pub(crate) async fn log(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let started = Instant::now();
    let trace = trace_headers(request.headers());
    let id = RequestId::of(&request);
    let rules = rules_of(&request).unwrap_or_default();
    let setting = rules.switch.and_then(|it| it.setting(request.path()));
    let span = tracing::info_span!(
        "request",
        request_id = id.as_ref().map(RequestId::as_str),
        trace_id = trace_id(&trace),
        method = request.method().as_str(),
        path = &*logged_path(&request),
        user_id = Empty,
    );
    let answer = next.call(request).instrument(span.clone()).await;
    let entered = span.enter();
    let status = answer.as_ref().map_or(500, |it| it.status().as_u16());
    let error = answer.as_ref().ok().and_then(code_of);
    let latency_us = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
    let setting = setting.filter(|_| error == Some(ErrorCode::DISABLED_ENDPOINT.code));
    // Health is asked for every few seconds, and says nothing new.
    if rules.is_probe {
        tracing::debug!(status, latency_us, error, "call completed");
    } else if status >= 500 {
        tracing::error!(status, latency_us, error, "call completed with errors");
    } else {
        let setting = setting.as_deref();
        tracing::info!(status, latency_us, error, setting, "call completed");
    }
    drop(entered);
    let id = id.and_then(|it| it.header());
    let id = id.map(|value| (request_id::HEADER, value));
    let headers = trace.into_iter().chain(id);
    with_headers(answer, headers)
}

/// Also on the answer that stands behind an error, such as that of a panic.
fn with_headers<B>(
    answer: Result<ServiceResponse<B>, Error>,
    headers: impl Iterator<Item = (HeaderName, HeaderValue)>,
) -> Result<ServiceResponse<B>, Error> {
    match answer {
        Ok(mut answer) => {
            headers.for_each(|(name, value)| {
                answer.headers_mut().insert(name, value);
            });
            Ok(answer)
        }
        Err(error) => {
            let mut answer = error.error_response();
            headers.for_each(|(name, value)| {
                answer.headers_mut().insert(name, value);
            });
            Err(InternalError::from_response(error, answer).into())
        }
    }
}

fn trace_headers(headers: &HeaderMap) -> Vec<(HeaderName, HeaderValue)> {
    let present = |name: HeaderName| headers.get(&name).cloned().map(|value| (name, value));
    TRACE_HEADERS.into_iter().filter_map(present).collect()
}

/// The caller's trace id if it is one: any other text could forge log lines.
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
