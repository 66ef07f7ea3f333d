//! The message queue in the store.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::{
    error::StoreError,
    one_time_code::CodePurpose,
    queued_message::{FailedAttempt, MessageId, NewQueuedMessage, QueuedMessage},
    user::UserId,
};

/// Queueing messages, within the unit of work that stores what they carry.
#[async_trait]
pub trait MessageRepository: Send {
    /// Queues a message, in place of any earlier one of the same user and purpose. What it carries
    /// must be stored before, and the message is deleted along with it: with the ticket or code, or
    /// with the user.
    async fn enqueue(&mut self, message: &NewQueuedMessage) -> Result<(), StoreError>;

    /// Removes the message with a user's code, because a code that is not sent replaced that.
    async fn withdraw(&mut self, user: UserId, purpose: CodePurpose) -> Result<(), StoreError>;
}

/// Working off the queue. Each method is one decision and one round trip, as those of
/// [`Store`](super::Store) are.
#[async_trait]
pub trait MessageQueue: Send + Sync {
    /// Leases messages whose next attempt is due, `limit` at most, the longest due first, and
    /// begins an attempt at each: it counts, and the message is not due again before
    /// `leased_until`.
    ///
    /// Of any number of concurrent calls, also by different servers, one gets a message. A call
    /// does not wait for another. Expired messages (`expires_at <= now`) are not leased.
    async fn lease_messages(
        &self,
        now: DateTime<Utc>,
        leased_until: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<QueuedMessage>, StoreError>;

    /// Removes a message that was sent, or never will be. Idempotent: one that is not there is no
    /// error.
    async fn remove_message(&self, id: MessageId) -> Result<(), StoreError>;

    /// Records a failed attempt, unless a later one has begun meanwhile.
    async fn postpone_message(&self, failed: &FailedAttempt) -> Result<(), StoreError>;

    /// Messages that have not expired, the next to expire first, `limit` at most.
    async fn list_messages(
        &self,
        now: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<QueuedMessage>, StoreError>;

    /// Makes a message due now. `false`: there is none, or an attempt goes on.
    async fn expedite_message(&self, id: MessageId, now: DateTime<Utc>)
    -> Result<bool, StoreError>;
}
