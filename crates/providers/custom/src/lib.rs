//! Sign-in with any service that speaks OAuth2 or OpenID Connect, as the operator describes it.
//!
//! [`Definition::parse_all`] reads the descriptions; each becomes a provider with the name
//! `c:<slug>`. An address is said to be verified if the ID token, or what the operator maps to it,
//! says so; whether that is believed is for the domain to decide.

mod claims;
mod definition;
mod discovery;
mod members;
mod oauth2;
mod oidc;

use std::sync::Arc;

use auth_domain::ports::{Clock, Provider};
use egress::Egress;

pub use self::{
    claims::ClaimNames,
    definition::{Definition, InvalidDefinition, OAuth2Definition, OidcDefinition, Service},
    oauth2::CustomOAuth2,
    oidc::CustomOidc,
};

/// The provider that a definition describes.
#[must_use]
pub fn provider(
    definition: Definition,
    egress: Egress,
    clock: Arc<dyn Clock>,
) -> Arc<dyn Provider> {
    match definition.service {
        Service::Oidc(oidc) => Arc::new(CustomOidc::new(definition.id, oidc, egress, clock)),
        Service::OAuth2(oauth2) => Arc::new(CustomOAuth2::new(definition.id, *oauth2, egress)),
    }
}
