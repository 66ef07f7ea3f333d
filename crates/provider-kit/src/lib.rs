//! What identity providers have in common, written once.
//!
//! A provider of the authorization-code flow (RFC 6749 §4.1) is a [`CodeFlow`]: constants that its
//! documentation gives, and a type that reads its profiles. [`OAuth2`] makes a
//! [`Provider`](auth_domain::ports::Provider) of it. Those that are different take the pieces by
//! themselves: [`Flow`] sends the browser and exchanges the code, [`Api`] fetches profiles,
//! [`IdTokens`] judges ID tokens.
//!
//! Everything a provider answers is read by types that cannot fail for one odd member:
//! see [`profile`]. Nothing it answers reaches an error, for it may hold tokens.

mod api;
mod authorization;
mod cached;
mod code_flow;
mod error;
mod flow;
mod id_token;
pub mod profile;
mod registration;
#[cfg(feature = "testing")]
pub mod testing;
mod token_exchange;

// What a provider's crate needs beside this one.
pub use async_trait::async_trait;

pub use self::{
    api::{Api, fetch},
    cached::{Cached, Resting},
    code_flow::{CodeFlow, OAuth2, scope},
    error::{ExchangeError, ProfileError},
    flow::{ClientAuthentication, Flow},
    id_token::{IdTokenRules, IdTokens},
    registration::{Endpoints, Registration},
    token_exchange::Tokens,
};
