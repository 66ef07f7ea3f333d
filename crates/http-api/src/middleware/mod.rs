//! Around every request.

pub(crate) mod bot_check;
pub(crate) mod cors;
pub(crate) mod endpoint_rules;
mod logged_path;
pub(crate) mod no_store;
pub(crate) mod panics;
pub(crate) mod rate_limit;
mod request_id;
pub(crate) mod request_log;
