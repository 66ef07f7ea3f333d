//! The API console, served where an installation asks for it.

use actix_web::{
    HttpRequest, HttpResponse,
    http::header,
    web::{Data, Path, ServiceConfig, get},
};
use pages::console;

use crate::{embedded, fallback, routes::resource, settings::ApiSettings, state::AppState};

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
    embedded::page(console::PAGE, console::CONTENT_SECURITY_POLICY)
}

/// `GET /console/`, from where the page would not find its files. The way back is relative, so
/// that it is right behind a proxy as well.
async fn without_slash() -> HttpResponse {
    HttpResponse::MovedPermanently()
        .insert_header((header::LOCATION, "../console"))
        .finish()
}

/// `GET /console/…`
async fn file(state: Data<AppState>, name: Path<String>, request: HttpRequest) -> HttpResponse {
    match console::file(&name) {
        Some(file) => embedded::part(file),
        None => fallback::unknown(state, request).await,
    }
}
