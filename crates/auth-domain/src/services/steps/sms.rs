//! Text messages with a code: as with mails, the code is stored first, with a message in the queue,
//! and sent after the commit.
//!
//! The client gets an error when the first attempt fails, as in Hasura Auth. The message is retried
//! all the same until its code expires; another request replaces it.

use std::sync::Arc;

use crate::{
    error::StoreError,
    one_time_code::{CodeGuess, CodePurpose, HashedCode, NewCode, OneTimeCode},
    ports::{CodeDelivery, PhoneVerifier, SecretCipherError, SmsError, TextMessage, UnitOfWork},
    queued_message::{Carried, OutgoingMessage},
    secret::Secret,
    services::{
        context::RequestContext,
        dependencies::Dependencies,
        error::Failure,
        steps::retry::retry,
        upkeep::message_queue::{DeliveryError, Outgoing},
    },
    user::{Locale, PhoneNumber, UserId},
};

/// A code that is about to be stored and sent to a phone.
pub(in crate::services) struct CodeText {
    row: NewCode,
    by: Way,
}

/// How the code is sent.
enum Way {
    /// Not at all: it is the fixed code of a test number.
    NotAtAll,
    Message(Box<Outgoing>),
    /// By a service with codes of its own. Not queued: a retry would make another code.
    Verifier(Arc<dyn PhoneVerifier>, PhoneNumber, Locale),
}

impl CodeText {
    pub(in crate::services) fn new(
        dependencies: &Dependencies,
        delivery: &CodeDelivery,
        user: UserId,
        purpose: CodePurpose,
        to: PhoneNumber,
        locale: Locale,
    ) -> Result<Self, SecretCipherError> {
        let policy = &dependencies.policy;
        let (by, row) = match (policy.sms.test_code(&to), delivery) {
            (Some(code), _) => (Way::NotAtAll, dependencies.code_row(code, user, purpose)),
            (None, CodeDelivery::Message(_)) => {
                let (code, row) = dependencies.new_code(user, purpose);
                let code = Secret::new(code.expose());
                let message = OutgoingMessage::Text(TextMessage { to, locale, code });
                let carried = Carried::Code(purpose);
                let expires_at = row.expires_at;
                let queued = Outgoing::new(dependencies, user, carried, expires_at, message)?;
                (Way::Message(queued), row)
            }
            (None, CodeDelivery::Verifier(verifier)) => {
                let row = NewCode {
                    user_id: user,
                    purpose,
                    hash: HashedCode::of_foreign_code(&policy.codes.key, user, purpose),
                    expires_at: dependencies.clock.now() + policy.codes.foreign_ttl,
                };
                (Way::Verifier(Arc::clone(verifier), to, locale), row)
            }
        };
        Ok(Self { row, by })
    }

    /// Stores the code and queues the message as part of `work`.
    pub(in crate::services) async fn write(
        &self,
        work: &mut dyn UnitOfWork,
    ) -> Result<(), StoreError> {
        work.tickets().put_code(&self.row).await?;
        match &self.by {
            Way::Message(message) => message.enqueue(work).await,
            Way::NotAtAll | Way::Verifier(..) => Ok(()),
        }
    }

    /// Stores a code that is never sent, in place of a pending one.
    pub(in crate::services) async fn write_unsent(
        &self,
        work: &mut dyn UnitOfWork,
    ) -> Result<(), StoreError> {
        work.tickets().put_code(&self.row).await?;
        let NewCode {
            user_id, purpose, ..
        } = self.row;
        work.messages().withdraw(user_id, purpose).await
    }

    /// Stores the code in a unit of work of its own.
    pub(in crate::services) async fn store(
        &self,
        dependencies: &Dependencies,
    ) -> Result<(), StoreError> {
        retry(|| async {
            let mut work = dependencies.store.begin().await?;
            self.write(work.as_mut()).await?;
            work.commit().await
        })
        .await
    }

    /// Sends the code.
    pub(in crate::services) async fn send(
        self,
        dependencies: &Dependencies,
    ) -> Result<(), SmsError> {
        match self.by {
            Way::NotAtAll => Ok(()),
            Way::Message(message) => match message.send(dependencies).await {
                Ok(()) => Ok(()),
                Err(DeliveryError::Text(error)) => Err(error),
                Err(error) => Err(SmsError::NotSent(error.into())),
            },
            Way::Verifier(verifier, to, locale) => verifier.start(&to, &locale).await,
        }
    }
}

impl RequestContext {
    /// A guess at the code that was sent to `number`, checked already where a service has codes of
    /// its own. It is counted like any other: one too many is not accepted, whatever the service
    /// says. The service is asked only where a right guess would be accepted, because each call may
    /// cost; with enumeration protection it is always asked.
    pub(in crate::services) async fn texted_guess(
        &self,
        delivery: &CodeDelivery,
        number: &PhoneNumber,
        (user, purpose): (UserId, CodePurpose),
        code: &OneTimeCode,
    ) -> Result<CodeGuess, Failure> {
        let mut guess = self.guess(user, purpose, code);
        if let CodeDelivery::Verifier(verifier) = delivery
            && self.policy.sms.test_code(number).is_none()
            && (self.enumeration_protection.is_some() || self.awaits(&guess).await?)
            && verifier.check(number, code).await?
        {
            guess.hash = HashedCode::of_foreign_code(&self.policy.codes.key, user, purpose);
        }
        Ok(guess)
    }

    /// Whether a guess would be compared with a code.
    pub(in crate::services) async fn awaits(&self, guess: &CodeGuess) -> Result<bool, StoreError> {
        retry(|| async {
            let mut work = self.store.begin().await?;
            let awaits = work.tickets().awaits_guess(guess).await?;
            work.rollback().await?;
            Ok(awaits)
        })
        .await
    }
}
