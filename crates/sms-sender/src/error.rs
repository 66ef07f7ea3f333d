//! Failures between this server and a service for text messages.

use auth_domain::ports::SmsError;
use egress::{EgressError, is_temporary_status};
use mail_templates::MissingTemplate;

/// A message was not accepted by the service, or a code was not checked.
///
/// Holds nothing of the message, no number, no secret, and of the service's response nothing but
/// the status.
#[derive(Debug, thiserror::Error)]
pub enum SmsServiceError {
    /// The service accepts numbers in international form only.
    #[error("{service} takes only phone numbers that begin with +")]
    NotInternational {
        /// The service.
        service: &'static str,
    },
    /// There is no template for the message.
    #[error(transparent)]
    Words(#[from] MissingTemplate),
    /// There was no response.
    #[error("{service} did not answer")]
    Unreachable {
        /// The service.
        service: &'static str,
        /// Why not.
        source: EgressError,
    },
    /// The response does not mean that the request was accepted.
    #[error("{service} answered with status {status}")]
    Refused {
        /// The service.
        service: &'static str,
        /// The status of its response.
        status: u16,
    },
    /// The response is not one the service is documented to send.
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

/// The domain's error for a message that was not accepted.
pub(crate) fn not_sent(error: SmsServiceError) -> SmsError {
    if error.is_permanent() {
        SmsError::Refused(error.into())
    } else {
        SmsError::NotSent(error.into())
    }
}
