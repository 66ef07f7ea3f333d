//! Reading requests, the same for both generations.

pub(crate) mod bearer;
pub(crate) mod body;
pub(crate) mod device;
mod escaped_nul;
pub(crate) mod members;
pub(crate) mod schema;
