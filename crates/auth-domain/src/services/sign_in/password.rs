//! Signing in with a password.

use crate::{
    error::StoreError,
    limits::AccountName,
    ports::{HasherError, UnitOfWork, UserLookup},
    services::{
        context::RequestContext,
        error::{Error, Refusal},
        steps::{
            noted_user::note_user,
            retry::retry,
            session_opening::{
                AccountRefusal, EmailNeed, NewJwtSession, NewOpaqueSession, lock_judged,
            },
        },
    },
    session::{AuthMethod, OpaqueSession, Session},
    ticket::{Ticket, TicketPurpose},
    user::{EmailAddress, MfaMethod, PlainPassword, User, Username},
};

/// Signs in with a password.
#[derive(Clone)]
pub struct SignInService {
    ctx: RequestContext,
}

/// The credentials of an e-mail address.
#[derive(Debug, Clone)]
pub struct EmailPasswordSignIn {
    /// The address.
    pub email: EmailAddress,
    /// The password.
    pub password: PlainPassword,
}

/// The credentials of a user name (legacy provider `username`).
#[derive(Debug, Clone)]
pub struct UsernameSignIn {
    /// The name.
    pub username: Username,
    /// The password.
    pub password: PlainPassword,
}

/// How a sign-in ended.
#[derive(Debug, Clone, PartialEq)]
pub enum SignedIn {
    /// The user is signed in.
    Session(Box<Session>),
    /// The password was right; the sign-in goes on with this ticket and a one-time password.
    SecondFactor(Ticket),
}

/// How often a password is checked when the account changes concurrently.
const JUDGEMENTS: usize = 2;

/// The outcome of a sign-in with the right password.
enum Entry {
    Session(Box<User>, Box<NewJwtSession>),
    SecondFactor(Ticket),
    /// The password or its user changed while it was checked (optimistic concurrency).
    Overtaken,
}

/// Why a user could not sign in.
#[derive(Debug, thiserror::Error)]
pub enum SignInRefusal {
    /// This way to sign in is switched off.
    #[error("the provider is disabled")]
    ProviderDisabled,
    /// No such account, or the wrong password; the two are not told apart (user enumeration).
    #[error("the credentials are wrong")]
    InvalidCredentials,
    /// The account may not be used right now.
    #[error(transparent)]
    Account(AccountRefusal),
    /// The account has a second factor, which this way to sign in cannot ask for.
    #[error("the account has a second factor")]
    SecondFactorRequired,
}

impl Refusal for SignInRefusal {}

/// A refusal, or a failure.
pub type SignInError = Error<SignInRefusal>;

impl From<AccountRefusal> for SignInRefusal {
    fn from(refusal: AccountRefusal) -> Self {
        Self::Account(refusal)
    }
}

impl SignInService {
    pub(in crate::services) fn new(ctx: RequestContext) -> Self {
        Self { ctx }
    }

    /// Signs in with an e-mail address and a password.
    ///
    /// The state of an account is told before its password is checked, as Hasura Auth does, unless
    /// the server conceals errors. The time is the same whether or not the user exists (user
    /// enumeration).
    ///
    /// # Errors
    ///
    /// See [`SignInError`].
    pub async fn with_email_password(
        &self,
        attempt: EmailPasswordSignIn,
    ) -> Result<SignedIn, SignInError> {
        let account = AccountName::Email(&attempt.email);
        let work = self.judge_email_password(&attempt);
        self.ctx
            .limit_attempts(account, self.ctx.network(), work)
            .await
    }

    async fn judge_email_password(
        &self,
        attempt: &EmailPasswordSignIn,
    ) -> Result<SignedIn, SignInError> {
        let lookup = UserLookup::Email(&attempt.email);
        for _ in 0..JUDGEMENTS {
            let found = self.ctx.store.find_user(lookup).await?;
            let proven = self
                .password_fits(found.as_ref(), &attempt.password)
                .await?;
            let user = found.ok_or(SignInRefusal::InvalidCredentials)?;
            self.check_account(&user, EmailNeed::Required)?;
            if !proven {
                return Err(SignInRefusal::InvalidCredentials.into());
            }
            match self.enter(&user).await? {
                Entry::Session(user, opening) => {
                    let session = opening.finish(&self.ctx, *user).await?;
                    return Ok(SignedIn::Session(Box::new(session)));
                }
                Entry::SecondFactor(ticket) => return Ok(SignedIn::SecondFactor(ticket)),
                Entry::Overtaken => {}
            }
        }
        Err(SignInRefusal::InvalidCredentials.into())
    }

    /// Signs in with a user name and a password.
    ///
    /// # Errors
    ///
    /// See [`SignInError`]; the state of an account is told only after the right password.
    pub async fn with_username(
        &self,
        attempt: UsernameSignIn,
    ) -> Result<OpaqueSession, SignInError> {
        if !self.ctx.policy.accounts.username_enabled {
            return Err(SignInRefusal::ProviderDisabled.into());
        }
        let account = AccountName::Username(&attempt.username);
        let work = self.judge_username(&attempt);
        self.ctx
            .limit_attempts(account, self.ctx.network(), work)
            .await
    }

    async fn judge_username(&self, attempt: &UsernameSignIn) -> Result<OpaqueSession, SignInError> {
        let lookup = UserLookup::Username(&attempt.username);
        for _ in 0..JUDGEMENTS {
            let found = self.ctx.store.find_user(lookup).await?;
            let proven = self
                .password_fits(found.as_ref(), &attempt.password)
                .await?;
            let user = found
                .filter(|_| proven)
                .ok_or(SignInRefusal::InvalidCredentials)?;
            self.check_opaque(&user)?;
            if let Some(session) = self.enter_by_username(&user).await? {
                return Ok(session);
            }
        }
        Err(SignInRefusal::InvalidCredentials.into())
    }

    fn check_account(&self, user: &User, need: EmailNeed) -> Result<(), SignInError> {
        let policy = &self.ctx.policy;
        Ok(policy.check_account(user, need)?)
    }

    /// Takes the same time whether or not the user exists (user enumeration by timing).
    async fn password_fits(
        &self,
        user: Option<&User>,
        password: &PlainPassword,
    ) -> Result<bool, HasherError> {
        let hasher = &self.ctx.hasher;
        let client = self.ctx.client();
        let fits = match user.and_then(|it| it.password_hash.as_ref()) {
            Some(hash) => hasher.verify(password, hash, client).await?,
            None => (hasher.verify_dummy(password, client).await).map(|()| false)?,
        };
        if let Some(user) = user.filter(|_| !fits) {
            note_user(user.id);
        }
        Ok(fits)
    }

    /// Opens a session for the user whose password was right, or asks for their second factor.
    async fn enter(&self, judged: &User) -> Result<Entry, SignInError> {
        let ctx = &self.ctx;
        retry(|| async {
            let mut work = ctx.store.begin().await?;
            let Some(user) = lock_judged(work.as_mut(), judged).await? else {
                work.rollback().await?;
                return Ok(Ok(Entry::Overtaken));
            };
            if let Err(refusal) = self.check_account(&user, EmailNeed::Required) {
                work.rollback().await?;
                return Ok(Err(refusal));
            }
            let entry = self.enter_in(work.as_mut(), user).await?;
            work.commit().await?;
            Ok(Ok(entry))
        })
        .await?
    }

    async fn enter_in(&self, work: &mut dyn UnitOfWork, user: User) -> Result<Entry, StoreError> {
        let ctx = &self.ctx;
        if user.active_mfa == Some(MfaMethod::Totp) {
            let ticket = Ticket::new(TicketPurpose::MfaTotp, ctx.ids.uuid());
            let row = ctx.ticket_row(&ticket, user.id, None);
            work.tickets().insert(&row).await?;
            return Ok(Entry::SecondFactor(ticket));
        }
        let opening = NewJwtSession::new(ctx, user.id, AuthMethod::Password);
        opening.write(work).await?;
        Ok(Entry::Session(Box::new(user), Box::new(opening)))
    }

    /// Opens a legacy session for the user whose password was right. `None`: it was changed
    /// meanwhile.
    async fn enter_by_username(&self, judged: &User) -> Result<Option<OpaqueSession>, SignInError> {
        let opening = NewOpaqueSession::new(&self.ctx, judged.id);
        let entered = retry(|| async {
            let mut work = self.ctx.store.begin().await?;
            let Some(user) = lock_judged(work.as_mut(), judged).await? else {
                work.rollback().await?;
                return Ok(Ok(None));
            };
            if let Err(refusal) = self.check_opaque(&user) {
                work.rollback().await?;
                return Ok(Err(refusal));
            }
            opening.write(work.as_mut()).await?;
            work.commit().await?;
            Ok(Ok(Some(user)))
        })
        .await?;
        Ok(entered?.map(|user| opening.finish(user)))
    }

    fn check_opaque(&self, user: &User) -> Result<(), SignInError> {
        self.check_account(user, EmailNeed::IfPresent)?;
        match user.active_mfa {
            Some(_) => Err(SignInRefusal::SecondFactorRequired.into()),
            None => Ok(()),
        }
    }
}
