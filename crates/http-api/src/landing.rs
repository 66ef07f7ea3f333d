//! The landing page, served where no application is configured.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path, ServiceConfig, get},
};
use pages::landing;

use crate::{embedded, fallback, routes::resource, settings::ApiSettings, state::AppState};

/// Where it is served, behind the prefix of the API.
pub const LANDING_PATH: &str = "/landing";

/// Registers the page and its files behind the prefix.
pub(crate) fn configure(config: &mut ServiceConfig, settings: &ApiSettings) {
    let prefix = &settings.prefix;
    config
        .service(resource(&format!("{prefix}{LANDING_PATH}")).route(get().to(page)))
        .service(resource(&format!("{prefix}{LANDING_PATH}/{{name}}")).route(get().to(file)));
}

/// `GET /landing`
async fn page() -> HttpResponse {
    embedded::page(landing::PAGE, landing::CONTENT_SECURITY_POLICY)
}

/// `GET /landing/…`
async fn file(state: Data<AppState>, name: Path<String>, request: HttpRequest) -> HttpResponse {
    match landing::file(&name) {
        Some(file) => embedded::part(file),
        None => fallback::unknown(state, request).await,
    }
}
