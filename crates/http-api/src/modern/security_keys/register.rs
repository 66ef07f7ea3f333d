//! Adding a security key to an account.

use actix_web::web::{self, Data};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    credential::{AttestationBody, Credential},
    nickname::Nickname,
    options::CreationOptionsReply,
};
use crate::{
    extract::members::non_null,
    modern::{ModernError, caller::FactorAddingCaller, json::Json},
    state::AppState,
};

/// `POST /user/webauthn/add`
pub(crate) async fn begin(
    state: Data<AppState>,
    FactorAddingCaller(caller): FactorAddingCaller,
) -> Result<web::Json<CreationOptionsReply>, ModernError> {
    let options = state
        .run(move |services| async move {
            services
                .security_keys()
                .begin_registration(caller.user_id)
                .await
        })
        .await??;
    Ok(web::Json(options.into()))
}

/// The key that was made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = VerifyAddSecurityKeyRequest)]
pub(crate) struct VerifyBody {
    #[schema(value_type = AttestationBody)]
    credential: Credential<AttestationBody>,
    #[serde(default, deserialize_with = "non_null")]
    #[schema(nullable = false)]
    nickname: Option<Nickname>,
}

/// The key as it is kept.
#[derive(Serialize, ToSchema)]
#[schema(as = VerifyAddSecurityKeyResponse)]
pub(crate) struct AddedReply {
    id: Uuid,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    nickname: Option<String>,
}

/// `POST /user/webauthn/verify`
pub(crate) async fn verify(
    state: Data<AppState>,
    FactorAddingCaller(caller): FactorAddingCaller,
    Json(body): Json<VerifyBody>,
) -> Result<web::Json<AddedReply>, ModernError> {
    let attestation = body.credential.attestation();
    let nickname = body.nickname.map(|it| it.0);
    let key = state
        .run(move |services| async move {
            let service = services.security_keys();
            service.register(caller, attestation, nickname).await
        })
        .await??;
    Ok(web::Json(AddedReply {
        id: key.id.0,
        nickname: key.nickname.map(|it| it.as_str().to_owned()),
    }))
}
