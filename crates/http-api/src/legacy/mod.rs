//! The legacy generation: the Hasura platform's auth service, version 0.15.

pub(crate) mod cookie;
mod envelope;
mod error;
pub(crate) mod json;
pub(crate) mod login;
pub(crate) mod reply;
pub(crate) mod session;
pub(crate) mod sign_up;
pub(crate) mod user;

pub(crate) use error::ErrorReply;
pub use error::LegacyError;
