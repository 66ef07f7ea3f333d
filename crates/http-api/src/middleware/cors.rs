//! CORS as modern-API clients rely on it: every origin may ask, because nothing but a bearer token
//! gives access. Whether an origin may use the *cookie* of the legacy API is decided where the
//! cookie is read (CSRF). What is open to every client that reaches it is closed to other origins
//! altogether.

use actix_web::{
    Error, HttpResponse,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{
        Method,
        header::{self, HeaderMap, HeaderName, HeaderValue},
    },
    middleware::Next,
    web::Data,
};

use crate::{
    endpoint::{Endpoints, path_of},
    state::AppState,
};

/// Answers preflight requests, and adds the headers to all others that name an origin.
pub(crate) async fn add_headers(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    if is_closed(&request) {
        return Ok(next.call(request).await?.map_into_boxed_body());
    }
    let origin = request.headers().get(header::ORIGIN).cloned();
    let wanted = request
        .headers()
        .get(header::ACCESS_CONTROL_REQUEST_HEADERS)
        .cloned();
    let is_preflight = request.method() == Method::OPTIONS;
    let mut answer = if is_preflight {
        request.into_response(HttpResponse::NoContent().finish())
    } else {
        next.call(request).await?.map_into_boxed_body()
    };
    if is_preflight || origin.is_some() {
        allow(answer.headers_mut(), origin, wanted);
    }
    Ok(answer)
}

fn is_closed(request: &ServiceRequest) -> bool {
    let state = request.app_data::<Data<AppState>>();
    let (Some(state), Some(endpoints)) = (state, Endpoints::of(request)) else {
        return true;
    };
    endpoints.is_closed_to_other_origins(path_of(request), &state.settings().prefix)
}

fn allow(headers: &mut HeaderMap, origin: Option<HeaderValue>, wanted: Option<HeaderValue>) {
    const FIXED: [(HeaderName, &str); 5] = [
        (header::ACCESS_CONTROL_ALLOW_METHODS, "POST, GET"),
        (header::ACCESS_CONTROL_ALLOW_CREDENTIALS, "true"),
        (header::ACCESS_CONTROL_MAX_AGE, "86400"),
        // Not in the original: the first lets a page report the request id that the log has.
        (
            header::ACCESS_CONTROL_EXPOSE_HEADERS,
            "X-Request-Id, Retry-After",
        ),
        (header::VARY, "Origin, Access-Control-Request-Method"),
    ];
    let empty = HeaderValue::from_static("");
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_ORIGIN,
        origin.unwrap_or_else(|| empty.clone()),
    );
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_HEADERS,
        wanted.unwrap_or(empty),
    );
    for (name, value) in FIXED {
        headers.insert(name, HeaderValue::from_static(value));
    }
}
