//! Elevation: delicate changes need a proof of identity that is as fresh as the access token.

use super::{
    AccountRefusal, CurrentUserError, CurrentUserService, Failure, SecondFactorError,
    SecondFactorProof, SecondFactorService, admission::SessionOpening, failure::failures_of,
    mailing::CodeMail, retry::retry, visit::Visit,
};
use crate::{
    error::StoreError,
    one_time_code::{CodePurpose, CodeVerdict, OneTimeCode},
    policy::ElevationRule,
    ports::{MailerError, SignerError},
    session::{AccessIdentity, AuthMethod, AuthMethods, Session},
    user::{MfaMethod, User, UserId},
};

/// Asks for fresh proofs of identity, and judges them.
#[derive(Clone)]
pub struct ElevationService {
    installation: Visit,
}

/// What a token may have to be elevated for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DelicateAction {
    /// Anything but what is told apart below.
    Any,
    /// Adding a security key: the first one can be what people elevate with from then on.
    AddSecurityKey,
}

/// A way to prove once more who one is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ElevationMethod {
    /// The code of an authenticator app.
    Totp,
    /// A code by mail.
    EmailCode,
    /// A security key.
    SecurityKey,
}

/// Why an access token was not elevated, or is not elevated enough.
#[derive(Debug, thiserror::Error)]
pub enum ElevationError {
    /// What was asked for needs an elevated token.
    #[error("an elevated access token is needed")]
    Needed,
    /// This way to prove oneself is switched off.
    #[error("this way to elevate is disabled")]
    MethodDisabled,
    /// The token does not lead to a user, or to one whose account may be used.
    #[error(transparent)]
    NotSignedIn(#[from] CurrentUserError),
    /// The address is not verified, so a code sent there proves nothing.
    #[error("the e-mail address is not verified")]
    Unverified,
    /// The code is wrong or used.
    #[error("the code is wrong or no longer good")]
    InvalidCode,
    /// There were too many wrong codes; nothing was compared.
    #[error("there were too many wrong codes")]
    TooManyGuesses,
    /// The second factor does not prove anything.
    #[error(transparent)]
    SecondFactor(SecondFactorError),
    /// The account may not be used right now.
    #[error(transparent)]
    Refused(#[from] AccountRefusal),
    /// An adapter failed.
    #[error(transparent)]
    Failure(Failure),
}

failures_of!(ElevationError: Failure, StoreError, MailerError, SignerError);

impl From<SecondFactorError> for ElevationError {
    fn from(error: SecondFactorError) -> Self {
        match error {
            SecondFactorError::Disabled => Self::MethodDisabled,
            SecondFactorError::NotSignedIn(error) => Self::NotSignedIn(error),
            SecondFactorError::Failure(failure) => Self::Failure(failure),
            other => Self::SecondFactor(other),
        }
    }
}

impl ElevationService {
    pub(super) fn new(installation: Visit) -> Self {
        Self { installation }
    }

    /// Lets pass whoever may do something delicate with this token: its session must still be open,
    /// and it has to be elevated where the rule says so.
    ///
    /// # Errors
    ///
    /// [`ElevationError::NotSignedIn`], [`ElevationError::Needed`], or a failure.
    pub async fn check(
        &self,
        identity: AccessIdentity,
        action: DelicateAction,
    ) -> Result<(), ElevationError> {
        let installation = &self.installation;
        let current_user = CurrentUserService::new(installation.clone());
        current_user.check_session(identity).await?;
        let user = identity.user_id;
        let may_pass = identity.is_elevated
            || match installation.policy.elevation {
                ElevationRule::Disabled => true,
                ElevationRule::Recommended => !installation.store.has_security_key(user).await?,
                ElevationRule::Required => {
                    action == DelicateAction::AddSecurityKey
                        && !installation.store.has_security_key(user).await?
                }
            };
        may_pass.then_some(()).ok_or(ElevationError::Needed)
    }

    /// The ways in which a user can elevate their token.
    ///
    /// # Errors
    ///
    /// See [`ElevationError`].
    pub async fn methods(&self, user: UserId) -> Result<Vec<ElevationMethod>, ElevationError> {
        let user = self.current_user(user).await?;
        let policy = &self.installation.policy;
        let mut methods = Vec::new();
        if policy.second_factors.totp_enabled && user.active_mfa == Some(MfaMethod::Totp) {
            methods.push(ElevationMethod::Totp);
        }
        if policy.accounts.email_code_enabled && user.email_verified {
            methods.push(ElevationMethod::EmailCode);
        }
        let installation = &self.installation;
        if installation.web_authn.is_some() && installation.store.has_security_key(user.id).await? {
            methods.push(ElevationMethod::SecurityKey);
        }
        Ok(methods)
    }

    /// Opens a session with an elevated token for whoever has the second factor of a signed-in
    /// user: a one-time password, or a recovery code.
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
        let second_factor = SecondFactorService::new(self.installation.clone());
        second_factor.prove_once_more(user.id, &proof).await?;
        let methods = identity.methods.and(AuthMethod::OneTimePassword);
        self.open_elevated(user, methods).await
    }

    /// Mails a code to a signed-in user.
    ///
    /// # Errors
    ///
    /// See [`ElevationError`].
    pub async fn send_code(&self, user: UserId) -> Result<(), ElevationError> {
        let user = self.reader_of_mail(user).await?;
        let redirect_to = self.installation.policy.redirects.client_url();
        let purpose = CodePurpose::Elevation;
        let mail = CodeMail::new(&self.installation, user.id, purpose, redirect_to);
        mail.store(&self.installation).await?;
        mail.send(&self.installation, &user).await?;
        Ok(())
    }

    /// Opens a session with an elevated token for a signed-in user who read the mailed code.
    ///
    /// # Errors
    ///
    /// See [`ElevationError`].
    pub async fn with_code(
        &self,
        identity: AccessIdentity,
        code: &OneTimeCode,
    ) -> Result<Session, ElevationError> {
        let user = self.reader_of_mail(identity.user_id).await?;
        let guess = self
            .installation
            .guess(user.id, CodePurpose::Elevation, code);
        let verdict = retry(|| async {
            let mut work = self.installation.store.begin().await?;
            let verdict = work.tickets().judge_code(&guess).await?;
            work.commit().await?;
            Ok(verdict)
        })
        .await?;
        match verdict {
            CodeVerdict::Accepted => {}
            CodeVerdict::Wrong => return Err(ElevationError::InvalidCode),
            CodeVerdict::TooManyWrong => return Err(ElevationError::TooManyGuesses),
        }
        let methods = identity.methods.and(AuthMethod::Email);
        self.open_elevated(user, methods).await
    }

    async fn current_user(&self, user: UserId) -> Result<User, CurrentUserError> {
        let current_user = CurrentUserService::new(self.installation.clone());
        current_user.get(user).await
    }

    /// The user, if reading their mail proves anything.
    async fn reader_of_mail(&self, user: UserId) -> Result<User, ElevationError> {
        if !self.installation.policy.accounts.email_code_enabled {
            return Err(ElevationError::MethodDisabled);
        }
        let user = self.current_user(user).await?;
        if !user.email_verified {
            return Err(ElevationError::Unverified);
        }
        Ok(user)
    }

    /// Opens a session that tells of every proof so far, those of the sign-in among them.
    async fn open_elevated(
        &self,
        user: User,
        methods: AuthMethods,
    ) -> Result<Session, ElevationError> {
        let installation = &self.installation;
        let opening = SessionOpening::new(installation, user.id, methods);
        opening.store(installation).await?;
        Ok(opening.finish_elevated(installation, user).await?)
    }
}
