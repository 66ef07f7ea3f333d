//! What can go wrong between this server and a service for text messages.

use auth_domain::ports::SmsError;
use egress::{EgressError, is_temporary_status};
use mail_templates::MissingTemplate;

/// A message was not accepted by the service, or it did not judge a code.
///
/// Holds nothing of the message, no number, no secret, and of the service's answer nothing but the
/// status.
#[derive(Debug, thiserror::Error)]
pub enum SmsServiceError {
    /// The service takes numbers in international form alone.
    #[error("{service} takes only phone numbers that begin with +")]
    NotInternational {
        /// The service.
        service: &'static str,
    },
    /// There are no words for the message.
    #[error(transparent)]
    Words(#[from] MissingTemplate),
    /// There was no answer.
    #[error("{service} did not answer")]
    Unreachable {
        /// The service.
        service: &'static str,
        /// Why not.
        source: EgressError,
    },
    /// The answer does not mean that the request was accepted.
    #[error("{service} answered with status {status}")]
    Refused {
        /// The service.
        service: &'static str,
        /// The status of its answer.
        status: u16,
    },
    /// The answer is not what the service is known to answer.
    #[error("{service} answered something else than a verdict")]
    Unreadable {
        /// The service.
        service: &'static str,
    },
}

impl SmsServiceError {
    fn is_permanent(&self) -> bool {
        match self {
            Self::NotInternational { .. } | Self::Words(_) => true,
            Self::Unreachable { source, .. } => source.is_permanent(),
            Self::Refused { status, .. } => !is_temporary_status(*status),
            Self::Unreadable { .. } => false,
        }
    }
}

/// What it means to the domain that a message was not accepted.
pub(crate) fn not_sent(error: SmsServiceError) -> SmsError {
    if error.is_permanent() {
        SmsError::Refused(error.into())
    } else {
        SmsError::NotSent(error.into())
    }
}
