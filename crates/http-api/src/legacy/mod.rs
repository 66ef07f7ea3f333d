//! The legacy generation: the Hasura platform's auth service, version 0.15.

mod cookie;
mod envelope;
mod error;
mod json;
pub(crate) mod login;
mod reply;
mod session;
pub(crate) mod sign_up;
pub(crate) mod user;

pub use error::LegacyError;
