//! Showing errors as the installation wants them: concealed where they tell whether an account
//! exists (`AUTH_CONCEAL_ERRORS`), and in the form that its clients know (`AUTH_API_COMPAT`).

use actix_web::{
    Error,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    middleware::Next,
    web::Data,
};

use super::ModernError;
use crate::state::AppState;

/// Replaces the answer of an error by the one that is wanted.
pub(crate) async fn render_errors(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let state = request.app_data::<Data<AppState>>().cloned();
    let answer = next.call(request).await?.map_into_boxed_body();
    let error = answer.response().error();
    let error = error.and_then(|it| it.as_error::<ModernError>());
    let wanted = state.zip(error).map(|(state, error)| {
        let settings = state.settings();
        error.answer(settings.conceal_errors, settings.compat)
    });
    Ok(match wanted {
        Some(wanted) => answer.into_response(wanted),
        None => answer,
    })
}
