//! Elevation: delicate changes need a proof of identity that is as fresh as the access token.

pub(super) mod delicate_action;
mod obligation;

use crate::{
    limits::{MailRequest, TextRequest},
    one_time_code::{CodePurpose, OneTimeCode},
    ports::{CodeDelivery, UserLookup},
    services::{
        account::current_user::{CurrentUserError, CurrentUserRefusal, CurrentUserService},
        context::RequestContext,
        error::{Error, Refusal, passes_on},
        second_factor::{SecondFactorProof, SecondFactorRefusal, SecondFactorService},
        steps::{
            email::CodeMail,
            redeem_code::{CodeRefusal, Effect},
            session_opening::{AccountRefusal, NewJwtSession, NotAdmitted},
            sms::CodeText,
        },
    },
    session::{AccessIdentity, AuthMethod, Session},
    user::{PhoneNumber, User, UserId},
};

pub use delicate_action::DelicateAction;

/// Elevates access tokens, and checks that they are elevated.
#[derive(Clone)]
pub struct ElevationService {
    ctx: RequestContext,
}

/// A way to elevate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ElevationMethod {
    /// The code of an authenticator app.
    Totp,
    /// A code that is sent.
    Code(CodeChannel),
    /// A security key.
    SecurityKey,
}

/// How a code is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeChannel {
    /// By mail.
    Mail,
    /// By text message.
    Text,
}

/// Where a code that elevates is sent.
enum Reader {
    OfMail(User),
    OfPhone(User, PhoneNumber, CodeDelivery),
}

/// Why an access token was not elevated, or is not elevated enough.
#[derive(Debug, thiserror::Error)]
pub enum ElevationRefusal {
    /// What was asked for needs an elevated token.
    #[error("an elevated access token is needed")]
    Needed,
    /// This way to elevate is switched off.
    #[error("this way to elevate is disabled")]
    MethodDisabled,
    /// The access token belongs to no user, or the account may not be used.
    #[error(transparent)]
    NotSignedIn(#[from] CurrentUserRefusal),
    /// The address or number is not verified, so a code sent there proves nothing.
    #[error("the e-mail address or phone number is not verified")]
    Unverified,
    /// The code is wrong or used.
    #[error("the code is wrong or no longer good")]
    InvalidCode,
    /// There were too many wrong codes; nothing was compared.
    #[error("there were too many wrong codes")]
    TooManyGuesses,
    /// The second factor is not right.
    #[error(transparent)]
    SecondFactor(SecondFactorRefusal),
    /// The account may not be used right now.
    #[error(transparent)]
    Account(#[from] AccountRefusal),
}

impl Refusal for ElevationRefusal {}

/// A refusal, or a failure.
pub type ElevationError = Error<ElevationRefusal>;

passes_on!(CurrentUserRefusal => ElevationRefusal);

passes_on!(SecondFactorRefusal => ElevationRefusal);

impl From<SecondFactorRefusal> for ElevationRefusal {
    fn from(refusal: SecondFactorRefusal) -> Self {
        match refusal {
            SecondFactorRefusal::Disabled => Self::MethodDisabled,
            SecondFactorRefusal::NotSignedIn(refusal) => Self::NotSignedIn(refusal),
            other => Self::SecondFactor(other),
        }
    }
}

impl From<NotAdmitted> for ElevationRefusal {
    fn from(reason: NotAdmitted) -> Self {
        match reason {
            NotAdmitted::Deleted => CurrentUserRefusal::UnknownUser.into(),
            NotAdmitted::SessionEnded => CurrentUserRefusal::InvalidToken.into(),
            NotAdmitted::Account(refusal) => CurrentUserRefusal::Account(refusal).into(),
        }
    }
}

impl From<CodeRefusal> for ElevationRefusal {
    fn from(refusal: CodeRefusal) -> Self {
        match refusal {
            CodeRefusal::Wrong => Self::InvalidCode,
            CodeRefusal::TooManyWrong => Self::TooManyGuesses,
            CodeRefusal::NotAdmitted(reason) => reason.into(),
        }
    }
}

impl ElevationService {
    pub(super) fn new(ctx: RequestContext) -> Self {
        Self { ctx }
    }

    /// Checks that a delicate action is allowed with this token: its session must still be open,
    /// and it has to be elevated where the rule says so.
    ///
    /// # Errors
    ///
    /// [`ElevationRefusal::NotSignedIn`], [`ElevationRefusal::Needed`], or a failure.
    pub async fn check(
        &self,
        identity: AccessIdentity,
        action: DelicateAction,
    ) -> Result<(), ElevationError> {
        let ctx = &self.ctx;
        let current_user = CurrentUserService::new(ctx.clone());
        current_user.check_session(identity).await?;
        let may_pass = match ctx.decided_without_the_user(identity, action) {
            Some(decided) => decided,
            None => !self.is_obliged(identity.user_id).await?,
        };
        may_pass
            .then_some(())
            .ok_or(ElevationRefusal::Needed.into())
    }

    /// Whether the factors of a user oblige them to elevate.
    async fn is_obliged(&self, user: UserId) -> Result<bool, ElevationError> {
        let ctx = &self.ctx;
        let has_key = ctx.store.has_security_key(user).await?;
        let user = if ctx.policy.elevation.every_method_obliges {
            Some(self.current_user(user).await?)
        } else {
            let lookup = UserLookup::Id(user);
            ctx.store.find_user(lookup).await?
        };
        Ok(user.is_some_and(|user| ctx.is_obliged(&user, has_key)))
    }

    /// The ways in which a user can elevate their token.
    ///
    /// # Errors
    ///
    /// See [`ElevationError`].
    pub async fn methods(&self, user: UserId) -> Result<Vec<ElevationMethod>, ElevationError> {
        let user = self.current_user(user).await?;
        let ctx = &self.ctx;
        let has_key = ctx.store.has_security_key(user.id).await?;
        Ok(ctx.elevation_methods(&user, has_key))
    }

    /// Opens a session with an elevated token for a signed-in user, by their second factor: a
    /// one-time password, or a recovery code.
    ///
    /// # Errors
    ///
    /// See [`ElevationError`].
    pub async fn with_second_factor(
        &self,
        identity: AccessIdentity,
        proof: SecondFactorProof,
    ) -> Result<Session, ElevationError> {
        let user = self.current_user(identity.user_id).await?;
        let opening = self.opening(user.id, identity, AuthMethod::OneTimePassword);
        let second_factor = SecondFactorService::new(self.ctx.clone());
        let admitted = second_factor.prove_once_more(&opening, user.id, &proof);
        let user = admitted.await??;
        Ok(opening.finish_elevated(&self.ctx, user).await?)
    }

    /// Sends a code to a signed-in user.
    ///
    /// # Errors
    ///
    /// See [`ElevationError`].
    pub async fn send_code(&self, user: UserId, by: CodeChannel) -> Result<(), ElevationError> {
        let ctx = &self.ctx;
        match self.reader(user, by).await? {
            Reader::OfMail(user) => {
                if let Some(email) = &user.email {
                    ctx.count_mail(MailRequest::Elevation, email).await?;
                }
                let redirect_to = ctx.policy.redirects.client_url();
                let purpose = CodePurpose::Elevation;
                let mail = CodeMail::new(ctx, &user, purpose, redirect_to)?;
                mail.store(ctx).await?;
                mail.send(ctx).await?;
            }
            Reader::OfPhone(user, number, delivery) => {
                let request = TextRequest::Elevation;
                ctx.count_text(request, &number).await?;
                let purpose = CodePurpose::TextedElevation;
                let (id, locale) = (user.id, user.locale);
                let text = CodeText::new(ctx, &delivery, id, purpose, number, locale)?;
                text.store(ctx).await?;
                text.send(ctx).await?;
            }
        }
        Ok(())
    }

    /// Opens a session with an elevated token for a signed-in user who read the code.
    ///
    /// # Errors
    ///
    /// See [`ElevationError`].
    pub async fn with_code(
        &self,
        identity: AccessIdentity,
        by: CodeChannel,
        code: &OneTimeCode,
    ) -> Result<Session, ElevationError> {
        let ctx = &self.ctx;
        let (guess, user) = match self.reader(identity.user_id, by).await? {
            Reader::OfMail(user) => {
                let guess = ctx.guess(user.id, CodePurpose::Elevation, code);
                (guess, user)
            }
            Reader::OfPhone(user, number, delivery) => {
                let what = (user.id, CodePurpose::TextedElevation);
                let guess = ctx.texted_guess(&delivery, &number, what, code);
                (guess.await?, user)
            }
        };
        let method = match by {
            CodeChannel::Mail => AuthMethod::Email,
            CodeChannel::Text => AuthMethod::Sms,
        };
        let opening = self.opening(user.id, identity, method);
        let redeemed = ctx.redeem_for_session(&guess, Effect::Nothing, &opening);
        let user = redeemed.await??;
        Ok(opening.finish_elevated(ctx, user).await?)
    }

    async fn current_user(&self, user: UserId) -> Result<User, CurrentUserError> {
        let current_user = CurrentUserService::new(self.ctx.clone());
        current_user.get(user).await
    }

    /// The recipient, if reading there proves anything.
    async fn reader(&self, user: UserId, by: CodeChannel) -> Result<Reader, ElevationError> {
        match by {
            CodeChannel::Mail => {
                if !self.ctx.policy.accounts.email_code_enabled {
                    return Err(ElevationRefusal::MethodDisabled.into());
                }
                let user = self.current_user(user).await?;
                if !user.email_verified {
                    return Err(ElevationRefusal::Unverified.into());
                }
                Ok(Reader::OfMail(user))
            }
            CodeChannel::Text => {
                let delivery = self.ctx.sms.clone();
                let delivery = delivery.ok_or(ElevationRefusal::MethodDisabled)?;
                let user = self.current_user(user).await?;
                let number = user.phone_number.clone();
                let proven = number.filter(|_| user.phone_number_verified);
                let number = proven.ok_or(ElevationRefusal::Unverified)?;
                Ok(Reader::OfPhone(user, number, delivery))
            }
        }
    }

    /// A session whose authentication methods are those of the sign-in and `method`.
    fn opening(&self, user: UserId, identity: AccessIdentity, method: AuthMethod) -> NewJwtSession {
        let methods = identity.methods.and(method);
        NewJwtSession::new(&self.ctx, user, methods).beside(identity)
    }
}
