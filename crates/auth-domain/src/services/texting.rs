//! Telling people by text message: as with mails, a code is stored first and sent after the commit.

use std::sync::Arc;

use super::{Failure, Installation, retry::retry, visit::Visit};
use crate::{
    error::StoreError,
    one_time_code::{CodeGuess, CodePurpose, HashedCode, NewCode, OneTimeCode},
    ports::{CodeDelivery, PhoneVerifier, SmsError, SmsSender, TextMessage, UnitOfWork},
    secret::Secret,
    user::{Locale, PhoneNumber, UserId},
};

/// A code that is about to be stored and sent to a phone.
pub(super) struct CodeText {
    to: PhoneNumber,
    pub(super) row: NewCode,
    by: Way,
}

/// How the code gets there.
enum Way {
    /// It is known already.
    NotAtAll,
    Message(Arc<dyn SmsSender>, OneTimeCode),
    Verifier(Arc<dyn PhoneVerifier>),
}

impl CodeText {
    pub(super) fn new(
        installation: &Installation,
        delivery: &CodeDelivery,
        user: UserId,
        purpose: CodePurpose,
        to: PhoneNumber,
    ) -> Self {
        let policy = &installation.policy;
        let (by, row) = match (policy.sms.test_code(&to), delivery) {
            (Some(code), _) => (Way::NotAtAll, installation.code_row(code, user, purpose)),
            (None, CodeDelivery::Message(sender)) => {
                let (code, row) = installation.new_code(user, purpose);
                (Way::Message(Arc::clone(sender), code), row)
            }
            (None, CodeDelivery::Verifier(verifier)) => {
                let row = NewCode {
                    user_id: user,
                    purpose,
                    hash: HashedCode::of_foreign_code(&policy.codes.key, user, purpose),
                    expires_at: installation.clock.now() + policy.codes.foreign_ttl,
                };
                (Way::Verifier(Arc::clone(verifier)), row)
            }
        };
        Self { to, row, by }
    }

    /// Stores the code as part of `work`.
    pub(super) async fn write(&self, work: &mut dyn UnitOfWork) -> Result<(), StoreError> {
        work.tickets().put_code(&self.row).await
    }

    /// Stores the code in a unit of work of its own.
    pub(super) async fn store(&self, installation: &Installation) -> Result<(), StoreError> {
        retry(|| async {
            let mut work = installation.store.begin().await?;
            self.write(work.as_mut()).await?;
            work.commit().await
        })
        .await
    }

    /// Sends the code in a language.
    pub(super) async fn send(self, locale: Locale) -> Result<(), SmsError> {
        match self.by {
            Way::NotAtAll => Ok(()),
            Way::Message(sender, code) => {
                let message = TextMessage {
                    to: self.to,
                    locale,
                    code: Secret::new(code.expose()),
                };
                sender.send(message).await
            }
            Way::Verifier(verifier) => verifier.start(&self.to, &locale).await,
        }
    }
}

impl Visit {
    /// A guess at the code that was sent to `number`, judged already where the service has to do it.
    /// That is counted like any other: a guess too many is not accepted, whatever the service says.
    /// The service is asked only where a right guess would be accepted, because each question may
    /// cost; but while it is concealed whether accounts exist it is asked about everybody alike.
    pub(super) async fn texted_guess(
        &self,
        delivery: &CodeDelivery,
        number: &PhoneNumber,
        (user, purpose): (UserId, CodePurpose),
        code: &OneTimeCode,
    ) -> Result<CodeGuess, Failure> {
        let mut guess = self.guess(user, purpose, code);
        if let CodeDelivery::Verifier(verifier) = delivery
            && self.policy.sms.test_code(number).is_none()
            && (self.concealment.is_some() || self.awaits(&guess).await?)
            && verifier.check(number, code).await?
        {
            guess.hash = HashedCode::of_foreign_code(&self.policy.codes.key, user, purpose);
        }
        Ok(guess)
    }

    /// Whether a guess would be compared with a code.
    pub(super) async fn awaits(&self, guess: &CodeGuess) -> Result<bool, StoreError> {
        retry(|| async {
            let mut work = self.store.begin().await?;
            let awaits = work.tickets().awaits_guess(guess).await?;
            work.rollback().await?;
            Ok(awaits)
        })
        .await
    }
}
