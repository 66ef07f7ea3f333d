//! Redeeming a one-time code.

use chrono::{DateTime, Utc};

use crate::{
    error::StoreError,
    one_time_code::{CodeGuess, CodeVerdict},
    ports::{Deanonymization, EndedSessions, UnitOfWork},
    services::{
        dependencies::Dependencies,
        error::parts_of_refusals,
        steps::{
            first_verification::{prove_mailbox, prove_phone},
            retry::retry,
            session_opening::{NewJwtSession, NotAdmitted, is_still_signed_in},
        },
    },
    session::AccessIdentity,
    user::{PhoneNumber, User, UserId},
};

/// The effect of a right code, beside the session.
pub(in crate::services) enum Effect<'a> {
    Nothing,
    /// The address of the account is proven.
    ProvesMailbox,
    /// The phone of the account is proven.
    ProvesPhone(&'a PhoneNumber),
    /// The account gets the number and is no longer anonymous.
    Deanonymizes(&'a Deanonymization),
    /// The account of the signed-in user moves to the number.
    Moves {
        caller: AccessIdentity,
        to: &'a PhoneNumber,
    },
}

impl Effect<'_> {
    /// Compares a guess and applies the effect if it is right.
    async fn judge(
        &self,
        work: &mut dyn UnitOfWork,
        guess: &CodeGuess,
    ) -> Result<CodeVerdict, StoreError> {
        let verdict = work.tickets().judge_code(guess).await?;
        if verdict == CodeVerdict::Accepted
            && !self.write(work, guess.user_id, guess.limits.now).await?
        {
            return Ok(CodeVerdict::Wrong);
        }
        Ok(verdict)
    }

    /// `false`: the effect is not possible any more.
    async fn write(
        &self,
        work: &mut dyn UnitOfWork,
        user: UserId,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        match self {
            Self::Nothing => Ok(true),
            Self::ProvesMailbox => prove_mailbox(work, user).await.map(|()| true),
            Self::ProvesPhone(number) => prove_phone(work, user, number).await,
            Self::Deanonymizes(changes) => {
                if !work.users().deanonymize(user, changes).await? {
                    return Ok(false);
                }
                work.sessions().end_all_of(user, EndedSessions::All).await?;
                work.tickets().forget_all_of(user).await?;
                Ok(true)
            }
            Self::Moves { caller, to: number } => {
                if !is_still_signed_in(work, *caller, now).await? {
                    return Ok(false);
                }
                if !work.users().move_to_phone_number(user, number).await? {
                    return Ok(false);
                }
                // Pending codes went to the former number, whose reader may be another person by
                // now.
                work.tickets().forget_all_of(user).await?;
                Ok(true)
            }
        }
    }
}

/// Why a code opened no session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::services) enum CodeRefusal {
    /// It is not the code, or there is none, or its effect is not possible any more.
    Wrong,
    /// There were too many wrong guesses; nothing was compared.
    TooManyWrong,
    /// It was the code, and is spent.
    NotAdmitted(NotAdmitted),
}

parts_of_refusals!(CodeRefusal);

impl Dependencies {
    /// Compares a guess, applies its effect, and opens a session, in one unit of work: a failure
    /// half-way leaves the code good.
    pub(in crate::services) async fn redeem_for_session(
        &self,
        guess: &CodeGuess,
        effect: Effect<'_>,
        opening: &NewJwtSession,
    ) -> Result<Result<User, CodeRefusal>, StoreError> {
        retry(|| async {
            let mut work = self.store.begin().await?;
            let admitted = match effect.judge(work.as_mut(), guess).await? {
                CodeVerdict::Accepted => opening
                    .admit(work.as_mut(), &self.policy)
                    .await?
                    .map_err(CodeRefusal::NotAdmitted),
                CodeVerdict::Wrong => Err(CodeRefusal::Wrong),
                CodeVerdict::TooManyWrong => Err(CodeRefusal::TooManyWrong),
            };
            // Commit a refusal, too: a wrong guess must stay counted.
            work.commit().await?;
            Ok(admitted)
        })
        .await
    }

    /// Compares a guess and applies its effect, in one unit of work. A right one is
    /// [`CodeVerdict::Wrong`] when the effect is not possible any more.
    pub(in crate::services) async fn redeem(
        &self,
        guess: &CodeGuess,
        effect: Effect<'_>,
    ) -> Result<CodeVerdict, StoreError> {
        retry(|| async {
            let mut work = self.store.begin().await?;
            let verdict = effect.judge(work.as_mut(), guess).await?;
            // Commit a refusal, too: a wrong guess must stay counted.
            work.commit().await?;
            Ok(verdict)
        })
        .await
    }
}
