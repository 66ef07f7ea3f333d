//! Concealing errors that tell whether an account exists (`AUTH_CONCEAL_ERRORS`).

use actix_web::{
    Error, ResponseError,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    middleware::Next,
    web::Data,
};

use super::{ErrorCode, ModernError};
use crate::state::AppState;

/// Replaces a telling error by `invalid-request`, where that is configured.
pub(crate) async fn conceal_errors(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let concealing = request
        .app_data::<Data<AppState>>()
        .is_some_and(|it| it.settings().conceal_errors);
    let answer = next.call(request).await?.map_into_boxed_body();
    let error = answer
        .response()
        .error()
        .and_then(|error| error.as_error::<ModernError>());
    let telling = error
        .and_then(ModernError::code)
        .is_some_and(|code| code.concealed);
    if concealing && telling {
        let concealed = ModernError::Code(ErrorCode::INVALID_REQUEST).error_response();
        return Ok(answer.into_response(concealed));
    }
    Ok(answer)
}
