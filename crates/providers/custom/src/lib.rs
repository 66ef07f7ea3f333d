//! Sign-in with any service that speaks OAuth2 or OpenID Connect, as the operator defines it.
//!
//! [`Definition::parse_all`] reads the definitions; each becomes a provider with the name
//! `c:<slug>`. An address counts as verified if the ID token, or the member that the operator
//! named, says so; the domain decides whether to trust that.

mod claims;
mod definition;
mod discovery;
mod members;
mod oauth2;
mod oidc;

use std::sync::Arc;

use auth_domain::ports::{Clock, IdTokenVerifier, Provider};
use egress::Egress;

pub use self::{
    claims::ClaimNames,
    definition::{Definition, InvalidDefinition, OAuth2Definition, OidcDefinition, Service},
    oauth2::CustomOAuth2,
    oidc::CustomOidc,
};

/// The ports of a definition.
pub struct Described {
    /// The service that users are sent to.
    pub provider: Arc<dyn Provider>,
    /// Verifies the ID tokens that apps bring; nothing where the service issues none.
    pub id_tokens: Option<Arc<dyn IdTokenVerifier>>,
}

/// The provider of a definition.
#[must_use]
pub fn provider(definition: Definition, egress: Egress, clock: Arc<dyn Clock>) -> Described {
    match definition.service {
        Service::Oidc(oidc) => {
            let oidc = Arc::new(CustomOidc::new(definition.id, oidc, egress, clock));
            Described {
                provider: Arc::clone(&oidc) as _,
                id_tokens: Some(oidc),
            }
        }
        Service::OAuth2(oauth2) => Described {
            provider: Arc::new(CustomOAuth2::new(definition.id, *oauth2, egress)),
            id_tokens: None,
        },
    }
}
