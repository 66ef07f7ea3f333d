//! The token of a legacy request: bearer first, then cookie.

use std::future::{Ready, ready};

use actix_web::{FromRequest, HttpRequest, dev::Payload};

use super::{LegacyError, cookie::SessionCookie};
use crate::extract::bearer::bearer;

/// The token of an endpoint that needs a session, not yet verified.
pub(crate) struct SessionToken(pub(crate) String);

impl FromRequest for SessionToken {
    type Error = LegacyError;
    type Future = Ready<Result<Self, LegacyError>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let token = bearer(request)
            .map(ToOwned::to_owned)
            .or_else(|| SessionCookie::of(request).token(request));
        ready(token.map(Self).ok_or_else(LegacyError::no_session))
    }
}
