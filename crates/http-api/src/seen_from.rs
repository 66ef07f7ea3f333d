//! Where a request comes from, as services take it.

use auth_domain::{limits::ClientNetwork, session::Device};

/// What a request tells of where it comes from.
pub(crate) struct SeenFrom {
    pub(crate) device: Device,
    pub(crate) client: Option<ClientNetwork>,
}
