//! Signing up.

use actix_web::web::{self, Data};
use auth_domain::services::EmailPasswordSignUp;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{ModernError, json::Json, options::OptionsBody, reply::SignInReply};
use crate::{
    extract::{
        device::SeenFrom,
        members::{Challenge, Email, Password, non_null, non_null_object},
    },
    state::AppState,
};

/// What somebody signs up with.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = SignUpEmailPasswordRequest)]
pub(crate) struct SignUpBody {
    email: Email,
    password: Password,
    #[serde(default, deserialize_with = "non_null_object")]
    #[schema(nullable = false)]
    options: Option<OptionsBody>,
    #[serde(default, deserialize_with = "non_null")]
    #[schema(nullable = false)]
    code_challenge: Option<Challenge>,
}

/// `POST /signup/email-password`
pub(crate) async fn email_password(
    state: Data<AppState>,
    seen_from: SeenFrom,
    Json(body): Json<SignUpBody>,
) -> Result<web::Json<SignInReply>, ModernError> {
    let request = EmailPasswordSignUp::from(body);
    let signed_up = state
        .run_from(seen_from, |services| async move {
            services.sign_up().with_email_password(request).await
        })
        .await??;
    Ok(web::Json(signed_up.into()))
}

impl From<SignUpBody> for EmailPasswordSignUp {
    fn from(
        SignUpBody {
            email,
            password,
            options,
            code_challenge,
        }: SignUpBody,
    ) -> Self {
        Self {
            email: email.0,
            password: password.0,
            options: options.unwrap_or_default().into(),
            code_challenge: code_challenge.map(|it| it.0),
        }
    }
}
