//! Rendering errors as configured: concealed where they tell whether an account exists (user
//! enumeration, `AUTH_CONCEAL_ERRORS`), and in the form that clients know (`AUTH_API_COMPAT`).

use actix_web::{
    Error,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    middleware::Next,
    web::Data,
};

use super::{ErrorForm, ModernError};
use crate::state::AppState;

/// Writes the answer of an error, once for all endpoints and for what middleware refuses.
pub(crate) async fn render_errors(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let state = request.app_data::<Data<AppState>>().cloned();
    let answer = next.call(request).await?.map_into_boxed_body();
    let error = answer.response().error();
    let error = error.and_then(|it| it.as_error::<ModernError>());
    let wanted = state
        .zip(error)
        .map(|(state, error)| error.answer(ErrorForm::from(state.settings())));
    Ok(match wanted {
        Some(wanted) => answer.into_response(wanted),
        None => answer,
    })
}
