//! Health, version and keys.

use actix_web::{
    HttpResponse,
    http::header::{self, ContentType},
    web::{Data, Json},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::state::AppState;

/// `GET /healthz`: the process serves requests. It asks nothing of the database, so that a
/// database that is away does not get the server restarted.
pub(crate) async fn health() -> Json<&'static str> {
    Json("OK")
}

/// `HEAD /healthz`
pub(crate) async fn health_head() -> HttpResponse {
    HttpResponse::Ok().finish()
}

/// `GET /healthz` beside a prefix.
pub(crate) async fn unprefixed_health() -> Json<HealthReply> {
    Json(HealthReply { status: "ok" })
}

/// The health of a server behind a prefix.
#[derive(Serialize, ToSchema)]
#[schema(as = HealthResponse)]
pub(crate) struct HealthReply {
    status: &'static str,
}

/// `GET /version`
pub(crate) async fn version(state: Data<AppState>) -> Json<VersionReply> {
    let version = state.settings().version.clone();
    Json(VersionReply { version })
}

/// The version of the server.
#[derive(Serialize, ToSchema)]
#[schema(as = VersionResponse)]
pub(crate) struct VersionReply {
    version: String,
}

/// `GET /.well-known/jwks.json`: public, and asked for often by whoever checks tokens.
pub(crate) async fn jwks(state: Data<AppState>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type(ContentType::json())
        .insert_header((header::CACHE_CONTROL, "public, max-age=300"))
        .body(state.signer().public_keys().0)
}
