//! Signing in by mail.

use actix_web::web::{self, Data};
use auth_domain::{
    one_time_code::OneTimeCode,
    services::{Audience, EmailCode, EmailSignIn},
};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{ErrorCode, ModernError, json::Json, options::OptionsBody, reply::SignInReply};
use crate::{
    extract::{
        device::SeenFrom,
        members::{Challenge, Email, non_null, non_null_object},
    },
    state::AppState,
};

/// Whom to send a link or a code.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = SignInEmailRequest)]
pub(crate) struct EmailBody {
    email: Email,
    #[serde(default, deserialize_with = "non_null_object")]
    #[schema(nullable = false)]
    options: Option<OptionsBody>,
    #[serde(default, deserialize_with = "non_null")]
    #[schema(nullable = false)]
    code_challenge: Option<Challenge>,
}

impl EmailBody {
    fn for_audience(self, audience: Audience) -> EmailSignIn {
        let Self {
            email,
            options,
            code_challenge,
        } = self;
        EmailSignIn {
            email: email.0,
            options: options.unwrap_or_default().into(),
            code_challenge: code_challenge.map(|it| it.0),
            audience,
        }
    }
}

/// `POST /signin/passwordless/email`
pub(crate) async fn sign_in_by_link(
    state: Data<AppState>,
    Json(body): Json<EmailBody>,
) -> Result<web::Json<&'static str>, ModernError> {
    send_link(&state, body.for_audience(Audience::AllUsers)).await
}

/// `POST /signup/passwordless/email`
pub(crate) async fn sign_up_by_link(
    state: Data<AppState>,
    Json(body): Json<EmailBody>,
) -> Result<web::Json<&'static str>, ModernError> {
    send_link(&state, body.for_audience(Audience::NewUsers)).await
}

/// `POST /signin/otp/email`
pub(crate) async fn sign_in_by_code(
    state: Data<AppState>,
    Json(body): Json<EmailBody>,
) -> Result<web::Json<&'static str>, ModernError> {
    send_code(&state, body.for_audience(Audience::AllUsers)).await
}

/// `POST /signup/otp/email`
pub(crate) async fn sign_up_by_code(
    state: Data<AppState>,
    Json(body): Json<EmailBody>,
) -> Result<web::Json<&'static str>, ModernError> {
    send_code(&state, body.for_audience(Audience::NewUsers)).await
}

async fn send_link(
    state: &AppState,
    request: EmailSignIn,
) -> Result<web::Json<&'static str>, ModernError> {
    state
        .run(|services| async move { services.email_sign_in().send_link(request).await })
        .await??;
    Ok(web::Json("OK"))
}

async fn send_code(
    state: &AppState,
    request: EmailSignIn,
) -> Result<web::Json<&'static str>, ModernError> {
    state
        .run(|services| async move { services.email_sign_in().send_code(request).await })
        .await??;
    Ok(web::Json("OK"))
}

/// A code from a mail.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SignInOTPEmailVerifyRequest)]
pub(crate) struct CodeBody {
    otp: String,
    email: Email,
}

/// `POST /signin/otp/email/verify`
pub(crate) async fn verify_code(
    state: Data<AppState>,
    seen_from: SeenFrom,
    Json(body): Json<CodeBody>,
) -> Result<web::Json<SignInReply>, ModernError> {
    // What is no code is a wrong code.
    let code = OneTimeCode::parse(&body.otp).map_err(|_invalid| ErrorCode::INVALID_OTP)?;
    let attempt = EmailCode {
        email: body.email.0,
        code,
    };
    let session = state
        .run_from(seen_from, |services| async move {
            services.email_sign_in().with_code(attempt).await
        })
        .await??;
    Ok(web::Json(session.into()))
}
