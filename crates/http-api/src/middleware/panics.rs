//! A panic in a handler ends the request, not the worker.

use std::panic::AssertUnwindSafe;

use actix_web::{
    Error, HttpResponse,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    middleware::Next,
};
use futures_util::FutureExt;

/// Answers 500 with an empty body, as the original does, when the handler panicked.
pub(crate) async fn answer_500(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let original = request.request().clone();
    match AssertUnwindSafe(next.call(request)).catch_unwind().await {
        Ok(answer) => answer.map(ServiceResponse::map_into_boxed_body),
        Err(_panic) => {
            // The panic hook has already written the message and its place.
            tracing::error!("a handler panicked");
            Ok(ServiceResponse::new(
                original,
                HttpResponse::InternalServerError().finish(),
            ))
        }
    }
}
