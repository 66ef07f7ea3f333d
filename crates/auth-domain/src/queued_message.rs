//! The message queue (transactional outbox): mails and text messages that have not been sent yet.
//!
//! A message is queued in the unit of work that stores the ticket or code it carries, so that a
//! committed ticket always has its message, and a rolled-back one has none. The server that sends
//! it removes it afterwards: a crash in between sends it twice (delivery at least once), never not
//! at all. Its payload is [sealed](SealedSecret), because it holds the ticket or code in plain
//! text.

mod id;
mod payload;

use std::time::Duration;

use chrono::{DateTime, Utc};
pub use id::MessageId;
pub use payload::OutgoingMessage;

use crate::{
    one_time_code::CodePurpose,
    ports::MailKind,
    sealed::SealedSecret,
    ticket::{HashedTicket, TicketPurpose},
    user::UserId,
};

/// The lease of one attempt. Longer than any transport may take; when it runs out, another server
/// takes over from one that was killed.
pub const LEASE: Duration = Duration::from_secs(45);

/// The pause after the first failed attempt. It doubles with each further one.
const FIRST_PAUSE: Duration = Duration::from_secs(5);

/// The longest pause between two attempts.
const LONGEST_PAUSE: Duration = Duration::from_mins(10);

/// How long to wait after so many failed attempts (exponential back-off).
#[must_use]
pub fn pause_after(attempts: u32) -> Duration {
    let doublings = attempts.saturating_sub(1).min(16);
    FIRST_PAUSE
        .saturating_mul(1 << doublings)
        .min(LONGEST_PAUSE)
}

/// The ticket or code in a message. A message is useless without it, and leaves the queue when it
/// leaves the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Carried {
    /// A ticket, perhaps with a code in its place.
    Ticket(TicketPurpose, HashedTicket),
    /// The one-time code that its user has for this purpose.
    Code(CodePurpose),
}

impl Carried {
    /// The purpose, by its name in a store. Of one purpose a user has one queued message at most.
    #[must_use]
    pub fn purpose(&self) -> &'static str {
        match self {
            Self::Ticket(purpose, _) => purpose.prefix(),
            Self::Code(purpose) => purpose.name(),
        }
    }
}

/// A message about to be queued by a request that makes the first attempt itself: it begins leased,
/// with one attempt.
#[derive(Debug, Clone, PartialEq)]
pub struct NewQueuedMessage {
    /// Its number.
    pub id: MessageId,
    /// The user it is for.
    pub user_id: UserId,
    /// What it carries.
    pub carried: Carried,
    /// The name of its template.
    pub template: &'static str,
    /// An [`OutgoingMessage`], sealed for this number.
    pub payload: SealedSecret,
    /// When it was queued.
    pub created_at: DateTime<Utc>,
    /// The moment from which what it carries is no longer accepted. It is not sent after that.
    pub expires_at: DateTime<Utc>,
    /// When the lease of the first attempt runs out, and the worker takes over.
    pub leased_until: DateTime<Utc>,
}

/// A message in the queue.
#[derive(Debug, Clone, PartialEq)]
pub struct QueuedMessage {
    /// Its number.
    pub id: MessageId,
    /// The user it is for.
    pub user_id: UserId,
    /// The name of its template.
    pub template: String,
    /// An [`OutgoingMessage`], sealed for this number.
    pub payload: SealedSecret,
    /// When it was queued.
    pub created_at: DateTime<Utc>,
    /// See [`NewQueuedMessage::expires_at`].
    pub expires_at: DateTime<Utc>,
    /// How many attempts were begun.
    pub attempts: u32,
    /// Whether it is leased: an attempt goes on, or was cut short.
    pub is_claimed: bool,
    /// When the next attempt is due; for a leased message, when the lease runs out.
    pub next_attempt_at: DateTime<Utc>,
    /// Why the last attempt failed. Holds no secret.
    pub last_error: Option<String>,
}

/// The outcome of a failed attempt.
#[derive(Debug, Clone, PartialEq)]
pub struct FailedAttempt {
    /// Which message.
    pub id: MessageId,
    /// Which attempt, counted from 1.
    pub attempt: u32,
    /// When the next one is due.
    pub next_attempt_at: DateTime<Utc>,
    /// Why it failed. Holds no secret.
    pub error: String,
}

/// Whether a message goes by mail or by text message.
#[must_use]
pub fn channel_of(template: &str) -> &'static str {
    match MailKind::of_template(template) {
        Some(_) => "mail",
        None => "text message",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_ten_minutes() {
        let pauses = [0, 1, 2, 3, 7, 8, 9, u32::MAX].map(|it| pause_after(it).as_secs());

        assert_eq!(pauses, [5, 5, 10, 20, 320, 600, 600, 600]);
    }
}
