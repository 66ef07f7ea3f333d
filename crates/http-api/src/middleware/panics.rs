//! A panic in a handler ends the request, not the worker.

use std::panic::AssertUnwindSafe;

use actix_web::{
    Error, HttpResponse,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    error::InternalError,
    middleware::Next,
};
use futures_util::FutureExt;

/// Answers 500 with an empty body, as the original does, when the handler panicked.
pub(crate) async fn answer_500(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    // A copy of the request cannot be kept for the answer: the router needs the only one.
    AssertUnwindSafe(next.call(request))
        .catch_unwind()
        .await
        .unwrap_or_else(|_panic| {
            // The panic hook has already written the message and its place.
            tracing::error!("a handler panicked");
            let answer = HttpResponse::InternalServerError().finish();
            Err(InternalError::from_response("a handler panicked", answer).into())
        })
}

#[cfg(test)]
mod tests {
    use actix_web::{App, body::BodySize, http::StatusCode, middleware::from_fn, test, web};

    use super::*;

    async fn panicking() -> &'static str {
        panic!("provoked by a test")
    }

    #[actix_web::test]
    async fn a_panic_in_a_handler_is_an_empty_500() {
        let app = App::new()
            .route("/", web::get().to(panicking))
            .wrap(from_fn(answer_500));
        let app = test::init_service(app).await;

        let request = test::TestRequest::get().to_request();
        let error = test::try_call_service(&app, request).await.err().unwrap();

        let answer = error.error_response();
        assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(answer.body().size(), BodySize::Sized(0));
    }
}
