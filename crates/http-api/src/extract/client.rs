//! The client of a request, for limits.

use std::future::{Ready, ready};

use actix_web::{FromRequest, HttpRequest, dev::Payload, web::Data};
use auth_domain::limits::ClientNetwork;

use crate::state::AppState;

/// Where a request comes from.
pub(crate) struct Client(pub(crate) ClientNetwork);

impl FromRequest for Client {
    type Error = std::convert::Infallible;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let state = request.app_data::<Data<AppState>>();
        let client = state.map_or(ClientNetwork::UNKNOWN, |state| {
            state.settings().trusted_proxies.client_of(request.head())
        });
        ready(Ok(Self(client)))
    }
}
