//! Failures of use cases: a refusal by the rules, or a failure of an adapter.

use crate::{
    error::{StoreError, UniqueField},
    limits::TooMany,
    ports::{
        BackgroundBusy, BreachedPasswordsError, HasherError, MailerError, QrError,
        SecretCipherError, SignerError, SmsError,
    },
};

/// An adapter failed, or there is too much to do. The request itself is not at fault, and a retry
/// may succeed.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The password hasher.
    #[error(transparent)]
    Hasher(#[from] HasherError),
    /// The queue for background work is full.
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
    /// A rate limit of an account or mailbox is reached.
    #[error(transparent)]
    TooMany(#[from] TooMany),
}

/// Why a use case failed: the rules refused the request, or an adapter failed.
#[derive(Debug, thiserror::Error)]
pub enum Error<R> {
    /// The rules refuse the request. The text says why, and holds no personal data.
    #[error(transparent)]
    Refused(R),
    /// The request itself is not at fault.
    #[error(transparent)]
    Failed(Failure),
}

/// A reason of the rules to refuse a request.
pub trait Refusal: std::error::Error + Sized {
    /// The refusal of a request whose value of `field` belongs to another account. `None`: no request of
    /// this use case brings such a value, so it is a failure of the store.
    #[must_use]
    fn of_duplicate(field: UniqueField) -> Option<Self> {
        let _ = field;
        None
    }
}

impl<R> Error<R> {
    /// The failure, if it is one.
    #[must_use]
    pub fn failure(&self) -> Option<&Failure> {
        match self {
            Self::Refused(_) => None,
            Self::Failed(failure) => Some(failure),
        }
    }

    /// Maps the refusal, and keeps a failure.
    pub(super) fn map<S>(self, refusal: impl FnOnce(R) -> S) -> Error<S> {
        match self {
            Self::Refused(refused) => Error::Refused(refusal(refused)),
            Self::Failed(failure) => Error::Failed(failure),
        }
    }
}

impl<R: Refusal> From<R> for Error<R> {
    fn from(refusal: R) -> Self {
        Self::Refused(refusal)
    }
}

impl<R: Refusal> From<Failure> for Error<R> {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl<R: Refusal> From<StoreError> for Error<R> {
    fn from(error: StoreError) -> Self {
        let refusal = match &error {
            StoreError::Duplicate { field } => R::of_duplicate(*field),
            _ => None,
        };
        refusal.map_or_else(|| Self::Failed(error.into()), Self::Refused)
    }
}

/// Lets `?` turn errors of ports into failures.
macro_rules! failures {
    ($($port:ty),+ $(,)?) => {
        $(impl<R: Refusal> From<$port> for Error<R> {
            fn from(error: $port) -> Self {
                Self::Failed(error.into())
            }
        })+
    };
}

failures!(
    BackgroundBusy,
    BreachedPasswordsError,
    HasherError,
    MailerError,
    QrError,
    SecretCipherError,
    SignerError,
    SmsError,
    TooMany,
);

/// Lets `?` turn a reason that several use cases share into a refusal of each of them.
macro_rules! parts_of_refusals {
    ($($part:ty),+ $(,)?) => {
        $(impl<R: $crate::services::Refusal + From<$part>> From<$part> for $crate::services::Error<R> {
            fn from(part: $part) -> Self {
                Self::Refused(part.into())
            }
        })+
    };
}

/// Lets `?` pass on the error, or a refusal, of another use case.
macro_rules! passes_on {
    ($inner:ty => $outer:ty) => {
        impl From<$crate::services::Error<$inner>> for $crate::services::Error<$outer> {
            fn from(error: $crate::services::Error<$inner>) -> Self {
                error.map(<$outer>::from)
            }
        }

        impl From<$inner> for $crate::services::Error<$outer> {
            fn from(refusal: $inner) -> Self {
                Self::Refused(refusal.into())
            }
        }
    };
}

pub(super) use {parts_of_refusals, passes_on};
