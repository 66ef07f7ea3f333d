//! Signing up with a security key.

use actix_web::web::{self, Data};
use auth_domain::services::SecurityKeySignUp;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    credential::{AttestationBody, Credential},
    nickname::Nickname,
    options::CreationOptionsReply,
};
use crate::{
    extract::{
        device::SeenFrom,
        members::{Challenge, Email, non_null, non_null_object},
    },
    modern::{ModernError, json::Json, options::OptionsBody, reply::SignInReply},
    state::AppState,
};

/// Who signs up.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SignUpWebauthnRequest)]
pub(crate) struct SignUpBody {
    email: Email,
    #[serde(default, deserialize_with = "non_null_object")]
    #[schema(nullable = false)]
    options: Option<OptionsBody>,
}

/// `POST /signup/webauthn`
pub(crate) async fn begin(
    state: Data<AppState>,
    Json(body): Json<SignUpBody>,
) -> Result<web::Json<CreationOptionsReply>, ModernError> {
    let request = SecurityKeySignUp {
        email: body.email.0,
        options: body.options.unwrap_or_default().into(),
    };
    let options = state
        .run(|services| async move { services.security_keys().begin_sign_up(request).await })
        .await??;
    Ok(web::Json(options.into()))
}

/// The key that was made, and what is told in place of what was told at the beginning.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SignUpWebauthnVerifyRequest)]
pub(crate) struct VerifyBody {
    #[schema(value_type = AttestationBody)]
    credential: Credential<AttestationBody>,
    #[serde(default, deserialize_with = "non_null_object")]
    #[schema(nullable = false)]
    options: Option<OptionsBody>,
    #[serde(default, deserialize_with = "non_null")]
    #[schema(nullable = false)]
    nickname: Option<Nickname>,
    #[serde(default, rename = "codeChallenge", deserialize_with = "non_null")]
    #[schema(nullable = false)]
    code_challenge: Option<Challenge>,
}

/// `POST /signup/webauthn/verify`
pub(crate) async fn verify(
    state: Data<AppState>,
    seen_from: SeenFrom,
    Json(body): Json<VerifyBody>,
) -> Result<web::Json<SignInReply>, ModernError> {
    let attestation = body.credential.attestation();
    let mut options = body.options.unwrap_or_default();
    let nickname = body.nickname.or(options.nickname.take()).map(|it| it.0);
    let options = options.into();
    let code_challenge = body.code_challenge.map(|it| it.0);
    let signed_up = state
        .run_from(seen_from, |services| async move {
            let service = services.security_keys();
            service
                .sign_up(attestation, options, nickname, code_challenge)
                .await
        })
        .await??;
    Ok(web::Json(signed_up.into()))
}
