//! Moving an account to another phone number.

use crate::{
    error::UniqueField,
    limits::TextRequest,
    one_time_code::{CodePurpose, CodeVerdict, OneTimeCode},
    ports::{CodeDelivery, UserLookup},
    services::{
        account::current_user::{CurrentUserRefusal, CurrentUserService},
        context::RequestContext,
        elevation::DelicateAction,
        error::{Error, Refusal, passes_on},
        steps::{
            redeem_code::Effect, retry::retry, session_opening::is_still_signed_in, sms::CodeText,
        },
    },
    session::AccessIdentity,
    user::{PhoneNumber, User, UserId},
};

/// Moves accounts to other phone numbers.
#[derive(Clone)]
pub struct PhoneChangeService {
    ctx: RequestContext,
}

/// Why an account was not moved.
#[derive(Debug, thiserror::Error)]
pub enum PhoneChangeRefusal {
    /// Text messages are switched off.
    #[error("text messages are disabled")]
    MethodDisabled,
    /// The access token belongs to no user, or the account may not be used.
    #[error(transparent)]
    NotSignedIn(#[from] CurrentUserRefusal),
    /// Moving to another number needs an elevated token.
    #[error("an elevated access token is needed")]
    NotElevated,
    /// The new number has an account.
    #[error("the phone number already has an account")]
    PhoneNumberTaken,
    /// It is not the code, or it was sent to another number.
    #[error("the code is wrong or no longer good")]
    InvalidCode,
    /// There were too many wrong codes; nothing was compared.
    #[error("there were too many wrong codes")]
    TooManyGuesses,
}

impl Refusal for PhoneChangeRefusal {
    fn of_duplicate(field: UniqueField) -> Option<Self> {
        match field {
            UniqueField::PhoneNumber => Some(Self::PhoneNumberTaken),
            _ => None,
        }
    }
}

/// A refusal, or a failure.
pub type PhoneChangeError = Error<PhoneChangeRefusal>;

passes_on!(CurrentUserRefusal => PhoneChangeRefusal);

impl PhoneChangeService {
    pub(in crate::services) fn new(ctx: RequestContext) -> Self {
        Self { ctx }
    }

    /// Sends a code to another number, whose reader may move the account there.
    ///
    /// The account keeps its number, and whether it is verified, until the code is confirmed. A
    /// code that was sent to yet another number becomes invalid.
    ///
    /// # Errors
    ///
    /// Checked in the order of the variants of [`PhoneChangeError`].
    pub async fn request(
        &self,
        caller: impl Into<AccessIdentity>,
        to: PhoneNumber,
    ) -> Result<(), PhoneChangeError> {
        let caller = caller.into();
        let (delivery, user) = self.begin(caller.user_id).await?;
        let ctx = &self.ctx;
        ctx.count_text(TextRequest::Change, &to).await?;
        let service = self.clone();
        let work = async move { service.send((caller, user), to, &delivery).await };
        ctx.in_background(work).await
    }

    /// Moves an account to the number at which its owner read the code.
    ///
    /// Pending codes and tickets become invalid. Sessions go on.
    ///
    /// # Errors
    ///
    /// See [`PhoneChangeError`]; [`PhoneChangeRefusal::PhoneNumberTaken`] when a concurrent request
    /// won the race.
    pub async fn confirm(
        &self,
        caller: impl Into<AccessIdentity>,
        to: &PhoneNumber,
        code: &OneTimeCode,
    ) -> Result<(), PhoneChangeError> {
        let caller = caller.into();
        let (delivery, user) = self.begin(caller.user_id).await?;
        let ctx = &self.ctx;
        let guess = ctx
            .texted_guess(&delivery, to, (user.id, CodePurpose::PhoneChange), code)
            .await?;
        let moves = Effect::Moves { caller, to };
        match ctx.redeem(&guess, moves).await? {
            CodeVerdict::Accepted => Ok(()),
            CodeVerdict::Wrong => Err(PhoneChangeRefusal::InvalidCode.into()),
            CodeVerdict::TooManyWrong => Err(PhoneChangeRefusal::TooManyGuesses.into()),
        }
    }

    async fn begin(&self, user: UserId) -> Result<(CodeDelivery, User), PhoneChangeError> {
        let delivery = self.ctx.sms.clone();
        let delivery = delivery.ok_or(PhoneChangeRefusal::MethodDisabled)?;
        let current_user = CurrentUserService::new(self.ctx.clone());
        Ok((delivery, current_user.get(user).await?))
    }

    async fn send(
        &self,
        (caller, user): (AccessIdentity, User),
        to: PhoneNumber,
        delivery: &CodeDelivery,
    ) -> Result<(), PhoneChangeError> {
        let ctx = &self.ctx;
        let lookup = UserLookup::PhoneNumber(&to);
        let is_taken = ctx.store.find_user(lookup).await?.is_some();
        let purpose = CodePurpose::PhoneChange;
        let (id, locale) = (user.id, user.locale);
        let text = CodeText::new(ctx, delivery, id, purpose, to.clone(), locale)?;
        let now = ctx.clock.now();
        let noted: Result<(), PhoneChangeError> = retry(|| async {
            let mut work = ctx.store.begin().await?;
            if !is_still_signed_in(work.as_mut(), caller, now).await? {
                work.rollback().await?;
                return Ok(Err(CurrentUserRefusal::InvalidToken.into()));
            }
            let action = DelicateAction::Any;
            if !ctx.may(work.as_mut(), caller, action).await? {
                work.rollback().await?;
                return Ok(Err(PhoneChangeRefusal::NotElevated.into()));
            }
            if is_taken {
                // Replaces a code for another number: its staying good would tell that this one is
                // taken (user enumeration).
                text.write_unsent(work.as_mut()).await?;
            } else {
                work.users().stage_phone_number(id, &to, None).await?;
                text.write(work.as_mut()).await?;
            }
            work.commit().await?;
            Ok(Ok(()))
        })
        .await?;
        noted?;
        if is_taken {
            return Err(PhoneChangeRefusal::PhoneNumberTaken.into());
        }
        text.send(ctx).await?;
        Ok(())
    }
}
