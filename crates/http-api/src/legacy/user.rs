//! The logged-in user.

use actix_web::{HttpResponse, ResponseError, web::Data};
use auth_domain::{services::PasswordChange, session::PlainSessionToken, user::PlainPassword};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    LegacyError,
    cookie::SessionCookie,
    json::{Json, SuccessMessage, ok},
    reply::UserInfo,
    session::SessionToken,
};
use crate::{extract::device::SeenFrom, state::AppState};

/// `GET /v1/user/info`
pub(crate) async fn info(
    state: Data<AppState>,
    SessionToken(token): SessionToken,
) -> Result<HttpResponse, LegacyError> {
    let bearer = token.clone();
    let user = state
        .run(|services| async move { services.current_user().by_bearer(&bearer).await })
        .await??;
    Ok(ok().json(UserInfo::new(&token, user)))
}

/// `POST /v1/user/logout`
///
/// It does not check the account, so that a disabled user can log out, too; and whatever the
/// outcome, the browser is told to forget the cookie.
pub(crate) async fn logout(
    state: Data<AppState>,
    cookie: SessionCookie,
    SessionToken(token): SessionToken,
) -> Result<HttpResponse, LegacyError> {
    // An access token of the modern API ends by itself; there is no session behind it to end.
    let ended = match PlainSessionToken::parse(&token) {
        Ok(session) => state
            .run(|services| async move { services.sign_out().end_opaque_session(&session).await })
            .await??,
        Err(_access_token) => false,
    };
    let mut answer = if ended {
        ok().json(SuccessMessage {
            message: "Logged out",
        })
    } else {
        LegacyError::invalid_session().error_response()
    };
    if let Some(cookie) = cookie.expired() {
        answer
            .add_cookie(&cookie)
            .map_err(|error| LegacyError::internal(error.to_string().into()))?;
    }
    Ok(answer)
}

/// The body of a password change.
#[derive(Deserialize, ToSchema)]
#[schema(as = LegacyChangePasswordRequest)]
pub(crate) struct ChangePasswordBody {
    old_password: String,
    new_password: String,
}

/// `POST /v1/user/change-password`
pub(crate) async fn change_password(
    state: Data<AppState>,
    seen_from: SeenFrom,
    cookie: SessionCookie,
    SessionToken(token): SessionToken,
    Json(body): Json<ChangePasswordBody>,
) -> Result<HttpResponse, LegacyError> {
    let request = PasswordChange {
        old: PlainPassword::new(body.old_password),
        new: PlainPassword::new(body.new_password),
    };
    state
        .run_from(seen_from, |services| async move {
            services.password_change().change(&token, request).await
        })
        .await??;
    let mut answer = ok();
    if let Some(cookie) = cookie.expired() {
        answer.cookie(cookie);
    }
    Ok(answer.json(SuccessMessage { message: "success" }))
}
