//! What can go wrong below the services; use-case errors live beside their service.

use std::error::Error;

/// A boxed cause from an adapter, kept for the log.
pub type Cause = Box<dyn Error + Send + Sync + 'static>;

/// A value that has to be unique and was not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum UniqueField {
    /// The e-mail address of a user.
    Email,
    /// The phone number of a user.
    PhoneNumber,
    /// The user name of a user.
    Username,
    /// The credential of a security key.
    Credential,
    /// The identity at a provider that an account is linked with.
    Identity,
    /// Any other unique value, for instance a generated id.
    Other,
}

/// Why a store could not do what was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The value of `field` belongs to another row.
    #[error("the value of {field:?} is taken")]
    Duplicate {
        /// The field whose value is taken.
        field: UniqueField,
    },
    /// A role was named that the store does not hold.
    #[error("the role does not exist")]
    UnknownRole,
    /// A conflicting transaction (lock timeout, serialization failure); a retry may succeed.
    #[error("the store was busy with a conflicting change")]
    Contended(#[source] Cause),
    /// No connection could be had, or it was lost; a retry may succeed.
    #[error("the store cannot be reached")]
    Unavailable(#[source] Cause),
    /// Everything else.
    #[error("the store failed")]
    Backend(#[source] Cause),
}

/// An error and its sources on one line, for the log.
#[must_use]
pub fn chain(error: &(dyn Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| (*error).source());
    causes
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}
