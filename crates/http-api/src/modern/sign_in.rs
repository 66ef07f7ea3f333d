//! Signing in.

use actix_web::web::{self, Data};
use auth_domain::services::{EmailPasswordSignIn, SignedIn};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{ModernError, json::Json, reply::SignInReply};
use crate::{
    extract::{
        device::SeenFrom,
        members::{Email, ExistingPassword},
    },
    state::AppState,
};

/// An address and its password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SignInEmailPasswordRequest)]
pub(crate) struct SignInBody {
    email: Email,
    password: ExistingPassword,
}

/// `POST /signin/email-password`
pub(crate) async fn email_password(
    state: Data<AppState>,
    seen_from: SeenFrom,
    Json(body): Json<SignInBody>,
) -> Result<web::Json<SignInReply>, ModernError> {
    let attempt = EmailPasswordSignIn {
        email: body.email.0,
        password: body.password.0,
    };
    let signed_in = state
        .run_from(seen_from, |services| async move {
            services.sign_in().with_email_password(attempt).await
        })
        .await??;
    Ok(web::Json(match signed_in {
        SignedIn::Session(session) => (*session).into(),
        SignedIn::SecondFactor(ticket) => ticket.into(),
    }))
}
