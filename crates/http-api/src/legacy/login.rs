//! Logging in.

use actix_web::{HttpResponse, web::Data};
use auth_domain::{services::UsernameSignIn, session::OpaqueSession};

use super::{
    LegacyError,
    cookie::SessionCookie,
    envelope::Envelope,
    json::{Json, ok},
    reply::UserInfo,
};
use crate::{extract::device::SeenFrom, state::AppState};

/// `POST /v1/login`
pub(crate) async fn login(
    state: Data<AppState>,
    seen_from: SeenFrom,
    cookie: SessionCookie,
    Json(envelope): Json<Envelope>,
) -> Result<HttpResponse, LegacyError> {
    let data = envelope.into_username_data()?;
    let attempt = UsernameSignIn {
        username: data.username,
        password: data.password,
    };
    let session = state
        .run_from(seen_from, |services| async move {
            services.sign_in().with_username(attempt).await
        })
        .await??;
    Ok(signed_in(session, &cookie))
}

/// The answer with a new session: the user, and the cookie where the page may set it.
pub(super) fn signed_in(session: OpaqueSession, cookie: &SessionCookie) -> HttpResponse {
    let token = session.token.expose();
    let mut answer = ok();
    if let Some(cookie) = cookie.carrying(token) {
        answer.cookie(cookie);
    }
    answer.json(UserInfo::new(token, session.user))
}
