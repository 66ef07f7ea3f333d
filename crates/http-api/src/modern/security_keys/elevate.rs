//! Elevating an access token with a security key.

use actix_web::web::{self, Data};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    credential::{AssertionBody, Credential},
    options::RequestOptionsReply,
};
use crate::{
    extract::{
        device::SeenFrom,
        members::{Email, non_null},
    },
    modern::{ModernError, caller::OpenCaller, json::Json, reply::SignInReply},
    state::AppState,
};

/// `POST /elevate/webauthn`
pub(crate) async fn begin(
    state: Data<AppState>,
    OpenCaller(caller): OpenCaller,
) -> Result<web::Json<RequestOptionsReply>, ModernError> {
    let options = state
        .run(move |services| async move {
            services
                .security_keys()
                .begin_elevation(caller.user_id)
                .await
        })
        .await??;
    Ok(web::Json(options.into()))
}

/// The key that was used.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ElevateWebauthnVerifyRequest)]
pub(crate) struct VerifyBody {
    #[schema(value_type = AssertionBody)]
    credential: Credential<AssertionBody>,
    /// Accepted and without effect: clients before nhost-js 4 tell it.
    #[serde(default, rename = "email", deserialize_with = "non_null")]
    #[schema(nullable = false)]
    _email: Option<Email>,
}

/// `POST /elevate/webauthn/verify`
pub(crate) async fn verify(
    state: Data<AppState>,
    seen_from: SeenFrom,
    OpenCaller(caller): OpenCaller,
    Json(body): Json<VerifyBody>,
) -> Result<web::Json<SignInReply>, ModernError> {
    let assertion = body.credential.assertion();
    let session = state
        .run_from(seen_from, move |services| async move {
            services.security_keys().elevate(caller, assertion).await
        })
        .await??;
    Ok(web::Json(session.into()))
}
