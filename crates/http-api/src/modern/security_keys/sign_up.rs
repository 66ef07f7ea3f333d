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
        members::{Email, present, present_object},
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
    #[serde(default, deserialize_with = "present_object")]
    #[schema(nullable = false)]
    options: Option<OptionsBody>,
}

/// `POST /signup/webauthn`
pub(crate) async fn begin(
    state: Data<AppState>,
    Json(body): Json<SignUpBody>,
) -> Result<web::Json<CreationOptionsReply>, ModernError> {
    let wish = SecurityKeySignUp {
        email: body.email.0,
        options: body.options.unwrap_or_default().into(),
    };
    let options = state
        .run(|services| async move { services.security_keys.begin_sign_up(wish).await })
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
    #[serde(default, deserialize_with = "present_object")]
    #[schema(nullable = false)]
    options: Option<OptionsBody>,
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    nickname: Option<Nickname>,
}

/// `POST /signup/webauthn/verify`
pub(crate) async fn verify(
    state: Data<AppState>,
    seen_from: SeenFrom,
    Json(body): Json<VerifyBody>,
) -> Result<web::Json<SignInReply>, ModernError> {
    let attestation = body.credential.attestation();
    let options = body.options.unwrap_or_default().into();
    let nickname = body.nickname.map(|it| it.0);
    let signed_up = state
        .run_from(seen_from, |services| async move {
            let service = services.security_keys;
            service.sign_up(attestation, options, nickname).await
        })
        .await??;
    Ok(web::Json(signed_up.into()))
}
