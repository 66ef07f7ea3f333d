//! What identity providers have in common, written once.
//!
//! A provider of the authorization-code flow (RFC 6749 §4.1) is an [`AuthorizationCodeProvider`]:
//! constants that its documentation gives, and a type that reads its profiles. [`OAuth2`] makes a
//! [`Provider`](auth_domain::ports::Provider) of it. Providers that are different use the parts
//! directly: [`OAuthClient`] makes authorization requests and exchanges codes, [`Api`] fetches
//! profiles, [`IdTokens`] verifies ID tokens.
//!
//! Every response is read by types that do not fail because of one odd member: see [`profile`]. No
//! error holds anything of a response, for it may hold tokens.

mod api;
mod authorization;
mod authorization_code_provider;
mod cached;
mod error;
mod id_token;
mod oauth_client;
pub mod profile;
mod registration;
#[cfg(feature = "testing")]
pub mod testing;
mod token_exchange;

// For the crates of providers.
pub use async_trait::async_trait;

pub use self::{
    api::{Api, fetch},
    authorization_code_provider::{AuthorizationCodeProvider, OAuth2, scope},
    cached::{Cached, Resting},
    error::{ExchangeError, ProfileError},
    id_token::{IdTokenRules, IdTokens},
    oauth_client::{ClientAuthentication, OAuthClient},
    registration::{Endpoints, Registration},
    token_exchange::Tokens,
};
