//! Refusing clients that ask too often.

use actix_web::{
    Error, HttpResponse, ResponseError,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{StatusCode, header},
    middleware::Next,
    web::Data,
};
use auth_domain::limits::TooMany;

use crate::{
    compat::Compat,
    legacy::LegacyError,
    modern::ModernError,
    routes::{Generation, path_of},
    state::AppState,
};

/// Counts the request, and answers 429 if it is one too many.
pub(crate) async fn refuse_too_many(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let Some(state) = request.app_data::<Data<AppState>>().cloned() else {
        return Ok(next.call(request).await?.map_into_boxed_body());
    };
    let generation = Generation::of(path_of(&request));
    let answer = match count(&request, &state).await {
        Ok(()) => next.call(request).await?.map_into_boxed_body(),
        Err(too_many) => request.into_response(refusal(generation, too_many)),
    };
    Ok(for_version(state.settings().compat, generation, answer))
}

async fn count(request: &ServiceRequest, state: &AppState) -> Result<(), TooMany> {
    let Some((limiter, limits)) = state.request_limits() else {
        return Ok(());
    };
    let settings = state.settings();
    let client = settings.trusted_proxies.client_of(request.head());
    let path = path_of(request);
    limits.count(limiter, path, &settings.prefix, client).await
}

fn refusal(generation: Generation, too_many: TooMany) -> HttpResponse {
    match generation {
        Generation::Modern => ModernError::from(too_many).error_response(),
        Generation::Legacy => LegacyError::from(too_many).error_response(),
    }
}

/// Also for limits that a service keeps: clients of the original know no body of a 429.
fn for_version(
    compat: Compat,
    generation: Generation,
    mut answer: ServiceResponse<BoxBody>,
) -> ServiceResponse<BoxBody> {
    let is_empty = answer.status() == StatusCode::TOO_MANY_REQUESTS
        && generation == Generation::Modern
        && !compat.explains_too_many_requests();
    if !is_empty {
        return answer;
    }
    answer.headers_mut().remove(header::CONTENT_TYPE);
    answer.map_body(|_, _| BoxBody::new(()))
}
