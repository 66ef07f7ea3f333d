//! Sending queued messages: first by the request that queued them, then by the worker.
//!
//! See [`queued_message`](crate::queued_message) for what is promised.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::{
    error::{StoreError, chain},
    ports::{
        Clock, CodeDelivery, Mailer, MailerError, SecretCipher, SecretCipherError, SmsError,
        SmsSender, Store, UnitOfWork, UserLookup,
    },
    queued_message::{
        Carried, FailedAttempt, LEASE, MessageId, NewQueuedMessage, OutgoingMessage, QueuedMessage,
        channel_of, pause_after,
    },
    sealed::SealContext,
    services::{dependencies::Dependencies, steps::retry::retry},
    user::UserId,
};

/// Lists queued messages for an operator, and makes them due at once.
#[derive(Clone)]
pub struct MessageQueueService {
    store: Arc<dyn Store>,
    secrets: Arc<dyn SecretCipher>,
    clock: Arc<dyn Clock>,
}

/// Sends queued messages.
#[derive(Clone)]
pub struct MessageDeliveryService {
    queue: MessageQueueService,
    mailer: Arc<dyn Mailer>,
    sms: Option<Arc<dyn SmsSender>>,
}

/// Why a message was not sent.
#[derive(Debug, thiserror::Error)]
pub(in crate::services) enum DeliveryError {
    #[error(transparent)]
    Mail(#[from] MailerError),
    #[error(transparent)]
    Text(#[from] SmsError),
    #[error(transparent)]
    Sealed(#[from] SecretCipherError),
    #[error("this version cannot read the message")]
    Unreadable,
    #[error("text messages are switched off")]
    NoSmsSender,
}

impl DeliveryError {
    /// Whether a retry would fail as well. Never for what an operator can mend: a missing key, an
    /// older version, a setting.
    fn is_permanent(&self) -> bool {
        matches!(
            self,
            Self::Mail(MailerError::Permanent(_)) | Self::Text(SmsError::Refused(_))
        )
    }
}

/// One attempt at a message.
struct Attempt<'a> {
    id: MessageId,
    /// Counted from 1.
    number: u32,
    template: &'a str,
}

impl MessageQueueService {
    /// Looks at the queue of `store`.
    #[must_use]
    pub fn new(
        store: Arc<dyn Store>,
        secrets: Arc<dyn SecretCipher>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            store,
            secrets,
            clock,
        }
    }

    /// Waiting messages, the next to expire first, each with its masked recipient; `limit` at most.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store fails.
    pub async fn list(&self, limit: u32) -> Result<Vec<(QueuedMessage, String)>, StoreError> {
        let now = self.clock.now();
        let messages = self.store.list_messages(now, limit).await?;
        let shown = messages.into_iter().map(|message| {
            let opened = self.opened(&message);
            let recipient = opened.map_or_else(|_| "?".to_owned(), |it| it.masked_recipient());
            (message, recipient)
        });
        Ok(shown.collect())
    }

    /// Makes a message due now. `false`: there is none, or an attempt goes on.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store fails.
    pub async fn expedite(&self, id: MessageId) -> Result<bool, StoreError> {
        let now = self.clock.now();
        retry(|| self.store.expedite_message(id, now)).await
    }

    fn opened(&self, message: &QueuedMessage) -> Result<OutgoingMessage, DeliveryError> {
        let context = SealContext::QueuedMessage(message.id);
        let opened = self.secrets.open(&message.payload, &context)?;
        OutgoingMessage::read(&opened.secret).ok_or(DeliveryError::Unreadable)
    }
}

impl MessageDeliveryService {
    /// Works off `queue`. Codes that a verifier sends are not queued.
    #[must_use]
    pub fn new(
        queue: MessageQueueService,
        mailer: Arc<dyn Mailer>,
        sms: Option<&CodeDelivery>,
    ) -> Self {
        let sms = match sms {
            Some(CodeDelivery::Message(sender)) => Some(Arc::clone(sender)),
            Some(CodeDelivery::Verifier(_)) | None => None,
        };
        Self { queue, mailer, sms }
    }

    /// Leases due messages, `limit` at most, each for one [`deliver`](Self::deliver).
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store fails.
    pub async fn lease(&self, limit: u32) -> Result<Vec<QueuedMessage>, StoreError> {
        let now = self.queue.clock.now();
        retry(|| self.queue.store.lease_messages(now, now + LEASE, limit)).await
    }

    /// Makes one attempt at a leased message. The outcome is only in the queue and the log: a
    /// failed message stays for a retry, one that was refused for good is removed.
    pub async fn deliver(&self, message: QueuedMessage) {
        let attempt = Attempt {
            id: message.id,
            number: message.attempts,
            template: &message.template,
        };
        match self.may_be_reached(message.user_id).await {
            Ok(true) => {}
            Ok(false) => return self.remove(message.id).await,
            // The lease runs out, and the message is due again.
            Err(error) => return log_unnoted(message.id, &error),
        }
        // The outcome is in the queue and in the log.
        let _ = match self.queue.opened(&message) {
            Ok(outgoing) => self.attempt(&attempt, outgoing).await,
            Err(error) => self.settle(&attempt, Err(error)).await,
        };
    }

    /// Whether a user is still there and not disabled.
    async fn may_be_reached(&self, user: UserId) -> Result<bool, StoreError> {
        let user = self.queue.store.find_user(UserLookup::Id(user)).await?;
        Ok(user.is_some_and(|user| !user.disabled))
    }

    async fn attempt(
        &self,
        attempt: &Attempt<'_>,
        message: OutgoingMessage,
    ) -> Result<(), DeliveryError> {
        let outcome = match message {
            OutgoingMessage::Mail(mail) => self.mailer.send(mail).await.map_err(Into::into),
            OutgoingMessage::Text(text) => match &self.sms {
                Some(sender) => sender.send(text).await.map_err(Into::into),
                None => Err(DeliveryError::NoSmsSender),
            },
        };
        self.settle(attempt, outcome).await
    }

    /// Stores the outcome of an attempt in the queue.
    async fn settle(
        &self,
        attempt: &Attempt<'_>,
        outcome: Result<(), DeliveryError>,
    ) -> Result<(), DeliveryError> {
        let Err(error) = &outcome else {
            self.remove(attempt.id).await;
            return outcome;
        };
        let text = chain(error);
        tracing::warn!(
            id = %attempt.id,
            kind = channel_of(attempt.template),
            template = attempt.template,
            attempts = attempt.number,
            is_retried = !error.is_permanent(),
            error = text,
            "a message was not handed over"
        );
        if error.is_permanent() {
            self.remove(attempt.id).await;
        } else {
            self.postpone(attempt, text).await;
        }
        outcome
    }

    async fn postpone(&self, attempt: &Attempt<'_>, error: String) {
        let failed = FailedAttempt {
            id: attempt.id,
            attempt: attempt.number,
            next_attempt_at: self.queue.clock.now() + pause_after(attempt.number),
            error,
        };
        let noted = retry(|| self.queue.store.postpone_message(&failed)).await;
        noted.unwrap_or_else(|error| log_unnoted(attempt.id, &error));
    }

    async fn remove(&self, id: MessageId) {
        let removed = retry(|| self.queue.store.remove_message(id)).await;
        removed.unwrap_or_else(|error| log_unnoted(id, &error));
    }
}

/// The message is retried when its lease has run out; if it had been sent, it arrives twice (at
/// least once).
fn log_unnoted(id: MessageId, error: &StoreError) {
    tracing::warn!(
        %id,
        error = chain(error),
        "the message queue could not be read or written"
    );
}

/// A message that is about to be queued, and sent by the request that queues it.
pub(in crate::services) struct Outgoing {
    row: NewQueuedMessage,
    message: OutgoingMessage,
}

impl Outgoing {
    /// A message to `user_id` that carries a ticket or code until that expires.
    pub(in crate::services) fn new(
        dependencies: &Dependencies,
        user_id: UserId,
        carried: Carried,
        expires_at: DateTime<Utc>,
        message: OutgoingMessage,
    ) -> Result<Box<Self>, SecretCipherError> {
        let id = MessageId(dependencies.ids.uuid());
        let context = SealContext::QueuedMessage(id);
        let payload = dependencies.secrets.seal(&message.write(), &context)?;
        let now = dependencies.clock.now();
        let row = NewQueuedMessage {
            id,
            user_id,
            carried,
            template: message.template(),
            payload,
            created_at: now,
            expires_at,
            leased_until: now + LEASE,
        };
        Ok(Box::new(Self { row, message }))
    }

    /// Queues it as part of `work`, after what it carries.
    pub(in crate::services) async fn enqueue(
        &self,
        work: &mut dyn UnitOfWork,
    ) -> Result<(), StoreError> {
        work.messages().enqueue(&self.row).await
    }

    /// Makes the first attempt, after the commit.
    pub(in crate::services) async fn send(
        self: Box<Self>,
        dependencies: &Dependencies,
    ) -> Result<(), DeliveryError> {
        let attempt = Attempt {
            id: self.row.id,
            number: 1,
            template: self.row.template,
        };
        let queue = MessageQueueService::new(
            Arc::clone(&dependencies.store),
            Arc::clone(&dependencies.secrets),
            Arc::clone(&dependencies.clock),
        );
        let mailer = Arc::clone(&dependencies.mailer);
        let delivery = MessageDeliveryService::new(queue, mailer, dependencies.sms.as_ref());
        // Boxed, because a message is large, and so would be the futures of all callers.
        Box::pin(delivery.attempt(&attempt, self.message)).await
    }
}
