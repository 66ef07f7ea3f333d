//! An installation, as one request meets it.

use std::{ops::Deref, sync::Arc};

use super::Installation;
use crate::session::Device;

/// The installation, and the device that a request comes from. Cheap to clone.
#[derive(Clone)]
pub(super) struct Visit {
    installation: Arc<Installation>,
    device: Arc<Device>,
}

impl Visit {
    /// A visit from nowhere in particular.
    pub(super) fn new(installation: Arc<Installation>) -> Self {
        Self {
            installation,
            device: Arc::default(),
        }
    }

    /// The same from `device`.
    pub(super) fn seen_from(&self, device: Device) -> Self {
        Self {
            device: Arc::new(device),
            ..self.clone()
        }
    }

    /// Where the request comes from.
    pub(super) fn device(&self) -> Device {
        (*self.device).clone()
    }
}

impl Deref for Visit {
    type Target = Installation;

    fn deref(&self) -> &Installation {
        &self.installation
    }
}
