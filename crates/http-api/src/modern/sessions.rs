//! The sessions of a user: endpoints of ours.

use actix_web::web::{self, Data};
use auth_domain::session::{AccessIdentity, OpenSession, SessionId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{ErrorCode, ModernError, caller::OpenCaller, json::Json, reply::timestamp};
use crate::{extract::members::UuidLike, state::AppState};

/// A session as its owner sees it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = OpenSession)]
struct OpenSessionReply {
    id: Uuid,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime)]
    last_seen_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    user_agent: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    ip_address: Option<String>,
    amr: Vec<&'static str>,
    is_current: bool,
}

/// The sessions of a user, the newest first.
#[derive(Serialize, ToSchema)]
#[schema(as = SessionsResponse)]
pub(crate) struct SessionsReply {
    sessions: Vec<OpenSessionReply>,
}

/// `GET /user/sessions`
pub(crate) async fn list(
    state: Data<AppState>,
    OpenCaller(caller): OpenCaller,
) -> Result<web::Json<SessionsReply>, ModernError> {
    let sessions = state
        .run(move |services| async move { services.sessions().list(caller.user_id).await })
        .await??;
    let sessions = sessions.into_iter().map(|it| shown(it, caller)).collect();
    Ok(web::Json(SessionsReply { sessions }))
}

fn shown(session: OpenSession, caller: AccessIdentity) -> OpenSessionReply {
    let device = session.device;
    OpenSessionReply {
        id: session.id.0,
        created_at: timestamp(session.created_at),
        last_seen_at: timestamp(session.last_seen),
        user_agent: device.user_agent.map(|it| it.as_str().to_owned()),
        ip_address: device.network.map(|it| it.as_str().to_owned()),
        amr: session.methods.claim_values().collect(),
        is_current: caller.session == Some(session.id),
    }
}

/// The session to end.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = EndSessionRequest)]
pub(crate) struct EndBody {
    session_id: UuidLike,
}

/// `POST /user/sessions/end`
pub(crate) async fn end(
    state: Data<AppState>,
    OpenCaller(caller): OpenCaller,
    Json(body): Json<EndBody>,
) -> Result<web::Json<&'static str>, ModernError> {
    let id = Uuid::try_parse(&body.session_id.0).map_err(|_other| ErrorCode::INVALID_REQUEST)?;
    state
        .run(move |services| async move { services.sessions().end(caller, SessionId(id)).await })
        .await??;
    Ok(web::Json("OK"))
}

/// `POST /user/sessions/end-others`
pub(crate) async fn end_others(
    state: Data<AppState>,
    OpenCaller(caller): OpenCaller,
) -> Result<web::Json<&'static str>, ModernError> {
    state
        .run(move |services| async move { services.sessions().end_others(caller).await })
        .await??;
    Ok(web::Json("OK"))
}
