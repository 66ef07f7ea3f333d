//! The modern generation: Nhost's Hasura Auth, version 0.42.

mod caller;
pub(crate) mod conceal;
mod error;
mod json;
mod reply;
pub(crate) mod sign_in;
pub(crate) mod sign_out;
pub(crate) mod sign_up;
pub(crate) mod system;
pub(crate) mod token;
pub(crate) mod user;

pub use error::{ErrorCode, ModernError};
pub(crate) use error::{RETRY_AFTER_SECONDS, chain};
