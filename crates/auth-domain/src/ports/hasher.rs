//! Hashing passwords.

use async_trait::async_trait;

use crate::{
    error::Cause,
    limits::ClientNetwork,
    user::{HashedPassword, PlainPassword},
};

/// Turns passwords into hashes that are slow to guess.
///
/// Hashing takes long on purpose. An implementation must not do it on the threads that serve
/// requests, and must bound how much of it runs at once and how much waits: an answer that comes
/// after its client has left is of use to nobody. Nor may those from one client network keep out those
/// from others: networks take turns, and when there is too much, whoever comes from the one that most
/// of it is for is turned away.
#[async_trait]
pub trait PasswordHasher: Send + Sync {
    /// The hash to store for `password`, salted anew each time, for somebody from `client`.
    async fn hash(
        &self,
        password: &PlainPassword,
        client: ClientNetwork,
    ) -> Result<HashedPassword, HasherError>;

    /// Whether `password` is the one `hash` was made from.
    ///
    /// A hash in a notation it does not know is no match, not an error. A password too long to be
    /// hashed is no match, and takes as long as any other.
    async fn verify(
        &self,
        password: &PlainPassword,
        hash: &HashedPassword,
        client: ClientNetwork,
    ) -> Result<bool, HasherError>;

    /// Takes as long as [`verify`](Self::verify) with a hash of the current strength, so that an
    /// account that does not exist cannot be told by the time of the answer.
    async fn verify_dummy(
        &self,
        password: &PlainPassword,
        client: ClientNetwork,
    ) -> Result<(), HasherError>;
}

/// Why a password was neither hashed nor verified.
#[derive(Debug, thiserror::Error)]
pub enum HasherError {
    /// Too much is waiting already; ask again later.
    #[error("too many passwords wait to be hashed")]
    Busy,
    /// The hasher failed, which no input can provoke.
    #[error("passwords cannot be hashed")]
    Failed(#[source] Cause),
}
