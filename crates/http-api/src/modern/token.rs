//! Refreshing and checking tokens.

use actix_web::web::{self, Data};
use auth_domain::session::{CodeVerifier, ExchangeCode, PlainRefreshToken};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    ErrorCode, ModernError,
    caller::OptionalCaller,
    json::{Json, OptionalJson},
    reply::{SessionReply, SignInReply},
};
use crate::{
    extract::{
        device::SeenFrom,
        members::{UuidLike, non_null},
    },
    state::AppState,
};

/// The token to be replaced.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = RefreshTokenRequest)]
pub(crate) struct RefreshBody {
    refresh_token: UuidLike,
}

/// `POST /token`
pub(crate) async fn refresh(
    state: Data<AppState>,
    seen_from: SeenFrom,
    Json(body): Json<RefreshBody>,
) -> Result<web::Json<SessionReply>, ModernError> {
    let token = PlainRefreshToken::parse(&body.refresh_token.0)
        .map_err(|_invalid| ErrorCode::INVALID_REFRESH_TOKEN)?;
    let session = state
        .run_from(seen_from, move |services| async move {
            services.tokens().refresh(token).await
        })
        .await??;
    Ok(web::Json(session.into()))
}

/// The access token to be checked; without one, that of the header is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = VerifyTokenRequest)]
pub(crate) struct VerifyBody {
    #[serde(default, deserialize_with = "non_null")]
    #[schema(nullable = false)]
    token: Option<String>,
}

/// `POST /token/verify`
pub(crate) async fn verify(
    state: Data<AppState>,
    OptionalCaller(caller): OptionalCaller,
    OptionalJson(body): OptionalJson<VerifyBody>,
) -> Result<web::Json<&'static str>, ModernError> {
    if let Some(token) = body.and_then(|it| it.token) {
        let token = token.strip_prefix("Bearer ").unwrap_or(&token);
        let checked = state.services().current_user().identify(token);
        checked.map_err(|_invalid| ErrorCode::INVALID_REQUEST)?;
        return Ok(web::Json("OK"));
    }
    let caller = caller.ok_or(ErrorCode::INVALID_REQUEST)?;
    state
        .run(move |services| async move { services.current_user().get(caller.user_id).await })
        .await??;
    Ok(web::Json("OK"))
}

/// A code of a redirect, and what proves whose it is.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = TokenExchangeRequest)]
pub(crate) struct ExchangeBody {
    code: String,
    #[schema(pattern = "^[A-Za-z0-9._~-]{43,128}$")]
    code_verifier: String,
}

/// `POST /token/exchange`
pub(crate) async fn exchange(
    state: Data<AppState>,
    seen_from: SeenFrom,
    Json(body): Json<ExchangeBody>,
) -> Result<web::Json<SignInReply>, ModernError> {
    let code = ExchangeCode::presented(&body.code);
    let verifier =
        CodeVerifier::parse(&body.code_verifier).map_err(|_invalid| ErrorCode::INVALID_REQUEST)?;
    let session = state
        .run_from(seen_from, |services| async move {
            services.email_links().exchange(code, verifier).await
        })
        .await??;
    Ok(web::Json(session.into()))
}
