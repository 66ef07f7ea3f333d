//! Failures between this server and a mail service.

use auth_domain::ports::MailerError;
use egress::{EgressError, is_temporary_status};
use mail_templates::MissingTemplate;

/// A mail was not accepted by the service.
///
/// Holds nothing of the mail, no secret, and of the service's response nothing but the status.
#[derive(Debug, thiserror::Error)]
pub enum HttpMailError {
    /// The stored address was checked less strictly than today.
    #[error("the recipient is not an e-mail address")]
    NoRecipient,
    /// There is no template for the mail.
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
    /// The response does not mean that the mail was accepted.
    #[error("{service} answered with status {status}")]
    Refused {
        /// The service.
        service: &'static str,
        /// The status of its response.
        status: u16,
    },
}

impl HttpMailError {
    fn is_permanent(&self) -> bool {
        match self {
            Self::NoRecipient | Self::Words(_) => true,
            Self::Unreachable { source, .. } => source.is_permanent(),
            Self::Refused { status, .. } => !is_temporary_status(*status),
        }
    }
}

impl From<HttpMailError> for MailerError {
    fn from(error: HttpMailError) -> Self {
        if error.is_permanent() {
            Self::Permanent(error.into())
        } else {
            Self::Temporary(error.into())
        }
    }
}
