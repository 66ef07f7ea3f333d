//! Telling people by text message: as with mails, a code is stored first and sent after the commit.

use std::sync::Arc;

use super::{Installation, first_proof::prove_phone, retry::retry};
use crate::{
    error::StoreError,
    one_time_code::{CodeGuess, CodePurpose, CodeVerdict, HashedCode, NewCode, OneTimeCode},
    ports::{
        CodeDelivery, Deanonymization, EndedSessions, PhoneVerifier, SmsError, SmsSender,
        TextMessage, UnitOfWork,
    },
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

/// What a right code brings about, beside what its holder is given.
pub(super) enum Effect<'a> {
    Nothing,
    /// The phone of the account is proven.
    ProvesPhone,
    /// The account gets the number and is no longer anonymous.
    Deanonymizes(&'a Deanonymization),
    /// The account moves to the number.
    MovesTo(&'a PhoneNumber),
}

impl Effect<'_> {
    /// `false`: it cannot come about any more.
    async fn write(&self, work: &mut dyn UnitOfWork, user: UserId) -> Result<bool, StoreError> {
        match self {
            Self::Nothing => Ok(true),
            Self::ProvesPhone => prove_phone(work, user).await.map(|()| true),
            Self::Deanonymizes(changes) => {
                if !work.users().deanonymize(user, changes).await? {
                    return Ok(false);
                }
                work.sessions().end_all_of(user, EndedSessions::All).await?;
                work.tickets().forget_all_of(user).await?;
                Ok(true)
            }
            Self::MovesTo(number) => {
                if !work.users().move_to_phone_number(user, number).await? {
                    return Ok(false);
                }
                // Codes on their way to the former number are no longer its reader's business.
                work.tickets().forget_all_of(user).await?;
                Ok(true)
            }
        }
    }
}

impl Installation {
    /// A guess at the code that was sent to `number`, judged already where the service has to do it.
    /// That is counted like any other: a guess too many is not accepted, whatever the service says.
    pub(super) async fn texted_guess(
        &self,
        delivery: &CodeDelivery,
        number: &PhoneNumber,
        (user, purpose): (UserId, CodePurpose),
        code: &OneTimeCode,
    ) -> Result<CodeGuess, SmsError> {
        let mut guess = self.guess(user, purpose, code);
        if let CodeDelivery::Verifier(verifier) = delivery
            && self.policy.sms.test_code(number).is_none()
            && verifier.check(number, code).await?
        {
            guess.hash = HashedCode::of_foreign_code(&self.policy.codes.key, user, purpose);
        }
        Ok(guess)
    }

    /// Judges a guess and brings about what a right one is for, in one unit of work. `false`: it is
    /// wrong, or one too many, or there is nothing to bring about any more.
    pub(super) async fn redeem(
        &self,
        guess: &CodeGuess,
        effect: Effect<'_>,
    ) -> Result<bool, StoreError> {
        retry(|| async {
            let mut work = self.store.begin().await?;
            let is_right = work.tickets().judge_code(guess).await? == CodeVerdict::Accepted;
            let redeemed = is_right && effect.write(work.as_mut(), guess.user_id).await?;
            work.commit().await?;
            Ok(redeemed)
        })
        .await
    }
}
