//! Signing in by a code in a text message.

use crate::{
    error::UniqueField,
    limits::{AccountName, TextRequest},
    one_time_code::{CodePurpose, OneTimeCode},
    ports::{
        CodeDelivery, Contact, Deanonymization, NumberClaimant, SecretCipherError, StagedProfile,
        UserLookup,
    },
    services::{
        account::sign_up::{
            Along, ResolvedOptions, SignUpError, SignUpOptions, SignUpRefusal, SignUpService,
        },
        context::RequestContext,
        error::{Error, Refusal, passes_on},
        sign_in::email::Audience,
        steps::{
            noted_user::note_user,
            redeem_code::{CodeRefusal, Effect},
            session_opening::{AccountRefusal, EmailNeed, NewJwtSession, NotAdmitted},
            sms::CodeText,
        },
    },
    session::{AuthMethod, Session},
    user::{Locale, PhoneNumber, UserId},
};

/// Signs in the reader of a phone's messages.
#[derive(Clone)]
pub struct SmsSignInService {
    ctx: RequestContext,
}

/// A request for a text message to sign in with.
#[derive(Debug, Clone)]
pub struct SmsSignIn {
    /// The number to sign in with.
    pub phone_number: PhoneNumber,
    /// Options of a new account; for an existing one they are only checked.
    pub options: SignUpOptions,
    /// What to do about numbers without an account.
    pub audience: Audience,
}

/// A code that the user typed.
#[derive(Debug, Clone)]
pub struct SmsCode {
    /// The number it was sent to.
    pub phone_number: PhoneNumber,
    /// The code.
    pub code: OneTimeCode,
}

/// Why no message was sent, or the user was not signed in.
#[derive(Debug, thiserror::Error)]
pub enum SmsSignInRefusal {
    /// Text messages are switched off.
    #[error("text messages are disabled")]
    MethodDisabled,
    /// The account could not be made, or an option was refused.
    #[error(transparent)]
    SignUp(#[from] SignUpRefusal),
    /// The account may not be used right now.
    #[error(transparent)]
    Account(#[from] AccountRefusal),
    /// It is not the code, or there is none.
    #[error("the code is wrong or no longer good")]
    InvalidCode,
    /// There were too many wrong codes; nothing was compared.
    #[error("there were too many wrong codes")]
    TooManyGuesses,
}

impl Refusal for SmsSignInRefusal {
    fn of_duplicate(field: UniqueField) -> Option<Self> {
        match field {
            UniqueField::PhoneNumber => Some(Self::SignUp(SignUpRefusal::PhoneNumberTaken)),
            _ => None,
        }
    }
}

/// A refusal, or a failure.
pub type SmsSignInError = Error<SmsSignInRefusal>;

passes_on!(SignUpRefusal => SmsSignInRefusal);

impl From<CodeRefusal> for SmsSignInRefusal {
    fn from(refusal: CodeRefusal) -> Self {
        match refusal {
            CodeRefusal::TooManyWrong => Self::TooManyGuesses,
            CodeRefusal::NotAdmitted(NotAdmitted::Account(refusal)) => Self::Account(refusal),
            CodeRefusal::Wrong
            | CodeRefusal::NotAdmitted(NotAdmitted::Deleted | NotAdmitted::SessionEnded) => {
                Self::InvalidCode
            }
        }
    }
}

/// The user whose code is guessed at, and what a right guess changes about them.
struct Aim {
    user: UserId,
    /// Set where the number is not theirs yet.
    changes: Option<Deanonymization>,
}

impl Aim {
    fn purpose(&self) -> CodePurpose {
        match self.changes {
            Some(_) => CodePurpose::PhoneDeanonymization,
            None => CodePurpose::TextedSignIn,
        }
    }
}

impl SmsSignInService {
    pub(in crate::services) fn new(ctx: RequestContext) -> Self {
        Self { ctx }
    }

    /// Sends a code that signs in. Nothing is sent unless the code can be used.
    ///
    /// # Errors
    ///
    /// See [`SmsSignInError`]. When the message cannot be sent, a new account exists already, with
    /// its number not verified.
    pub async fn send_code(&self, request: SmsSignIn) -> Result<(), SmsSignInError> {
        let ctx = &self.ctx;
        let delivery = self.delivery()?;
        let policy = &ctx.policy;
        if request.audience == Audience::NewUsers && !policy.accounts.sign_up_enabled {
            return Err(SignUpRefusal::Disabled.into());
        }
        let identity = request.phone_number.as_str();
        let options = request.options.clone().resolve(policy, identity)?;
        let text = match request.audience {
            Audience::AllUsers => TextRequest::SignIn,
            Audience::NewUsers => TextRequest::SignUp,
        };
        ctx.count_text(text, &request.phone_number).await?;
        let service = self.clone();
        let work = async move { service.send_or_retry(request, options, &delivery).await };
        ctx.in_background(work).await
    }

    /// Signs in with a code from a text message, or finishes what
    /// [`deanonymize_by_sms`](crate::services::AnonymousService::deanonymize_by_sms) began.
    ///
    /// # Errors
    ///
    /// See [`SmsSignInError`]; a number without an account is not told apart from a wrong code.
    pub async fn with_code(&self, attempt: SmsCode) -> Result<Session, SmsSignInError> {
        let delivery = self.delivery()?;
        let judged = self.limit_attempts(&attempt, &delivery);
        self.ctx.after_fixed_delay(judged).await
    }

    /// Rate-limits a guess as an attempt at the account. A guess counts only while a code is
    /// awaited, so that strangers cannot use up the owner's attempts at any time; with enumeration
    /// protection it always counts, because the limit would tell whether the account exists.
    async fn limit_attempts(
        &self,
        attempt: &SmsCode,
        delivery: &CodeDelivery,
    ) -> Result<Session, SmsSignInError> {
        let ctx = &self.ctx;
        let aim = self.aim(attempt).await?;
        let guess = ctx.guess(aim.user, aim.purpose(), &attempt.code);
        let counts = ctx.enumeration_protection.is_some() || ctx.awaits(&guess).await?;
        let work = self.judge(attempt, aim, delivery);
        if !counts {
            return work.await;
        }
        let account = AccountName::PhoneNumber(&attempt.phone_number);
        ctx.limit_attempts(account, ctx.network(), work).await
    }

    fn delivery(&self) -> Result<CodeDelivery, SmsSignInError> {
        let delivery = self.ctx.sms.clone();
        delivery.ok_or(SmsSignInRefusal::MethodDisabled.into())
    }

    /// Retries when a concurrent request has made the account meanwhile.
    async fn send_or_retry(
        &self,
        request: SmsSignIn,
        options: ResolvedOptions,
        delivery: &CodeDelivery,
    ) -> Result<(), SmsSignInError> {
        let first = self
            .send_to_recipient(request.clone(), options.clone(), delivery)
            .await;
        match first {
            Err(Error::Refused(SmsSignInRefusal::SignUp(SignUpRefusal::PhoneNumberTaken))) => {
                self.send_to_recipient(request, options, delivery).await
            }
            outcome => outcome,
        }
    }

    async fn send_to_recipient(
        &self,
        request: SmsSignIn,
        options: ResolvedOptions,
        delivery: &CodeDelivery,
    ) -> Result<(), SmsSignInError> {
        let ctx = &self.ctx;
        let accounts = &ctx.policy.accounts;
        let lookup = UserLookup::PhoneNumber(&request.phone_number);
        let existing = ctx.store.find_user(lookup).await?;
        match (existing, request.audience) {
            (Some(user), Audience::AllUsers) => {
                let policy = &ctx.policy;
                policy.check_account(&user, EmailNeed::IfPresent)?;
                let text = self.text(delivery, user.id, request.phone_number, user.locale)?;
                text.store(ctx).await?;
                text.send(ctx).await?;
                Ok(())
            }
            (Some(_), Audience::NewUsers) => Ok(()),
            (None, Audience::AllUsers) if !accounts.auto_sign_up => Ok(()),
            (None, _) => {
                if !accounts.sign_up_enabled {
                    return Err(SignUpRefusal::Disabled.into());
                }
                let number = request.phone_number;
                let text = self.sign_up(number, options, delivery).await?;
                text.send(ctx).await?;
                Ok(())
            }
        }
    }

    async fn sign_up(
        &self,
        number: PhoneNumber,
        options: ResolvedOptions,
        delivery: &CodeDelivery,
    ) -> Result<CodeText, SmsSignInError> {
        let sign_up = SignUpService::new(self.ctx.clone());
        let new_user = sign_up.user_with_phone(number.clone(), options);
        let text = self.text(delivery, new_user.id, number, new_user.locale.clone())?;
        // Nothing is sent to accounts that an administrator has to enable first.
        let along = if new_user.disabled {
            Along::Nothing
        } else {
            Along::Text(&text)
        };
        let stored = sign_up.insert(&new_user, &[along]).await;
        let user = stored.map_err(SignUpError::from)?;
        if user.disabled {
            return Err(SignUpRefusal::CreatedDisabled.into());
        }
        Ok(text)
    }

    fn text(
        &self,
        delivery: &CodeDelivery,
        user: UserId,
        to: PhoneNumber,
        locale: Locale,
    ) -> Result<CodeText, SecretCipherError> {
        let purpose = CodePurpose::TextedSignIn;
        CodeText::new(&self.ctx, delivery, user, purpose, to, locale)
    }

    /// The user at whose code an attempt guesses.
    async fn aim(&self, attempt: &SmsCode) -> Result<Aim, SmsSignInError> {
        let ctx = &self.ctx;
        let number = &attempt.phone_number;
        let now = ctx.clock.now();
        let claimant = ctx.store.find_number_claimant(number, now).await?;
        let (user, staged) = match claimant {
            Some(NumberClaimant { user, staged }) => {
                note_user(user.id);
                (user.id, staged)
            }
            // Without an account the same steps run (timing).
            None => (UserId(ctx.ids.uuid()), None),
        };
        let changes = staged.map(|profile| self.deanonymization(number.clone(), profile));
        Ok(Aim { user, changes })
    }

    async fn judge(
        &self,
        attempt: &SmsCode,
        aim: Aim,
        delivery: &CodeDelivery,
    ) -> Result<Session, SmsSignInError> {
        let ctx = &self.ctx;
        let number = &attempt.phone_number;
        let (user, purpose) = (aim.user, aim.purpose());
        let effect = match &aim.changes {
            Some(changes) => Effect::Deanonymizes(changes),
            None => Effect::ProvesPhone(number),
        };
        let guess = ctx
            .texted_guess(delivery, number, (user, purpose), &attempt.code)
            .await?;
        let opening = NewJwtSession::new(ctx, user, AuthMethod::Sms).without_address();
        let redeemed = ctx.redeem_for_session(&guess, effect, &opening);
        let user = redeemed.await??;
        Ok(opening.finish(ctx, user).await?)
    }

    fn deanonymization(&self, number: PhoneNumber, profile: StagedProfile) -> Deanonymization {
        Deanonymization {
            contact: Contact::PhoneNumber(number),
            password_hash: None,
            display_name: profile.display_name,
            avatar_url: String::new(),
            locale: profile.locale,
            default_role: profile.default_role,
            roles: profile.roles,
            metadata: profile.metadata,
            now: self.ctx.clock.now(),
        }
    }
}
