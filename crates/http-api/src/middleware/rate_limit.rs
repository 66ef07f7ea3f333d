//! Rate limit: refusing clients that ask too often.

use actix_web::{
    Error,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    middleware::Next,
    web::Data,
};
use auth_domain::limits::TooMany;

use super::endpoint_rules::{path_without_prefix, rules_of};
use crate::{
    endpoint::Generation, legacy::LegacyError, modern::ModernError,
    request_limits::limits_of_unknown_path, state::AppState,
};

/// Counts the request, and answers 429 if it is one too many.
pub(crate) async fn refuse_too_many(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let Some(state) = request.app_data::<Data<AppState>>().cloned() else {
        return Ok(next.call(request).await?.map_into_boxed_body());
    };
    match count(&request, &state).await {
        Ok(()) => Ok(next.call(request).await?.map_into_boxed_body()),
        Err(too_many) => Ok(refusal(request, too_many)),
    }
}

async fn count(request: &ServiceRequest, state: &AppState) -> Result<(), TooMany> {
    let Some((limiter, limits)) = state.request_limits() else {
        return Ok(());
    };
    let settings = state.settings();
    let client = settings.trusted_proxies.client_of(request.head());
    match rules_of(request) {
        // A 429 to a probe would take a busy server away from its load balancer.
        Some(rules) if rules.is_probe => Ok(()),
        Some(rules) => limits.count(limiter, rules.rate_limits, client).await,
        None => {
            let path = path_without_prefix(request, settings);
            let named = limits_of_unknown_path(path);
            limits.count(limiter, &named, client).await
        }
    }
}

/// The error goes with the answer, for `render_errors` to write it.
fn refusal(request: ServiceRequest, too_many: TooMany) -> ServiceResponse<BoxBody> {
    match rules_of(&request).unwrap_or_default().generation {
        Generation::Modern => request.error_response(ModernError::from(too_many)),
        Generation::Legacy => request.error_response(LegacyError::from(too_many)),
    }
}
