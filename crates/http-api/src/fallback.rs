//! What no route serves.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{Method, StatusCode, header},
    web::Data,
};

use crate::{
    legacy::LegacyError,
    routes::{Route, routes_with},
    state::AppState,
};

/// Redirects `/path/` to `/path` where that is a route, as the original's router does; anything
/// else does not exist. A wrong method is answered like a wrong path: there is no 405.
pub(crate) async fn unknown(state: Data<AppState>, request: HttpRequest) -> HttpResponse {
    let path = request.path();
    if let Some(trimmed) = path.strip_suffix('/') {
        let settings = state.settings();
        let serves = |it: &Route| it.serves(request.method(), trimmed, settings);
        if routes_with(settings).any(serves) {
            return redirect(&request, trimmed);
        }
    }
    if path == "/v1" || path.starts_with("/v1/") {
        return actix_web::ResponseError::error_response(&LegacyError::unknown_url());
    }
    HttpResponse::NotFound()
        .content_type("text/plain")
        .body("404 page not found")
}

fn redirect(request: &HttpRequest, path: &str) -> HttpResponse {
    let status = if request.method() == Method::GET {
        StatusCode::MOVED_PERMANENTLY
    } else {
        StatusCode::TEMPORARY_REDIRECT
    };
    let query = request.query_string();
    let location = if query.is_empty() {
        path.to_owned()
    } else {
        format!("{path}?{query}")
    };
    HttpResponse::build(status)
        .insert_header((header::LOCATION, location))
        .finish()
}
