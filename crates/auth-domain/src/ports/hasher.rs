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
/// requests, and must bound how much of it runs at once and how much waits: an answer is useless
/// once its client has given up. It must be fair (denial of service): client networks take turns,
/// and when the queue is full, a request of the network with the most waiting requests is refused.
#[async_trait]
pub trait PasswordHasher: Send + Sync {
    /// The hash to store for `password`, salted anew each time. `client` is whose turn it takes.
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

    /// Takes as long as [`verify`](Self::verify) with a hash of the current strength, so that the
    /// time of the answer does not tell whether the account exists (user enumeration by timing).
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
