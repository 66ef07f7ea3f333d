//! What no endpoint serves.

use actix_web::{
    HttpRequest, HttpResponse, ResponseError,
    http::{Method, StatusCode, header},
    web::Data,
};

use crate::{endpoint::Endpoints, legacy::LegacyError};

/// Redirects `/path/` to `/path` where that is an endpoint, as the original's router does; anything
/// else does not exist. A wrong method is answered like a wrong path: there is no 405.
pub(crate) async fn unknown(endpoints: Data<Endpoints>, request: HttpRequest) -> HttpResponse {
    let path = request.path();
    if let Some(trimmed) = path.strip_suffix('/')
        && endpoints.is_path_without_slash(&request, trimmed)
    {
        return redirect(&request, trimmed);
    }
    if path == "/v1" || path.starts_with("/v1/") {
        return LegacyError::unknown_url().error_response();
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
