//! Signing in by mail: a link to follow, or a code to type.

use crate::{
    error::StoreError,
    limits::MailRequest,
    one_time_code::{CodePurpose, OneTimeCode},
    ports::{SecretCipherError, UserLookup},
    services::{
        account::sign_up::{
            Along, ResolvedOptions, SignUpError, SignUpOptions, SignUpRefusal, SignUpService,
        },
        context::RequestContext,
        error::{Error, Refusal, passes_on},
        steps::{
            email::{CodeMail, Recipient, TicketMail},
            noted_user::note_user,
            redeem_code::{CodeRefusal, Effect},
            session_opening::{AccountRefusal, EmailNeed, NewJwtSession, NotAdmitted},
        },
    },
    session::{AuthMethod, CodeChallenge, Session},
    ticket::TicketPurpose,
    user::{EmailAddress, User, UserId},
};

/// Signs in the reader of an address's mail.
#[derive(Clone)]
pub struct EmailSignInService {
    ctx: RequestContext,
}

/// A request for a mail to sign in with.
#[derive(Debug, Clone)]
pub struct EmailSignIn {
    /// The address to sign in with.
    pub email: EmailAddress,
    /// Options of a new account; for an existing one only the redirect counts.
    pub options: SignUpOptions,
    /// The challenge of the client that receives the redirect (PKCE).
    pub code_challenge: Option<CodeChallenge>,
    /// What to do about addresses without an account.
    pub audience: Audience,
}

/// Which users may be sent a message to sign in with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// New and existing users: an account is made if there is none, unless that is switched off.
    AllUsers,
    /// New users: nothing is sent to an address that has an account, and the answer is the same
    /// (user enumeration).
    NewUsers,
}

/// A code that the user typed.
#[derive(Debug, Clone)]
pub struct EmailCode {
    /// The address it was sent to.
    pub email: EmailAddress,
    /// The code.
    pub code: OneTimeCode,
}

/// Why no mail was sent, or the user was not signed in.
#[derive(Debug, thiserror::Error)]
pub enum EmailSignInRefusal {
    /// This way to sign in is switched off.
    #[error("this way to sign in is disabled")]
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

impl Refusal for EmailSignInRefusal {}

/// A refusal, or a failure.
pub type EmailSignInError = Error<EmailSignInRefusal>;

passes_on!(SignUpRefusal => EmailSignInRefusal);

/// Whether a mail carries a link or a code.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Link,
    Code,
}

/// A mail with a link or a code.
enum SignInMail {
    Link(TicketMail),
    Code(CodeMail),
}

impl From<CodeRefusal> for EmailSignInRefusal {
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

impl EmailSignInService {
    pub(in crate::services) fn new(ctx: RequestContext) -> Self {
        Self { ctx }
    }

    /// Mails a link that signs in.
    ///
    /// # Errors
    ///
    /// See [`EmailSignInError`].
    pub async fn send_link(&self, request: EmailSignIn) -> Result<(), EmailSignInError> {
        if !self.ctx.policy.accounts.email_link_enabled {
            return Err(EmailSignInRefusal::MethodDisabled.into());
        }
        self.send(request, Form::Link).await
    }

    /// Mails a code that signs in.
    ///
    /// # Errors
    ///
    /// See [`EmailSignInError`].
    pub async fn send_code(&self, request: EmailSignIn) -> Result<(), EmailSignInError> {
        if !self.ctx.policy.accounts.email_code_enabled {
            return Err(EmailSignInRefusal::MethodDisabled.into());
        }
        self.send(request, Form::Code).await
    }

    /// Signs in with a mailed code.
    ///
    /// # Errors
    ///
    /// See [`EmailSignInError`]; an address without an account is not told apart from a wrong code.
    pub async fn with_code(&self, attempt: EmailCode) -> Result<Session, EmailSignInError> {
        if !self.ctx.policy.accounts.email_code_enabled {
            return Err(EmailSignInRefusal::MethodDisabled.into());
        }
        let judged = self.judge(&attempt);
        self.ctx.after_fixed_delay(judged).await
    }

    async fn judge(&self, attempt: &EmailCode) -> Result<Session, EmailSignInError> {
        let found = self
            .ctx
            .store
            .find_user(UserLookup::Email(&attempt.email))
            .await?;
        // Without an account the same steps run (timing), but nothing is counted.
        let unknown = || UserId(self.ctx.ids.uuid());
        if let Some(user) = &found {
            note_user(user.id);
        }
        let user_id = found.map_or_else(unknown, |user| user.id);
        let guess = self.ctx.guess(user_id, CodePurpose::SignIn, &attempt.code);
        let opening = NewJwtSession::new(&self.ctx, user_id, AuthMethod::Email);
        let redeemed = self
            .ctx
            .redeem_for_session(&guess, Effect::ProvesMailbox, &opening);
        let user = redeemed.await??;
        Ok(opening.finish(&self.ctx, user).await?)
    }

    async fn send(&self, request: EmailSignIn, form: Form) -> Result<(), EmailSignInError> {
        let policy = &self.ctx.policy;
        let accounts = &policy.accounts;
        if request.audience == Audience::NewUsers && !accounts.sign_up_enabled {
            return Err(SignUpRefusal::Disabled.into());
        }
        if !accounts.email_access.accepts(&request.email) {
            return Err(SignUpRefusal::EmailNotAllowed.into());
        }
        let options = request
            .options
            .clone()
            .resolve(policy, request.email.as_str())?;
        let mail = match request.audience {
            Audience::AllUsers => MailRequest::SignIn,
            Audience::NewUsers => MailRequest::SignUp,
        };
        self.ctx.count_mail(mail, &request.email).await?;
        let service = self.clone();
        self.ctx
            .in_background(async move { service.send_or_retry(request, options, form).await })
            .await
    }

    /// Retries when a concurrent request has made the account meanwhile.
    async fn send_or_retry(
        &self,
        request: EmailSignIn,
        options: ResolvedOptions,
        form: Form,
    ) -> Result<(), EmailSignInError> {
        let first = self
            .send_to_recipient(request.clone(), options.clone(), form)
            .await;
        match first {
            Err(Error::Refused(EmailSignInRefusal::SignUp(SignUpRefusal::EmailTaken))) => {
                self.send_to_recipient(request, options, form).await
            }
            outcome => outcome,
        }
    }

    async fn send_to_recipient(
        &self,
        request: EmailSignIn,
        options: ResolvedOptions,
        form: Form,
    ) -> Result<(), EmailSignInError> {
        let accounts = &self.ctx.policy.accounts;
        let redirect_to = options.redirect_to.clone();
        let lookup = UserLookup::Email(&request.email);
        let existing = self.ctx.store.find_user(lookup).await?;
        match (existing, request.audience) {
            (Some(user), Audience::AllUsers) => {
                self.check_recipient(&user)?;
                let mail = self.mail(form, &user, redirect_to, request.code_challenge)?;
                self.store(&mail).await?;
                self.send_mail(mail).await
            }
            (Some(_), Audience::NewUsers) => Ok(()),
            (None, Audience::AllUsers) if !accounts.auto_sign_up => Ok(()),
            (None, _) => {
                if !accounts.sign_up_enabled {
                    return Err(SignUpRefusal::Disabled.into());
                }
                let sign_up = SignUpService::new(self.ctx.clone());
                let new_user = sign_up.user_with_email(request.email, None, options);
                let mail = self.mail(form, &new_user, redirect_to, request.code_challenge)?;
                let along = match &mail {
                    // Nothing is sent to accounts that an administrator has to enable first.
                    _ if new_user.disabled => Along::Nothing,
                    SignInMail::Link(mail) => Along::Ticket(mail),
                    SignInMail::Code(mail) => Along::Code(mail),
                };
                let user = sign_up.insert(&new_user, &[along]).await;
                let user = user.map_err(SignUpError::from)?;
                if user.disabled {
                    return Err(SignUpRefusal::CreatedDisabled.into());
                }
                self.send_mail(mail).await
            }
        }
    }

    /// Whether the account may be sent the mail. An address that is not verified is verified by it.
    fn check_recipient(&self, user: &User) -> Result<(), EmailSignInError> {
        match self.ctx.policy.check_account(user, EmailNeed::Required) {
            Ok(()) | Err(AccountRefusal::Unverified) => Ok(()),
            Err(refusal) => Err(EmailSignInRefusal::Account(refusal).into()),
        }
    }

    fn mail(
        &self,
        form: Form,
        to: impl Into<Recipient>,
        redirect_to: crate::redirect::RedirectUrl,
        challenge: Option<CodeChallenge>,
    ) -> Result<SignInMail, SecretCipherError> {
        let ctx = &self.ctx;
        Ok(match form {
            Form::Link => {
                let purpose = TicketPurpose::SignInLink;
                SignInMail::Link(TicketMail::new(
                    ctx,
                    purpose,
                    to,
                    None,
                    redirect_to,
                    challenge,
                )?)
            }
            Form::Code => {
                let purpose = CodePurpose::SignIn;
                SignInMail::Code(CodeMail::new(ctx, to, purpose, redirect_to)?)
            }
        })
    }

    async fn store(&self, mail: &SignInMail) -> Result<(), StoreError> {
        match mail {
            SignInMail::Link(mail) => mail.store(&self.ctx).await,
            SignInMail::Code(mail) => mail.store(&self.ctx).await,
        }
    }

    async fn send_mail(&self, mail: SignInMail) -> Result<(), EmailSignInError> {
        match mail {
            SignInMail::Link(mail) => mail.send(&self.ctx).await?,
            SignInMail::Code(mail) => mail.send(&self.ctx).await?,
        }
        Ok(())
    }
}
