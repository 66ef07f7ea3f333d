//! Failures of providers. No text here holds anything from a response, which may hold tokens.

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
    /// The provider refused, with an error code.
    #[error("the provider answered {reason:?} with status {status}")]
    Refused {
        /// Its error code: one of the documented ones.
        reason: &'static str,
        /// The status of its response.
        status: u16,
    },
    /// The response holds no token.
    #[error("the provider answered without a token, with status {0}")]
    NoToken(u16),
    /// This server cannot authenticate at the provider.
    #[error("this server cannot sign what the provider asks for")]
    Signature,
}

/// Why the user was not identified.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// The provider was not reached.
    #[error("the provider cannot be asked")]
    Egress(#[from] EgressError),
    /// The provider did not give the profile.
    #[error("the provider answered with status {0}")]
    Status(u16),
    /// The response cannot be read.
    #[error("the provider's answer cannot be read")]
    Unreadable,
    /// The profile has no id of the user.
    #[error(transparent)]
    NoId(#[from] InvalidSubject),
    /// The profile has no address where one is needed.
    #[error("the provider knows no address of the user")]
    NoAddress,
    /// The ID token proves nothing.
    #[error(transparent)]
    IdToken(#[from] IdTokenError),
    /// A fetch failed a moment ago.
    #[error(transparent)]
    Resting(#[from] Resting),
    /// Two responses are about different users.
    #[error("the provider's answers are about different users")]
    SubjectMismatch,
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
