//! The API console, served where the settings ask for it.

use actix_web::{
    HttpRequest, HttpResponse,
    http::header,
    web::{Data, Path},
};
use pages::console;

use crate::{embedded, endpoint::Endpoints, fallback};

/// `GET /console`
pub(crate) async fn page() -> HttpResponse {
    embedded::page(console::PAGE, console::CONTENT_SECURITY_POLICY)
}

/// `GET /console/`, from where the page would not find its files. The redirect is relative, so that
/// it is right behind a proxy as well.
pub(crate) async fn without_slash() -> HttpResponse {
    HttpResponse::MovedPermanently()
        .insert_header((header::LOCATION, "../console"))
        .finish()
}

/// `GET /console/…`
pub(crate) async fn file(
    endpoints: Data<Endpoints>,
    name: Path<String>,
    request: HttpRequest,
) -> HttpResponse {
    match console::file(&name) {
        Some(file) => embedded::part(file),
        None => fallback::unknown(endpoints, request).await,
    }
}
