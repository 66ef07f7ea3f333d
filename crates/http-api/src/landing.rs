//! The landing page, served where no application is configured.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path},
};
use pages::landing;

use crate::{embedded, endpoint::Endpoints, fallback};

/// Where it is served, behind the prefix of the API.
pub const LANDING_PATH: &str = "/landing";

/// `GET /landing`
pub(crate) async fn page() -> HttpResponse {
    embedded::page(landing::PAGE, landing::CONTENT_SECURITY_POLICY)
}

/// `GET /landing/…`
pub(crate) async fn file(
    endpoints: Data<Endpoints>,
    name: Path<String>,
    request: HttpRequest,
) -> HttpResponse {
    match landing::file(&name) {
        Some(file) => embedded::part(file),
        None => fallback::unknown(endpoints, request).await,
    }
}
