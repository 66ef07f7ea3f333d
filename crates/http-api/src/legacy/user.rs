//! The logged-in user.

use actix_web::{HttpResponse, web::Data};
use auth_domain::{services::PasswordChange, session::PlainSessionToken, user::PlainPassword};
use serde::Deserialize;

use super::{
    LegacyError, cookie,
    json::{Json, SuccessMessage, ok},
    reply::UserInfo,
    session::SessionToken,
};
use crate::state::AppState;

/// `GET /v1/user/info`
pub(crate) async fn info(
    state: Data<AppState>,
    SessionToken(token): SessionToken,
) -> Result<HttpResponse, LegacyError> {
    let bearer = token.clone();
    let user = state
        .run(|services| async move { services.current_user.by_bearer(&bearer).await })
        .await??;
    Ok(ok().json(UserInfo::new(&token, user)))
}

/// `POST /v1/user/logout`
pub(crate) async fn logout(
    state: Data<AppState>,
    SessionToken(token): SessionToken,
) -> Result<HttpResponse, LegacyError> {
    // An access token of the modern API ends by itself; there is no session behind it to end.
    let session =
        PlainSessionToken::parse(&token).map_err(|_other| LegacyError::invalid_session())?;
    state
        .run(|services| async move {
            services.current_user.by_bearer(session.expose()).await?;
            services.sign_out.end_opaque_session(&session).await?;
            Ok::<(), LegacyError>(())
        })
        .await??;
    let forget = cookie::expired(&state.settings().legacy);
    Ok(ok().cookie(forget).json(SuccessMessage {
        message: "Logged out",
    }))
}

/// The body of a password change.
#[derive(Deserialize)]
pub(crate) struct ChangePasswordBody {
    old_password: String,
    new_password: String,
}

/// `POST /v1/user/change-password`
pub(crate) async fn change_password(
    state: Data<AppState>,
    SessionToken(token): SessionToken,
    Json(body): Json<ChangePasswordBody>,
) -> Result<HttpResponse, LegacyError> {
    let wish = PasswordChange {
        old: PlainPassword::new(body.old_password),
        new: PlainPassword::new(body.new_password),
    };
    state
        .run(|services| async move {
            let user = services.current_user.by_bearer(&token).await?;
            services.password_change.change(&user, wish).await?;
            Ok::<(), LegacyError>(())
        })
        .await??;
    let forget = cookie::expired(&state.settings().legacy);
    Ok(ok()
        .cookie(forget)
        .json(SuccessMessage { message: "success" }))
}
