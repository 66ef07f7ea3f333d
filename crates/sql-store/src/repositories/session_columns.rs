//! What the columns of sessions hold.

use auth_domain::session::{AddressBlock, Device, RefreshTokenKind, UserAgent};

/// The type of refresh tokens that clients keep and rotate.
pub(crate) const REGULAR: &str = "regular";
/// The type of personal access tokens.
pub(super) const PERSONAL_ACCESS: &str = "pat";

pub(super) fn stored_kind(kind: RefreshTokenKind) -> &'static str {
    match kind {
        RefreshTokenKind::Regular => REGULAR,
        RefreshTokenKind::PersonalAccess => PERSONAL_ACCESS,
    }
}

/// The stored form of what a program calls itself.
pub(crate) fn user_agent(device: &Device) -> Option<&str> {
    device.user_agent.as_ref().map(UserAgent::as_str)
}

/// The stored form of where a client is.
pub(crate) fn client_network(device: &Device) -> Option<&str> {
    device.network.as_ref().map(AddressBlock::as_str)
}
