//! When the world lets a use case down.

use std::error::Error;

use crate::{
    error::StoreError,
    limits::TooMany,
    ports::{
        BackgroundBusy, BreachedPasswordsError, HasherError, MailerError, QrError,
        SecretCipherError, SignerError, SmsError,
    },
};

/// An adapter failed, or there is too much to do. Nothing the caller asked for is at fault, and the
/// same request may succeed later.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The password hasher.
    #[error(transparent)]
    Hasher(#[from] HasherError),
    /// The place for work that nobody waits for.
    #[error(transparent)]
    Background(#[from] BackgroundBusy),
    /// The list of breached passwords.
    #[error(transparent)]
    BreachedPasswords(#[from] BreachedPasswordsError),
    /// The token signer.
    #[error(transparent)]
    Signer(#[from] SignerError),
    /// The mailer.
    #[error(transparent)]
    Mailer(#[from] MailerError),
    /// The service for text messages.
    #[error(transparent)]
    Sms(#[from] SmsError),
    /// The encryption of stored secrets.
    #[error(transparent)]
    SecretCipher(#[from] SecretCipherError),
    /// The drawing of QR codes.
    #[error(transparent)]
    Qr(#[from] QrError),
    /// Too many requests about one account or one mailbox.
    #[error(transparent)]
    TooMany(#[from] TooMany),
}

/// An error of a use case that may be the world's fault.
pub trait MayBeFailure: Error {
    /// The failure, if that is what it is. Otherwise the text of the error says what the caller asked
    /// for in vain, and holds no personal data.
    fn failure(&self) -> Option<&Failure>;
}

/// Lets `?` turn errors of the named ports into the `Failure` variant of a use-case error, and
/// tells failures from what was asked in vain.
macro_rules! failures_of {
    ($error:ty: $($port:ty),+) => {
        $(impl From<$port> for $error {
            fn from(error: $port) -> Self {
                Self::Failure(error.into())
            }
        })+

        impl $crate::services::MayBeFailure for $error {
            fn failure(&self) -> Option<&Failure> {
                match self {
                    Self::Failure(failure) => Some(failure),
                    _ => None,
                }
            }
        }
    };
}

pub(super) use failures_of;
