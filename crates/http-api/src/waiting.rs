//! What is served until there is a database: that the process lives, and that it cannot work yet.

use actix_web::{
    App, Error, HttpRequest, HttpResponse, ResponseError,
    body::MessageBody,
    dev::{ServiceFactory, ServiceRequest, ServiceResponse},
    web,
};

use crate::{
    endpoints::server::{HEALTH, READINESS},
    legacy::LegacyError,
    modern::{self, ErrorCode, ErrorForm, ModernError},
};

/// The application of a server that waits for its database: `/healthz`, also behind `prefix`, is
/// well, `/readyz` names the database as missing, and all else is a 503 with `Retry-After` in the
/// shape of its generation.
pub fn waiting_app(
    prefix: &str,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody + use<>>,
        Error = Error,
        InitError = (),
    > + use<>,
> {
    let readiness = |prefix: &str| {
        web::resource(format!("{prefix}{READINESS}"))
            .route(web::get().to(modern::system::waits_for_database))
            .route(web::head().to(modern::system::waits_for_database))
    };
    let app = App::new().service(readiness(prefix)).service(
        web::resource(format!("{prefix}{HEALTH}"))
            .route(web::get().to(modern::system::health))
            .route(web::head().to(modern::system::health_head)),
    );
    let app = if prefix.is_empty() {
        app
    } else {
        app.service(readiness("")).service(
            web::resource(HEALTH)
                .route(web::get().to(modern::system::unprefixed_health))
                .route(web::head().to(modern::system::health_head)),
        )
    };
    app.default_service(web::to(unavailable))
}

async fn unavailable(request: HttpRequest) -> HttpResponse {
    if request.path().starts_with("/v1/") {
        return LegacyError::not_ready().error_response();
    }
    ModernError::from(ErrorCode::TEMPORARILY_UNAVAILABLE).answer(ErrorForm::default())
}

#[cfg(test)]
mod tests {
    use actix_web::{
        http::{Method, header},
        test::{TestRequest, call_service, init_service, read_body_json},
    };
    use serde_json::{Value, json};

    use super::*;

    #[actix_web::test]
    async fn it_lives_and_cannot_work() {
        let app = init_service(waiting_app("/auth")).await;

        for path in ["/healthz", "/auth/healthz"] {
            let health = call_service(&app, TestRequest::get().uri(path).to_request()).await;
            assert_eq!(health.status(), 200);
        }
        for path in ["/readyz", "/auth/readyz"] {
            let ready = call_service(&app, TestRequest::get().uri(path).to_request()).await;
            assert_eq!(ready.status(), 503);
            let expected = json!({ "status": "unavailable", "missing": ["database"] });
            assert_eq!(read_body_json::<Value, _>(ready).await, expected);
            let head = TestRequest::default().method(Method::HEAD).uri(path);
            let head = call_service(&app, head.to_request()).await;
            assert_eq!(head.status(), 503);
        }
        for (path, error) in [
            (
                "/auth/token",
                json!({
                    "status": 503,
                    "message": "The service is temporarily unavailable, please try again later",
                    "error": "temporarily-unavailable",
                }),
            ),
            (
                "/v1/login",
                json!({
                    "code": "unexpected-state",
                    "message": "service is temporarily unavailable",
                }),
            ),
        ] {
            let answer = call_service(&app, TestRequest::post().uri(path).to_request()).await;
            assert_eq!(answer.status(), 503);
            assert_eq!(answer.headers().get(header::RETRY_AFTER).unwrap(), "2");
            assert_eq!(read_body_json::<Value, _>(answer).await, error);
        }
    }
}
