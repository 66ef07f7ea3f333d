//! The API console, served where an installation asks for it.

use actix_web::{
    HttpResponse,
    http::header::{self, ContentEncoding, HeaderName, HeaderValue},
    web::{Data, Path, ServiceConfig, get},
};
use console::File;

use crate::{fallback, routes::resource, settings::ApiSettings, state::AppState};

/// Registers the page and its files behind the prefix.
pub(crate) fn configure(config: &mut ServiceConfig, settings: &ApiSettings) {
    let at = |path: &str| resource(&format!("{}{path}", settings.prefix));
    config
        .service(at("/console").route(get().to(page)))
        .service(at("/console/").route(get().to(without_slash)))
        .service(at("/console/{name}").route(get().to(file)));
}

/// `GET /console`
async fn page() -> HttpResponse {
    let mut answer = served(console::PAGE);
    let headers = answer.headers_mut();
    let policy = HeaderValue::from_static(console::CONTENT_SECURITY_POLICY);
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    let referrer = HeaderValue::from_static("no-referrer");
    headers.insert(header::REFERRER_POLICY, referrer);
    answer
}

/// `GET /console/`, from where the page would not find its files. The way back is relative, so
/// that it is right behind a proxy as well.
async fn without_slash() -> HttpResponse {
    HttpResponse::MovedPermanently()
        .insert_header((header::LOCATION, "../console"))
        .finish()
}

/// `GET /console/…`
async fn file(
    state: Data<AppState>,
    name: Path<String>,
    request: actix_web::HttpRequest,
) -> HttpResponse {
    let Some(file) = console::file(&name) else {
        return fallback::unknown(state, request).await;
    };
    let mut answer = served(file);
    // They hold nothing of anybody, and change with the server only.
    let age = HeaderValue::from_static("public, max-age=3600");
    answer.headers_mut().insert(header::CACHE_CONTROL, age);
    answer
}

/// No browser may take a file for anything but what it is said to be.
const AS_SAID: (HeaderName, &str) = (header::X_CONTENT_TYPE_OPTIONS, "nosniff");

fn served(file: File) -> HttpResponse {
    let mut answer = HttpResponse::Ok();
    if file.gzipped {
        answer.insert_header(ContentEncoding::Gzip);
    }
    answer
        .insert_header(AS_SAID)
        .content_type(file.content_type)
        .body(file.content.into_owned())
}
