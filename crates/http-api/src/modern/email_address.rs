//! Verifying and changing an address, and mails to choose another password by.

use actix_web::web::{self, Data};
use auth_domain::{services::LinkRequest, user::EmailAddress};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{ModernError, caller::ElevatedCaller, json::Json, options::RedirectBody};
use crate::{
    extract::members::{Challenge, Email, non_null, non_null_object},
    state::AppState,
};

/// Which address to send a link to.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = EmailLinkRequest)]
pub(crate) struct LinkBody {
    email: Email,
    #[serde(default, deserialize_with = "non_null_object")]
    #[schema(nullable = false)]
    options: Option<RedirectBody>,
    #[serde(default, deserialize_with = "non_null")]
    #[schema(nullable = false)]
    code_challenge: Option<Challenge>,
}

/// The address to have from now on.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = UserEmailChangeRequest)]
pub(crate) struct ChangeBody {
    new_email: Email,
    #[serde(default, deserialize_with = "non_null_object")]
    #[schema(nullable = false)]
    options: Option<RedirectBody>,
    #[serde(default, deserialize_with = "non_null")]
    #[schema(nullable = false)]
    code_challenge: Option<Challenge>,
}

fn link_request(
    email: EmailAddress,
    options: Option<RedirectBody>,
    code_challenge: Option<Challenge>,
) -> LinkRequest {
    LinkRequest {
        email,
        redirect_to: options.and_then(|it| it.redirect_to),
        code_challenge: code_challenge.map(|it| it.0),
    }
}

/// `POST /user/email/send-verification-email`
pub(crate) async fn send_verification(
    state: Data<AppState>,
    Json(body): Json<LinkBody>,
) -> Result<web::Json<&'static str>, ModernError> {
    let request = link_request(body.email.0, body.options, body.code_challenge);
    state
        .run(|services| async move { services.email_address().request_verification(request).await })
        .await??;
    Ok(web::Json("OK"))
}

/// `POST /user/email/change`
pub(crate) async fn change(
    state: Data<AppState>,
    ElevatedCaller(caller): ElevatedCaller,
    Json(body): Json<ChangeBody>,
) -> Result<web::Json<&'static str>, ModernError> {
    let request = link_request(body.new_email.0, body.options, body.code_challenge);
    state
        .run(move |services| async move {
            services
                .email_address()
                .request_change(caller, request)
                .await
        })
        .await??;
    Ok(web::Json("OK"))
}

/// `POST /user/password/reset`
pub(crate) async fn reset_password(
    state: Data<AppState>,
    Json(body): Json<LinkBody>,
) -> Result<web::Json<&'static str>, ModernError> {
    let request = link_request(body.email.0, body.options, body.code_challenge);
    state
        .run(|services| async move {
            services
                .email_address()
                .request_password_reset(request)
                .await
        })
        .await??;
    Ok(web::Json("OK"))
}
