//! What identity providers have in common, written once.
//!
//! A provider of the authorization-code flow (RFC 6749 §4.1) is a [`AuthorizationCodeProvider`]: constants that its
//! documentation gives, and a type that reads its profiles. [`OAuth2`] makes a
//! [`Provider`](auth_domain::ports::Provider) of it. Those that are different take the pieces by
//! themselves: [`OAuthClient`] sends the browser and exchanges the code, [`Api`] fetches profiles,
//! [`IdTokens`] judges ID tokens.
//!
//! Everything a provider answers is read by types that cannot fail for one odd member:
//! see [`profile`]. Nothing it answers reaches an error, for it may hold tokens.

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

// What a provider's crate needs beside this one.
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
