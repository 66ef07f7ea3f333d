//! Health, readiness, version and keys.

use std::hash::{DefaultHasher, Hash, Hasher};

use actix_web::{
    HttpRequest, HttpResponse, HttpResponseBuilder,
    http::{
        Method, StatusCode,
        header::{self, ContentType, ETag, EntityTag, Header, IfNoneMatch},
    },
    web::{Data, Json},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{readiness::Requirement, state::AppState};

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

/// `GET /readyz`: requests can be served now. It asks the database, so it is no reason to restart
/// a server, but to send requests elsewhere.
pub(crate) async fn readiness(state: Data<AppState>) -> HttpResponse {
    let missing = state.missing().await;
    let mut answer = readiness_answer(&missing);
    if missing.is_empty() {
        return answer.json(HealthReply { status: "ok" });
    }
    answer.json(NotReadyReply {
        status: "unavailable",
        missing,
    })
}

/// `HEAD /readyz`
pub(crate) async fn readiness_head(state: Data<AppState>) -> HttpResponse {
    readiness_answer(&state.missing().await).finish()
}

/// `GET /readyz` and `HEAD /readyz` of a server that waits for its database.
pub(crate) async fn waits_for_database(request: HttpRequest) -> HttpResponse {
    let missing = vec![Requirement::Database];
    let mut answer = readiness_answer(&missing);
    if request.method() == Method::HEAD {
        return answer.finish();
    }
    answer.json(NotReadyReply {
        status: "unavailable",
        missing,
    })
}

fn readiness_answer(missing: &[Requirement]) -> HttpResponseBuilder {
    HttpResponse::build(if missing.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    })
}

/// Requests cannot be served now.
#[derive(Serialize, ToSchema)]
#[schema(as = NotReadyResponse)]
pub(crate) struct NotReadyReply {
    status: &'static str,
    /// What is missing.
    missing: Vec<Requirement>,
}

/// The server is healthy, or ready.
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

/// `GET /.well-known/jwks.json`: public, and requested often by programs that verify tokens.
///
/// Its tag says whether the keys are those that the client knows (RFC 9110 §13.1.2).
pub(crate) async fn jwks(state: Data<AppState>, request: HttpRequest) -> HttpResponse {
    let keys = state.signer().public_keys().0;
    let tag = tag_of(&keys);
    let mut answer = HttpResponse::Ok();
    answer
        .insert_header((header::CACHE_CONTROL, "public, max-age=300"))
        .insert_header(ETag(tag.clone()));
    if is_known(&request, &tag) {
        return answer.status(StatusCode::NOT_MODIFIED).finish();
    }
    answer.content_type(ContentType::json()).body(keys)
}

fn tag_of(text: &str) -> EntityTag {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    EntityTag::new_strong(format!("{:016x}", hasher.finish()))
}

/// A list of tags that cannot be parsed counts as none.
fn is_known(request: &HttpRequest, tag: &EntityTag) -> bool {
    match IfNoneMatch::parse(request) {
        Ok(IfNoneMatch::Any) => true,
        Ok(IfNoneMatch::Items(known)) => known.iter().any(|it| it.weak_eq(tag)),
        Err(_) => false,
    }
}
