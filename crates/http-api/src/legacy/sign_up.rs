//! Signing up.

use actix_web::{HttpResponse, web::Data};
use auth_domain::services::UsernameSignUp;

use super::{LegacyError, cookie::SessionCookie, envelope::Envelope, json::Json, login};
use crate::{extract::device::SeenFrom, state::AppState};

/// `POST /v1/signup`
pub(crate) async fn sign_up(
    state: Data<AppState>,
    seen_from: SeenFrom,
    cookie: SessionCookie,
    Json(envelope): Json<Envelope>,
) -> Result<HttpResponse, LegacyError> {
    let data = envelope.into_username_data()?;
    let request = UsernameSignUp {
        username: data.username,
        password: data.password,
    };
    let session = state
        .run_from(seen_from, |services| async move {
            services.sign_up().with_username(request).await
        })
        .await??;
    Ok(login::signed_in(session, &cookie))
}
