//! Telling people from programs.

use async_trait::async_trait;

use crate::{error::Cause, secret::Secret};

/// Tells people from programs by what a challenge on the client's page gave them.
#[async_trait]
pub trait BotCheck: Send + Sync {
    /// Judges `response`, which is good for one request.
    ///
    /// Must come to an end by itself: somebody waits for the answer.
    async fn judge(&self, response: &Secret) -> Result<PersonVerdict, BotCheckError>;
}

/// What a challenge showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PersonVerdict {
    /// It was a person.
    Passed,
    /// It was none, or the response is not good, or no longer.
    Failed {
        /// What the service says about it, for the client.
        messages: Vec<String>,
    },
}

/// Nobody can tell.
#[derive(Debug, thiserror::Error)]
#[error("nobody can tell whether it was a person")]
pub struct BotCheckError(#[source] pub Cause);
