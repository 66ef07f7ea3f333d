//! Security keys and passkeys (Web Authentication).

mod credential;
pub(crate) mod elevate;
mod nickname;
mod options;
pub(crate) mod register;
pub(crate) mod sign_in;
pub(crate) mod sign_up;

pub(super) use nickname::Nickname;
