//! Signing in.

use super::{
    AccountRefusal, Failure,
    admission::{EmailNeed, OpaqueSessionOpening, SessionOpening, is_unchanged},
    failure::failures_of,
    retry::retry,
    visit::Visit,
};
use crate::{
    error::StoreError,
    limits::{AccountName, ClientNetwork},
    ports::{HasherError, SignerError, UnitOfWork, UserLookup},
    session::{AuthMethod, OpaqueSession, Session},
    ticket::{Ticket, TicketPurpose},
    user::{EmailAddress, MfaMethod, PlainPassword, User, Username},
};

/// Opens sessions for people who prove who they are.
#[derive(Clone)]
pub struct SignInService {
    installation: Visit,
}

/// A claim to be the owner of an e-mail address.
#[derive(Debug, Clone)]
pub struct EmailPasswordSignIn {
    /// The address.
    pub email: EmailAddress,
    /// The password.
    pub password: PlainPassword,
    /// Where the claim comes from, if that is known.
    pub client: Option<ClientNetwork>,
}

/// A claim to be the owner of a user name (legacy provider `username`).
#[derive(Debug, Clone)]
pub struct UsernameSignIn {
    /// The name.
    pub username: Username,
    /// The password.
    pub password: PlainPassword,
    /// Where the claim comes from, if that is known.
    pub client: Option<ClientNetwork>,
}

/// How a sign-in ended.
#[derive(Debug, Clone, PartialEq)]
pub enum SignedIn {
    /// The person is signed in.
    Session(Box<Session>),
    /// The password was right; this ticket and a one-time password are needed to go on.
    SecondFactor(Ticket),
}

/// Why a person could not sign in.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// This way to sign in is switched off.
    #[error("the provider is disabled")]
    ProviderDisabled,
    /// No such account, or the wrong password. Which of the two is not told.
    #[error("the credentials are wrong")]
    InvalidCredentials,
    /// The account may not be used right now.
    #[error(transparent)]
    Refused(AccountRefusal),
    /// The account has a second factor, which this way to sign in cannot ask for.
    #[error("the account has a second factor")]
    SecondFactorRequired,
    /// An adapter failed.
    #[error(transparent)]
    Failure(Failure),
}

failures_of!(SignInError: Failure, StoreError, HasherError, SignerError);

impl From<AccountRefusal> for SignInError {
    fn from(refusal: AccountRefusal) -> Self {
        Self::Refused(refusal)
    }
}

impl SignInService {
    pub(super) fn new(installation: Visit) -> Self {
        Self { installation }
    }

    /// Signs in with an e-mail address and a password.
    ///
    /// The state of an account is told before its password is judged, as Hasura Auth does; who
    /// does not want that conceals errors. The answer takes as long in every case.
    ///
    /// # Errors
    ///
    /// See [`SignInError`].
    pub async fn with_email_password(
        &self,
        claim: EmailPasswordSignIn,
    ) -> Result<SignedIn, SignInError> {
        let account = AccountName::Email(&claim.email);
        let work = self.judge_email_password(&claim);
        self.installation
            .judge_claim(account, claim.client, work)
            .await
    }

    async fn judge_email_password(
        &self,
        claim: &EmailPasswordSignIn,
    ) -> Result<SignedIn, SignInError> {
        let found = self
            .installation
            .store
            .find_user(UserLookup::Email(&claim.email))
            .await?;
        let proven = self.password_fits(found.as_ref(), &claim.password).await?;
        let user = found.ok_or(SignInError::InvalidCredentials)?;
        self.installation
            .policy
            .check_account(&user, EmailNeed::Required)?;
        if !proven {
            return Err(SignInError::InvalidCredentials);
        }
        if user.active_mfa == Some(MfaMethod::Totp) {
            return Ok(SignedIn::SecondFactor(self.ask_for_totp(&user).await?));
        }
        Ok(SignedIn::Session(Box::new(self.open_session(user).await?)))
    }

    /// Signs in with a user name and a password.
    ///
    /// # Errors
    ///
    /// See [`SignInError`]; the state of an account is told only to who knows its password.
    pub async fn with_username(&self, claim: UsernameSignIn) -> Result<OpaqueSession, SignInError> {
        if !self.installation.policy.accounts.username_enabled {
            return Err(SignInError::ProviderDisabled);
        }
        let account = AccountName::Username(&claim.username);
        let work = self.judge_username(&claim);
        self.installation
            .judge_claim(account, claim.client, work)
            .await
    }

    async fn judge_username(&self, claim: &UsernameSignIn) -> Result<OpaqueSession, SignInError> {
        let lookup = UserLookup::Username(&claim.username);
        let found = self.installation.store.find_user(lookup).await?;
        let proven = self.password_fits(found.as_ref(), &claim.password).await?;
        let user = found
            .filter(|_| proven)
            .ok_or(SignInError::InvalidCredentials)?;
        self.installation
            .policy
            .check_account(&user, EmailNeed::IfPresent)?;
        if user.active_mfa.is_some() {
            return Err(SignInError::SecondFactorRequired);
        }
        self.open_opaque_session(user).await
    }

    /// Judges the password; takes as long for nobody as for somebody.
    async fn password_fits(
        &self,
        user: Option<&User>,
        password: &PlainPassword,
    ) -> Result<bool, HasherError> {
        let hasher = &self.installation.hasher;
        match user.and_then(|it| it.password_hash.as_ref()) {
            Some(hash) => hasher.verify(password, hash).await,
            None => hasher.verify_nothing(password).await.map(|()| false),
        }
    }

    async fn open_session(&self, user: User) -> Result<Session, SignInError> {
        let opening = SessionOpening::new(&self.installation, user.id, AuthMethod::Password);
        let opened = retry(|| async {
            let mut work = self.installation.store.begin().await?;
            opening.write(work.as_mut()).await?;
            commit_if_unchanged(work, &user).await
        })
        .await?;
        if !opened {
            return Err(SignInError::InvalidCredentials);
        }
        Ok(opening.finish(&self.installation, user).await?)
    }

    async fn open_opaque_session(&self, user: User) -> Result<OpaqueSession, SignInError> {
        let opening = OpaqueSessionOpening::new(&self.installation, user.id);
        let opened = retry(|| async {
            let mut work = self.installation.store.begin().await?;
            opening.write(work.as_mut()).await?;
            commit_if_unchanged(work, &user).await
        })
        .await?;
        if !opened {
            return Err(SignInError::InvalidCredentials);
        }
        Ok(opening.finish(user))
    }

    async fn ask_for_totp(&self, user: &User) -> Result<Ticket, SignInError> {
        let ticket = Ticket::new(TicketPurpose::MfaTotp, self.installation.ids.token_bytes());
        let row = self.installation.ticket_row(&ticket, user.id, None);
        let asked = retry(|| async {
            let mut work = self.installation.store.begin().await?;
            work.tickets().insert(&row).await?;
            commit_if_unchanged(work, user).await
        })
        .await?;
        asked
            .then_some(ticket)
            .ok_or(SignInError::InvalidCredentials)
    }
}

/// Ends a unit of work that opened a session: as a success only if the judged password still is the
/// user's.
async fn commit_if_unchanged(
    mut work: Box<dyn UnitOfWork>,
    judged: &User,
) -> Result<bool, StoreError> {
    if is_unchanged(work.as_mut(), judged).await? {
        work.commit().await?;
        Ok(true)
    } else {
        work.rollback().await?;
        Ok(false)
    }
}
