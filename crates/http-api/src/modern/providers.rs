//! Signing in at identity providers.

pub(crate) mod begin;
pub(crate) mod callback;
mod fetch_metadata;
mod flow_cookie;
pub(crate) mod id_tokens;
mod name;
mod own_name;
