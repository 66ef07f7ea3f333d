//! Logging in.

use actix_web::{HttpResponse, web::Data};
use auth_domain::{services::UsernameSignIn, session::OpaqueSession};

use super::{
    LegacyError, cookie,
    envelope::Envelope,
    json::{Json, ok},
    reply::UserInfo,
};
use crate::{
    extract::client::Client, extract::device::SeenFrom, settings::ApiSettings, state::AppState,
};

/// `POST /v1/login`
pub(crate) async fn login(
    state: Data<AppState>,
    seen_from: SeenFrom,
    Client(client): Client,
    Json(envelope): Json<Envelope>,
) -> Result<HttpResponse, LegacyError> {
    let data = envelope.into_username_data()?;
    let claim = UsernameSignIn {
        username: data.username,
        password: data.password,
        client: Some(client),
    };
    let session = state
        .run_from(seen_from, |services| async move {
            services.sign_in.with_username(claim).await
        })
        .await??;
    Ok(signed_in(session, state.settings()))
}

/// The answer that hands out a session: the user, and the cookie.
pub(super) fn signed_in(session: OpaqueSession, settings: &ApiSettings) -> HttpResponse {
    let token = session.token.expose();
    ok().cookie(cookie::carrying(token, &settings.legacy))
        .json(UserInfo::new(token, session.user))
}
