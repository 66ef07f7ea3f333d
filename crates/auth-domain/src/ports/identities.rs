//! Links between accounts and identities at providers.

use async_trait::async_trait;

use crate::{
    error::StoreError,
    identity::{NewLinkedIdentity, ProviderId},
    user::UserId,
};

/// Linked identities, within a unit of work. [`UserLookup::Identity`](super::UserLookup::Identity)
/// finds the user of one.
#[async_trait]
pub trait LinkedIdentityRepository: Send {
    /// Links an account. [`StoreError::Duplicate`] when the identity is linked already, with any
    /// account. An account may have several identities, also of one provider.
    async fn link(&mut self, identity: &NewLinkedIdentity) -> Result<(), StoreError>;

    /// Removes all links of a user.
    async fn forget_all_of(&mut self, user: UserId) -> Result<(), StoreError>;

    /// Makes sure that accounts can be linked with identities of these providers.
    async fn ensure_providers(&mut self, providers: &[ProviderId]) -> Result<(), StoreError>;
}
