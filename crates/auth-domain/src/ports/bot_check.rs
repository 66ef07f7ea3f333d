//! Bot checks (CAPTCHA).

use async_trait::async_trait;

use crate::{error::Cause, secret::Secret};

/// Tells people from programs by the response to a challenge on the client's page.
#[async_trait]
pub trait BotCheck: Send + Sync {
    /// Checks `response`, which is good for one request.
    ///
    /// Must end by itself: a request waits for it.
    async fn judge(&self, response: &Secret) -> Result<PersonVerdict, BotCheckError>;
}

/// The result of a challenge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PersonVerdict {
    /// The client is a person.
    Passed,
    /// The client is a program, or the response is not valid, or no longer.
    Failed {
        /// What the service says about it, for the client.
        messages: Vec<String>,
    },
}

/// The check could not be made.
#[derive(Debug, thiserror::Error)]
#[error("the bot check could not be made")]
pub struct BotCheckError(#[source] pub Cause);
