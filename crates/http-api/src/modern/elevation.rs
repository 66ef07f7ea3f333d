//! Elevating an access token by a fresh proof of identity.

use actix_web::web::{self, Data};
use auth_domain::{
    one_time_code::OneTimeCode,
    services::{ElevationMethod, SecondFactorProof},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    ErrorCode, ModernError,
    caller::{Caller, OpenCaller},
    json::Json,
    reply::SignInReply,
};
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
        ElevationMethod::EmailCode => "otp-email",
        ElevationMethod::SecurityKey => "webauthn",
    }
}

/// `GET /elevate`
pub(crate) async fn methods(
    state: Data<AppState>,
    Caller(caller): Caller,
) -> Result<web::Json<MethodsReply>, ModernError> {
    let methods = state
        .run(move |services| async move { services.elevation.methods(caller).await })
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
            services.elevation.with_second_factor(caller, proof).await
        })
        .await??;
    Ok(web::Json(session.into()))
}

/// `POST /elevate/otp/email`
pub(crate) async fn send_code(
    state: Data<AppState>,
    Caller(caller): Caller,
) -> Result<web::Json<&'static str>, ModernError> {
    state
        .run(move |services| async move { services.elevation.send_code(caller).await })
        .await??;
    Ok(web::Json("OK"))
}

/// `POST /elevate/otp/email/verify`
pub(crate) async fn by_code(
    state: Data<AppState>,
    seen_from: SeenFrom,
    OpenCaller(caller): OpenCaller,
    Json(body): Json<CodeBody>,
) -> Result<web::Json<SignInReply>, ModernError> {
    // What is no code is a wrong code.
    let code = OneTimeCode::parse(&body.otp).map_err(|_invalid| ErrorCode::INVALID_OTP)?;
    let session = state
        .run_from(seen_from, move |services| async move {
            services.elevation.with_code(caller, &code).await
        })
        .await??;
    Ok(web::Json(session.into()))
}
