//! Where a request comes from: the device, for the owner of a session to see, and the network, for
//! limits.

use std::future::{Ready, ready};

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::header, web::Data};
use auth_domain::{
    limits::ClientNetwork,
    session::{AddressBlock, Device, UserAgent},
};

pub(crate) use crate::seen_from::SeenFrom;
use crate::state::AppState;

impl FromRequest for SeenFrom {
    type Error = std::convert::Infallible;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let proxies = request.app_data::<Data<AppState>>();
        let proxies = proxies.map(|state| &state.settings().trusted_proxies);
        let address = proxies.and_then(|it| it.address_of(request.head()));
        let user_agent = request.headers().get(header::USER_AGENT);
        let user_agent = user_agent.and_then(|it| it.to_str().ok());
        ready(Ok(Self {
            device: Device {
                user_agent: user_agent.and_then(UserAgent::parse),
                network: address.map(AddressBlock::around),
            },
            client: address.map(ClientNetwork::of),
        }))
    }
}
