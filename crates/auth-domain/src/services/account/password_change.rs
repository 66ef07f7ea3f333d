//! Changing a password.

use chrono::{DateTime, Utc};

use crate::{
    error::StoreError,
    limits::AccountName,
    ports::{EndedSessions, UnitOfWork, UserLookup},
    services::{
        account::current_user::{CurrentUserRefusal, CurrentUserService},
        context::RequestContext,
        error::{Error, Refusal, passes_on},
        steps::{
            first_verification::prove_mailbox,
            noted_user::note_user,
            password_rule::{PasswordRefusal, PasswordRule},
            retry::retry,
            session_opening::{AccountRefusal, EmailNeed, is_still_signed_in, lock_judged},
        },
    },
    session::AccessIdentity,
    ticket::{Ticket, TicketPurpose},
    user::{PlainPassword, User, UserId},
};

/// Replaces the password of a user who knows the old one, holds a session, or reads their mail.
#[derive(Clone)]
pub struct PasswordChangeService {
    ctx: RequestContext,
}

/// A request for another password.
#[derive(Debug, Clone)]
pub struct PasswordChange {
    /// The current password.
    pub old: PlainPassword,
    /// The new password.
    pub new: PlainPassword,
}

/// What entitles the caller to replace a password.
#[derive(Clone, Copy)]
enum Grounds<'a> {
    /// They knew the one that this user had. With an access token, its session must be open.
    OldPassword(&'a User, Option<AccessIdentity>),
    /// They are signed in. Their session goes on.
    Session(AccessIdentity),
    /// They read this ticket in the mail of the account's address.
    Mailbox(&'a Ticket),
}

/// Why a password was not changed.
#[derive(Debug, thiserror::Error)]
pub enum PasswordChangeRefusal {
    /// The token belongs to no user, or the account may not be used.
    #[error(transparent)]
    NotSignedIn(#[from] CurrentUserRefusal),
    /// The account has no password.
    #[error("the account has no password")]
    NoPassword,
    /// The ticket is unknown, spent or expired.
    #[error("the ticket is not valid")]
    InvalidTicket,
    /// The account may not be used right now.
    #[error(transparent)]
    Account(AccountRefusal),
    /// The new password cannot be chosen.
    #[error(transparent)]
    Password(#[from] PasswordRefusal),
    /// The old password is wrong.
    #[error("the old password is wrong")]
    WrongPassword,
}

impl Refusal for PasswordChangeRefusal {}

/// A refusal, or a failure.
pub type PasswordChangeError = Error<PasswordChangeRefusal>;

passes_on!(CurrentUserRefusal => PasswordChangeRefusal);

impl PasswordChangeService {
    pub(in crate::services) fn new(ctx: RequestContext) -> Self {
        Self { ctx }
    }

    /// Replaces the password of the holder of a bearer token of the legacy API, by its rule.
    ///
    /// All their sessions in both generations end: an attacker who knew the old password is locked
    /// out. Personal access tokens stay.
    ///
    /// # Errors
    ///
    /// See [`PasswordChangeError`]. [`PasswordChangeRefusal::WrongPassword`] also when a concurrent
    /// change came first.
    pub async fn change(
        &self,
        bearer: &str,
        request: PasswordChange,
    ) -> Result<(), PasswordChangeError> {
        let current_user = CurrentUserService::new(self.ctx.clone());
        let user = current_user.by_bearer(bearer).await?;
        let old_hash = user
            .password_hash
            .as_ref()
            .ok_or(PasswordChangeRefusal::NoPassword)?;
        // An opaque token was looked up together with its session, so there is no session to check.
        let caller = current_user.identify(bearer).ok();
        if let Some(caller) = caller {
            current_user.check_session(caller).await?;
        }
        self.check(&request.new, PasswordRule::Legacy).await?;
        let judge = async {
            let client = self.ctx.client();
            let hasher = &self.ctx.hasher;
            let is_right = hasher.verify(&request.old, old_hash, client).await?;
            is_right
                .then_some(())
                .ok_or(PasswordChangeRefusal::WrongPassword.into())
        };
        self.ctx
            .limit_attempts(AccountName::Id(user.id), None, judge)
            .await?;
        if self
            .replace(user.id, &request.new, Grounds::OldPassword(&user, caller))
            .await?
        {
            Ok(())
        } else {
            Err(PasswordChangeRefusal::WrongPassword.into())
        }
    }

    /// Replaces the password of a signed-in user, by the rule of the modern API. Sessions end as in
    /// [`change`](Self::change), except for the caller's own.
    ///
    /// # Errors
    ///
    /// See [`PasswordChangeError`].
    pub async fn set(
        &self,
        caller: impl Into<AccessIdentity>,
        new: &PlainPassword,
    ) -> Result<(), PasswordChangeError> {
        let caller = caller.into();
        let current_user = CurrentUserService::new(self.ctx.clone());
        let user = current_user.get(caller.user_id).await?;
        self.check(new, PasswordRule::Modern).await?;
        let grounds = Grounds::Session(caller);
        if self.replace(user.id, new, grounds).await? {
            Ok(())
        } else {
            Err(CurrentUserRefusal::InvalidToken.into())
        }
    }

    /// Replaces the password by a ticket that was mailed. Sessions end as in
    /// [`change`](Self::change).
    ///
    /// # Errors
    ///
    /// See [`PasswordChangeError`]. The ticket is spent by success alone: a password that cannot be
    /// chosen, an account that may not be used, or a failure leaves it good.
    pub async fn reset(
        &self,
        ticket: &Ticket,
        new: &PlainPassword,
    ) -> Result<(), PasswordChangeError> {
        if ticket.purpose() != TicketPurpose::ResetPassword {
            return Err(PasswordChangeRefusal::InvalidTicket.into());
        }
        self.check(new, PasswordRule::Modern).await?;
        let owner = self.owner_of(ticket).await?;
        note_user(owner);
        let replaced = self.replace(owner, new, Grounds::Mailbox(ticket)).await?;
        replaced
            .then_some(())
            .ok_or(PasswordChangeRefusal::InvalidTicket.into())
    }

    async fn check(
        &self,
        new: &PlainPassword,
        rule: PasswordRule,
    ) -> Result<(), PasswordChangeError> {
        self.ctx.check_password(new, rule).await
    }

    /// The user of the ticket, which stays good: hashing takes long and may be refused under load,
    /// and the ticket is taken in the unit of work that stores the hash.
    async fn owner_of(&self, ticket: &Ticket) -> Result<UserId, PasswordChangeError> {
        let now = self.ctx.clock.now();
        let mut work = self.ctx.store.begin().await?;
        let found = work.tickets().find(ticket, now).await?;
        let user = match found {
            Some(found) => work.users().find(UserLookup::Id(found.user_id)).await?,
            None => None,
        };
        work.rollback().await?;
        let user = user.ok_or(PasswordChangeRefusal::InvalidTicket)?;
        let policy = &self.ctx.policy;
        let checked = policy.check_account(&user, EmailNeed::Required);
        checked.map_err(PasswordChangeRefusal::Account)?;
        Ok(user.id)
    }

    /// `false`: the caller is no longer entitled to the change.
    async fn replace(
        &self,
        user: UserId,
        new: &PlainPassword,
        grounds: Grounds<'_>,
    ) -> Result<bool, PasswordChangeError> {
        let client = self.ctx.client();
        let hash = self.ctx.hasher.hash(new, client).await?;
        let now = self.ctx.clock.now();
        let replaced = retry(|| async {
            let mut work = self.ctx.store.begin().await?;
            if !grounds.hold(work.as_mut(), user, now).await? {
                work.rollback().await?;
                return Ok(false);
            }
            work.users().touch(user, now).await?;
            work.users().set_password(user, &hash).await?;
            work.sessions().end_all_of(user, grounds.ended()).await?;
            // A second reset mail that was sent before must not undo this.
            work.tickets().forget_all_of(user).await?;
            work.commit().await?;
            Ok(true)
        })
        .await?;
        Ok(replaced)
    }
}

impl Grounds<'_> {
    /// Whether they still hold, under the row lock of the user.
    async fn hold(
        self,
        work: &mut dyn UnitOfWork,
        user: UserId,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        match self {
            Self::OldPassword(judged, caller) => {
                let is_unchanged = lock_judged(work, judged).await?.is_some();
                match caller {
                    Some(caller) if is_unchanged => is_still_signed_in(work, caller, now).await,
                    _ => Ok(is_unchanged),
                }
            }
            Self::Session(caller) => is_still_signed_in(work, caller, now).await,
            Self::Mailbox(ticket) => {
                if work.tickets().take(ticket, now).await?.is_none() {
                    return Ok(false);
                }
                prove_mailbox(work, user).await?;
                Ok(true)
            }
        }
    }

    /// Which sessions end with the former password.
    fn ended(self) -> EndedSessions {
        match self {
            Self::Session(AccessIdentity {
                session: Some(own), ..
            }) => EndedSessions::Others(own),
            _ => EndedSessions::AllButPersonalAccessTokens,
        }
    }
}
