//! Elevating an access token by a fresh proof of identity.

use actix_web::web::{self, Data};
use auth_domain::{
    one_time_code::OneTimeCode,
    services::{CodeChannel, ElevationMethod, SecondFactorProof},
    session::AccessIdentity,
    user::UserId,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{ErrorCode, ModernError, caller::OpenCaller, json::Json, reply::SignInReply};
use crate::{extract::device::SeenFrom, state::AppState};

/// The ways to elevate an access token.
#[derive(Serialize, ToSchema)]
#[schema(as = ElevationMethodsResponse)]
pub(crate) struct MethodsReply {
    methods: Vec<&'static str>,
}

fn name(method: ElevationMethod) -> &'static str {
    match method {
        ElevationMethod::Totp => "totp",
        ElevationMethod::Code(CodeChannel::Mail) => "otp-email",
        ElevationMethod::Code(CodeChannel::Text) => "otp-sms",
        ElevationMethod::SecurityKey => "webauthn",
    }
}

/// `GET /elevate`
pub(crate) async fn methods(
    state: Data<AppState>,
    OpenCaller(caller): OpenCaller,
) -> Result<web::Json<MethodsReply>, ModernError> {
    let methods = state
        .run(move |services| async move { services.elevation().methods(caller.user_id).await })
        .await??;
    Ok(web::Json(MethodsReply {
        methods: methods.into_iter().map(name).collect(),
    }))
}

/// The code that elevates.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ElevationRequest)]
pub(crate) struct CodeBody {
    otp: String,
}

/// `POST /elevate/totp`
pub(crate) async fn by_totp(
    state: Data<AppState>,
    seen_from: SeenFrom,
    OpenCaller(caller): OpenCaller,
    Json(body): Json<CodeBody>,
) -> Result<web::Json<SignInReply>, ModernError> {
    let proof = SecondFactorProof::read(&body.otp);
    let session = state
        .run_from(seen_from, move |services| async move {
            services.elevation().with_second_factor(caller, proof).await
        })
        .await??;
    Ok(web::Json(session.into()))
}

/// `POST /elevate/otp/email`
pub(crate) async fn send_mail(
    state: Data<AppState>,
    OpenCaller(caller): OpenCaller,
) -> Result<web::Json<&'static str>, ModernError> {
    send_code(&state, caller.user_id, CodeChannel::Mail).await
}

/// `POST /elevate/otp/sms`
pub(crate) async fn send_text(
    state: Data<AppState>,
    OpenCaller(caller): OpenCaller,
) -> Result<web::Json<&'static str>, ModernError> {
    send_code(&state, caller.user_id, CodeChannel::Text).await
}

async fn send_code(
    state: &AppState,
    caller: UserId,
    by: CodeChannel,
) -> Result<web::Json<&'static str>, ModernError> {
    state
        .run(move |services| async move { services.elevation().send_code(caller, by).await })
        .await??;
    Ok(web::Json("OK"))
}

/// `POST /elevate/otp/email/verify`
pub(crate) async fn by_mailed_code(
    state: Data<AppState>,
    seen_from: SeenFrom,
    OpenCaller(caller): OpenCaller,
    Json(body): Json<CodeBody>,
) -> Result<web::Json<SignInReply>, ModernError> {
    by_code(&state, seen_from, caller, CodeChannel::Mail, &body).await
}

/// `POST /elevate/otp/sms/verify`
pub(crate) async fn by_texted_code(
    state: Data<AppState>,
    seen_from: SeenFrom,
    OpenCaller(caller): OpenCaller,
    Json(body): Json<CodeBody>,
) -> Result<web::Json<SignInReply>, ModernError> {
    by_code(&state, seen_from, caller, CodeChannel::Text, &body).await
}

async fn by_code(
    state: &AppState,
    seen_from: SeenFrom,
    caller: AccessIdentity,
    by: CodeChannel,
    body: &CodeBody,
) -> Result<web::Json<SignInReply>, ModernError> {
    // What is no code is a wrong code.
    let code = OneTimeCode::parse(&body.otp).map_err(|_invalid| ErrorCode::INVALID_OTP)?;
    let session = state
        .run_from(seen_from, move |services| async move {
            services.elevation().with_code(caller, by, &code).await
        })
        .await??;
    Ok(web::Json(session.into()))
}
