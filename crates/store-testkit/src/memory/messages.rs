//! The message queue of a [`MemoryStore`](super::MemoryStore).

use std::collections::HashMap;

use auth_domain::{
    DateTime, Utc,
    one_time_code::CodePurpose,
    queued_message::{Carried, FailedAttempt, MessageId, NewQueuedMessage, QueuedMessage},
    user::UserId,
};

use super::expiry::remove;

/// One message at most of each user and purpose.
#[derive(Debug, Clone, Default)]
pub(super) struct Messages(HashMap<(UserId, &'static str), Row>);

#[derive(Debug, Clone)]
struct Row {
    carried: Carried,
    message: QueuedMessage,
}

impl Messages {
    pub(super) fn enqueue(&mut self, new: NewQueuedMessage) {
        let key = (new.user_id, new.carried.purpose());
        let message = QueuedMessage {
            id: new.id,
            user_id: new.user_id,
            template: new.template.to_owned(),
            payload: new.payload,
            created_at: new.created_at,
            expires_at: new.expires_at,
            attempts: 1,
            is_claimed: true,
            next_attempt_at: new.leased_until,
            last_error: None,
        };
        let carried = new.carried;
        self.0.insert(key, Row { carried, message });
    }

    pub(super) fn withdraw(&mut self, user: UserId, purpose: CodePurpose) {
        self.0.remove(&(user, purpose.name()));
    }

    /// Drops messages whose ticket or code is gone.
    pub(super) fn retain(&mut self, is_there: impl Fn(UserId, &Carried) -> bool) {
        self.0
            .retain(|(user, _), row| is_there(*user, &row.carried));
    }

    pub(super) fn lease(
        &mut self,
        now: DateTime<Utc>,
        leased_until: DateTime<Utc>,
        limit: usize,
    ) -> Vec<QueuedMessage> {
        let mut due: Vec<_> = (self.0.values_mut())
            .map(|row| &mut row.message)
            .filter(|it| it.next_attempt_at <= now && it.expires_at > now)
            .collect();
        due.sort_by_key(|it| it.next_attempt_at);
        let leased = due.into_iter().take(limit).map(|message| {
            message.attempts += 1;
            message.is_claimed = true;
            message.next_attempt_at = leased_until;
            message.clone()
        });
        leased.collect()
    }

    pub(super) fn remove(&mut self, id: MessageId) {
        self.0.retain(|_, row| row.message.id != id);
    }

    pub(super) fn postpone(&mut self, failed: &FailedAttempt) {
        if let Some(message) = self.find(failed.id)
            && message.attempts == failed.attempt
        {
            message.is_claimed = false;
            message.next_attempt_at = failed.next_attempt_at;
            message.last_error = Some(failed.error.clone());
        }
    }

    pub(super) fn list(&self, now: DateTime<Utc>, limit: usize) -> Vec<QueuedMessage> {
        let mut waiting: Vec<_> = (self.0.values())
            .map(|row| &row.message)
            .filter(|it| it.expires_at > now)
            .collect();
        waiting.sort_by_key(|it| it.expires_at);
        waiting.into_iter().take(limit).cloned().collect()
    }

    pub(super) fn expedite(&mut self, id: MessageId, now: DateTime<Utc>) -> bool {
        match self.find(id) {
            Some(message) if !message.is_claimed => {
                message.next_attempt_at = now;
                true
            }
            _ => false,
        }
    }

    pub(super) fn remove_expired(&mut self, before: DateTime<Utc>, limit: usize) -> usize {
        remove(&mut self.0, |row| row.message.expires_at, before, limit)
    }

    fn find(&mut self, id: MessageId) -> Option<&mut QueuedMessage> {
        let mut messages = self.0.values_mut().map(|row| &mut row.message);
        messages.find(|it| it.id == id)
    }
}
