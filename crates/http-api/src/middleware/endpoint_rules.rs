//! Finds the row of a request, once for all middleware that asks for it.

use actix_web::{
    Error, HttpMessage,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    middleware::Next,
};

use crate::{
    endpoint::{Endpoints, PathRules, path_of},
    settings::ApiSettings,
};

/// Notes the rules of the path that is asked for on the request.
pub(crate) async fn find(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let rules = Endpoints::of(&request).and_then(|it| it.rules_for(&request));
    if let Some(rules) = rules {
        request.extensions_mut().insert(rules);
    }
    next.call(request).await
}

/// The rules that were noted; `None` where the path is no endpoint's.
pub(super) fn rules_of(request: &ServiceRequest) -> Option<PathRules> {
    request.extensions().get::<PathRules>().copied()
}

/// The path for rules on paths that are no endpoint's.
pub(super) fn path_without_prefix<'a>(
    request: &'a ServiceRequest,
    settings: &ApiSettings,
) -> &'a str {
    let path = path_of(request);
    path.strip_prefix(settings.prefix.as_str()).unwrap_or(path)
}
