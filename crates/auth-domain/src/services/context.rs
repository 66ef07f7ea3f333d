//! What a use case knows of the request it serves.

use std::{ops::Deref, sync::Arc};

use crate::{
    guessing::{GuessLimits, Place},
    limits::ClientNetwork,
    services::dependencies::Dependencies,
    session::Device,
    user::UserId,
};

/// The dependencies, and the device and network that a request comes from. Cheap to clone.
#[derive(Clone)]
pub(super) struct RequestContext {
    dependencies: Arc<Dependencies>,
    device: Arc<Device>,
    client: Option<ClientNetwork>,
}

impl RequestContext {
    /// The context of a request from an unknown device and network.
    pub(super) fn new(dependencies: Arc<Dependencies>) -> Self {
        Self {
            dependencies,
            device: Arc::default(),
            client: None,
        }
    }

    /// The context of a request from `device`, in the network `client`.
    pub(super) fn seen_from(&self, device: Device, client: Option<ClientNetwork>) -> Self {
        Self {
            device: Arc::new(device),
            client,
            ..self.clone()
        }
    }

    /// The device that the request comes from.
    pub(super) fn device(&self) -> Device {
        (*self.device).clone()
    }

    /// The network of the request.
    pub(super) fn client(&self) -> ClientNetwork {
        self.client.unwrap_or(ClientNetwork::UNKNOWN)
    }

    /// The network of the request, if it is known.
    pub(super) fn network(&self) -> Option<ClientNetwork> {
        self.client
    }

    /// The network of the request, as a place of a user.
    pub(super) fn place_of(&self, user: UserId) -> Option<Place> {
        let known = self.client.filter(|it| *it != ClientNetwork::UNKNOWN);
        known.map(|client| Place::of(&self.policy.codes.key, user, client))
    }

    /// The limits of a guess that this request makes at the codes of a user.
    pub(super) fn guess_limits(&self, user: UserId) -> GuessLimits {
        let policy = &self.policy.codes;
        let now = self.clock.now();
        GuessLimits {
            place: self.place_of(user),
            now,
            count_from: now - policy.count_within,
            max_wrong: policy.max_wrong,
            max_wrong_in_all: policy.max_wrong_in_all,
        }
    }
}

impl Deref for RequestContext {
    type Target = Dependencies;

    fn deref(&self) -> &Dependencies {
        &self.dependencies
    }
}
