//! The modern generation: Nhost's Hasura Auth, version 0.42.

pub(crate) mod anonymous;
pub(crate) mod caller;
pub(crate) mod change_env;
pub(crate) mod elevation;
pub(crate) mod email_address;
mod error;
mod error_form;
mod error_reply;
pub(crate) mod form;
pub(crate) mod json;
pub(crate) mod mfa;
mod options;
pub(crate) mod password;
pub(crate) mod passwordless;
pub(crate) mod personal_access_token;
pub(crate) mod phone_number;
pub(crate) mod providers;
pub(crate) mod query;
mod redirect;
mod render_errors;
pub(crate) mod reply;
pub(crate) mod security_keys;
pub(crate) mod sessions;
pub(crate) mod sign_in;
pub(crate) mod sign_out;
pub(crate) mod sign_up;
pub(crate) mod sms;
pub(crate) mod system;
mod ticket;
pub(crate) mod token;
mod token_problem;
pub(crate) mod user;
pub(crate) mod verify;

pub use crate::error_code::ErrorCode;
pub use error::ModernError;
pub(crate) use error::{BUSY_SECONDS, UNAVAILABLE_SECONDS, whole_seconds};
pub(crate) use error_form::ErrorForm;
pub(crate) use error_reply::{
    ChangeRefusalReply, ErrorReply, RequestErrorReply, RequestProblemReply, UnauthorizedReply,
};
pub(crate) use render_errors::render_errors;
pub use token_problem::TokenProblem;
