//! Signing in by text message.

use actix_web::web::{self, Data};
use auth_domain::{
    one_time_code::OneTimeCode,
    services::{Audience, SmsCode, SmsSignIn},
};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{ErrorCode, ModernError, json::Json, options::OptionsBody, reply::SignInReply};
use crate::{
    extract::{
        device::SeenFrom,
        members::{Phone, non_null_object},
    },
    state::AppState,
};

/// Whom to send a code.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = SignInPasswordlessSmsRequest)]
pub(crate) struct SmsBody {
    phone_number: Phone,
    #[serde(default, deserialize_with = "non_null_object")]
    #[schema(nullable = false)]
    options: Option<OptionsBody>,
}

/// `POST /signin/passwordless/sms`
pub(crate) async fn sign_in(
    state: Data<AppState>,
    Json(body): Json<SmsBody>,
) -> Result<web::Json<&'static str>, ModernError> {
    send_code(&state, body, Audience::AllUsers).await
}

/// `POST /signup/passwordless/sms`
pub(crate) async fn sign_up(
    state: Data<AppState>,
    Json(body): Json<SmsBody>,
) -> Result<web::Json<&'static str>, ModernError> {
    send_code(&state, body, Audience::NewUsers).await
}

async fn send_code(
    state: &AppState,
    body: SmsBody,
    audience: Audience,
) -> Result<web::Json<&'static str>, ModernError> {
    let request = SmsSignIn {
        phone_number: body.phone_number.0,
        options: body.options.unwrap_or_default().into(),
        audience,
    };
    state
        .run(|services| async move { services.sms_sign_in().send_code(request).await })
        .await??;
    Ok(web::Json("OK"))
}

/// A code from a text message.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = SignInPasswordlessSmsOtpRequest)]
pub(crate) struct CodeBody {
    phone_number: Phone,
    otp: String,
}

/// `POST /signin/passwordless/sms/otp`
pub(crate) async fn verify_code(
    state: Data<AppState>,
    seen_from: SeenFrom,
    Json(body): Json<CodeBody>,
) -> Result<web::Json<SignInReply>, ModernError> {
    // What is no code is a wrong code.
    let wrong = |_invalid| ModernError::TextedCode(ErrorCode::INVALID_OTP);
    let code = OneTimeCode::parse(&body.otp).map_err(wrong)?;
    let attempt = SmsCode {
        phone_number: body.phone_number.0,
        code,
    };
    let session = state
        .run_from(seen_from, |services| async move {
            services.sms_sign_in().with_code(attempt).await
        })
        .await??;
    Ok(web::Json(session.into()))
}
