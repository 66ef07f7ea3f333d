//! The token of a legacy request: bearer first, then cookie.

use std::future::{Ready, ready};

use actix_web::{
    FromRequest, HttpRequest,
    dev::Payload,
    http::header::{self, HeaderName},
    web::Data,
};
use url::Url;

use super::LegacyError;
use crate::{extract::bearer::bearer, state::AppState};

/// The token of an endpoint that needs a session; whether it is good is still to be asked.
pub(crate) struct SessionToken(pub(crate) String);

impl FromRequest for SessionToken {
    type Error = LegacyError;
    type Future = Ready<Result<Self, LegacyError>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let token = bearer(request)
            .map(ToOwned::to_owned)
            .or_else(|| from_cookie(request));
        ready(token.map(Self).ok_or_else(LegacyError::no_session))
    }
}

fn from_cookie(request: &HttpRequest) -> Option<String> {
    let state = request.app_data::<Data<AppState>>()?;
    if !may_use_cookie(request, state) {
        return None;
    }
    let cookie = request.cookie(&state.settings().legacy.cookie_name)?;
    Some(cookie.value().to_owned()).filter(|it| !it.is_empty())
}

/// A browser sends the cookie whichever page asks. It counts only for pages of this server and of
/// allowed clients; a page from anywhere else could otherwise act as the user (CSRF).
fn may_use_cookie(request: &HttpRequest, state: &AppState) -> bool {
    let Some(origin) = text(request, header::ORIGIN) else {
        return true;
    };
    state.redirects().allows_origin(origin)
        || text(request, header::HOST).is_some_and(|host| is_origin_of_host(origin, host))
        || state
            .settings()
            .server_url
            .as_deref()
            .is_some_and(|it| same_origin(origin, it))
}

fn text(request: &HttpRequest, name: HeaderName) -> Option<&str> {
    request.headers().get(name)?.to_str().ok()
}

fn is_origin_of_host(origin: &str, host: &str) -> bool {
    origin
        .split_once("://")
        .is_some_and(|(_, authority)| authority == host)
}

fn same_origin(left: &str, right: &str) -> bool {
    match (Url::parse(left), Url::parse(right)) {
        (Ok(left), Ok(right)) => left.origin() == right.origin(),
        _ => false,
    }
}
