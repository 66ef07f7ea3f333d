//! Signing out.

use actix_web::web::{self, Data};
use auth_domain::session::PlainRefreshToken;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{ErrorCode, ModernError, caller::OptionalCaller, json::Json};
use crate::{extract::members::non_null, state::AppState};

/// `SignOutRequest`; unlike all others it may have unknown members.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SignOutRequest)]
pub(crate) struct SignOutBody {
    #[serde(default, deserialize_with = "non_null")]
    #[schema(nullable = false)]
    refresh_token: Option<String>,
    #[serde(default)]
    all: bool,
}

/// `POST /signout`
pub(crate) async fn sign_out(
    state: Data<AppState>,
    OptionalCaller(caller): OptionalCaller,
    Json(body): Json<SignOutBody>,
) -> Result<web::Json<&'static str>, ModernError> {
    if body.all {
        let caller = caller.ok_or(ErrorCode::INVALID_REQUEST)?;
        let ended = state
            .run(move |services| async move { services.sign_out().end_all_sessions(caller).await })
            .await??;
        // The token of an ended session counts as none.
        let answer = ended.then_some(web::Json("OK"));
        return answer.ok_or_else(|| ErrorCode::INVALID_REQUEST.into());
    }
    let token = body
        .refresh_token
        .filter(|it| !it.is_empty())
        .ok_or(ErrorCode::INVALID_REQUEST)?;
    // A text that is no token has no session: signed out already.
    if let Ok(token) = PlainRefreshToken::parse(&token) {
        state
            .run(move |services| async move { services.sign_out().end_session(token).await })
            .await??;
    }
    Ok(web::Json("OK"))
}
