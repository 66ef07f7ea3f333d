//! Signing in with a security key.

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
    modern::{
        ModernError,
        json::{Json, OptionalJson},
        reply::SignInReply,
    },
    state::AppState,
};

/// Who signs in; nobody named: whomever the authenticator knows.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SignInWebauthnRequest)]
pub(crate) struct SignInBody {
    #[serde(default, deserialize_with = "non_null")]
    #[schema(nullable = false)]
    email: Option<Email>,
}

/// `POST /signin/webauthn`
pub(crate) async fn begin(
    state: Data<AppState>,
    OptionalJson(body): OptionalJson<SignInBody>,
) -> Result<web::Json<RequestOptionsReply>, ModernError> {
    let email = body.unwrap_or_default().email.map(|it| it.0);
    let options = state
        .run(|services| async move { services.security_keys().begin_sign_in(email).await })
        .await??;
    Ok(web::Json(options.into()))
}

/// The key that was used.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SignInWebauthnVerifyRequest)]
pub(crate) struct VerifyBody {
    #[schema(value_type = AssertionBody)]
    credential: Credential<AssertionBody>,
    /// Accepted and without effect, as in the original.
    #[serde(default, rename = "email", deserialize_with = "non_null")]
    #[schema(nullable = false)]
    _email: Option<Email>,
}

/// `POST /signin/webauthn/verify`
pub(crate) async fn verify(
    state: Data<AppState>,
    seen_from: SeenFrom,
    Json(body): Json<VerifyBody>,
) -> Result<web::Json<SignInReply>, ModernError> {
    let assertion = body.credential.assertion();
    let session = state
        .run_from(seen_from, |services| async move {
            services.security_keys().sign_in(assertion).await
        })
        .await??;
    Ok(web::Json(session.into()))
}
