//! What can go wrong with a provider. No text here holds anything that it answered.

use auth_domain::{
    identity::InvalidSubject,
    ports::{IdTokenError, ProviderError},
};
use egress::EgressError;

use crate::cached::Resting;

/// Why a code was not exchanged.
#[derive(Debug, thiserror::Error)]
pub enum ExchangeError {
    /// The browser brought no code.
    #[error("the browser brought no code")]
    NoCode,
    /// The provider was not reached.
    #[error("the provider cannot be asked")]
    Egress(#[from] EgressError),
    /// The provider refused, for a reason that it gave.
    #[error("the provider answered {reason:?} with status {status}")]
    Refused {
        /// Its reason: one of the words that its documentation knows.
        reason: &'static str,
        /// The status of its answer.
        status: u16,
    },
    /// The answer holds no token.
    #[error("the provider answered without a token, with status {0}")]
    NoToken(u16),
    /// This server cannot prove itself to the provider.
    #[error("this server cannot sign what the provider asks for")]
    Signature,
}

/// Why nobody knows who the person is.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// The provider was not reached.
    #[error("the provider cannot be asked")]
    Egress(#[from] EgressError),
    /// The provider did not give the profile.
    #[error("the provider answered with status {0}")]
    Status(u16),
    /// The answer cannot be read.
    #[error("the provider's answer cannot be read")]
    Unreadable,
    /// The profile tells nobody from anybody.
    #[error(transparent)]
    Nobody(#[from] InvalidSubject),
    /// The profile has no address where one is needed.
    #[error("the provider knows no address of the person")]
    NoAddress,
    /// The ID token proves nothing.
    #[error(transparent)]
    IdToken(#[from] IdTokenError),
    /// The provider was not reached a moment ago.
    #[error(transparent)]
    Resting(#[from] Resting),
    /// Two answers are about different people.
    #[error("the provider tells of two people")]
    TwoPeople,
}

impl From<ExchangeError> for ProviderError {
    fn from(error: ExchangeError) -> Self {
        Self::CodeRefused(error.into())
    }
}

impl From<ProfileError> for ProviderError {
    fn from(error: ProfileError) -> Self {
        Self::ProfileFailed(error.into())
    }
}
