//! Who calls a modern endpoint, by access token.

use std::future::{Ready, ready};

use actix_web::{FromRequest, HttpRequest, dev::Payload, web::Data};
use auth_domain::{services::Services, user::UserId};

use super::ModernError;
use crate::{extract::bearer::bearer, state::AppState};

/// The caller of an endpoint that needs a token.
pub(crate) struct Caller(pub(crate) UserId);

/// The caller of an endpoint where a token is optional; a bad one counts as none.
pub(crate) struct OptionalCaller(pub(crate) Option<UserId>);

impl FromRequest for Caller {
    type Error = ModernError;
    type Future = Ready<Result<Self, ModernError>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        ready(identify(request).map(Self))
    }
}

impl FromRequest for OptionalCaller {
    type Error = ModernError;
    type Future = Ready<Result<Self, ModernError>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        ready(Ok(Self(identify(request).ok())))
    }
}

fn identify(request: &HttpRequest) -> Result<UserId, ModernError> {
    let token = bearer(request).ok_or(ModernError::Security("invalid authorization header"))?;
    let services = request
        .app_data::<Data<AppState>>()
        .map(|state| state.services());
    services
        .and_then(|it: &Services| it.current_user.identify(token).ok())
        .ok_or(ModernError::Security(
            "error validating token: invalid token",
        ))
}
