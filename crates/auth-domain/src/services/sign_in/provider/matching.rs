//! Finding the account of a provider's user: by a linked identity, by an address that the provider
//! has verified, or as a new user.

use super::{ProviderProfile, ProviderSignInError, ProviderSignInService};
use crate::{
    error::{StoreError, UniqueField},
    ports::{UnitOfWork, UserLookup},
    services::{
        account::sign_up::{NewSession, SignUpOptions, SignUpRefusal},
        error::Error,
        sign_in::{email::Audience, provider::ProviderSignInRefusal},
        steps::{
            first_verification::prove_mailbox,
            retry::retry,
            session_opening::{AccountRefusal, EmailNeed},
        },
    },
    session::CodeChallenge,
    user::{User, UserId},
};

/// A sign-in with a provider.
pub(super) struct ProviderSignInAttempt {
    pub(super) profile: ProviderProfile,
    pub(super) options: SignUpOptions,
    pub(super) audience: Audience,
    pub(super) code_challenge: Option<CodeChallenge>,
}

/// How a sign-in with a provider ended.
pub(super) enum ProviderSignInOutcome<O> {
    SignedIn(Box<User>, O),
    VerificationPending,
}

/// The account that matches an attempt.
enum Match<O> {
    SignedIn(Box<User>, O),
    Account(AccountRefusal),
    /// They asked to sign up, and have an account.
    Already,
    /// An account has the address, but the provider has not verified it.
    AddressTaken,
    NoAccount,
}

impl ProviderSignInService {
    /// Signs in the provider's user with what `open` makes for them.
    ///
    /// Of two concurrent attempts of one user, one makes the account or the link, and the other
    /// finds it.
    pub(super) async fn enter<O: NewSession>(
        &self,
        attempt: ProviderSignInAttempt,
        open: impl Fn(UserId) -> O + Send + Sync,
    ) -> Result<ProviderSignInOutcome<O>, ProviderSignInError> {
        for _ in 0..2 {
            if let Some(entered) = self.sign_in_or_retry(&attempt, &open).await? {
                return Ok(entered);
            }
        }
        Err(SignUpRefusal::EmailTaken.into())
    }

    /// `None`: a concurrent attempt has just made the account or link; retry.
    async fn sign_in_or_retry<O: NewSession>(
        &self,
        attempt: &ProviderSignInAttempt,
        open: &(impl Fn(UserId) -> O + Send + Sync),
    ) -> Result<Option<ProviderSignInOutcome<O>>, ProviderSignInError> {
        let found = match retry(|| self.resolve(attempt, open)).await {
            Err(StoreError::Duplicate {
                field: UniqueField::Identity,
            }) => return Ok(None),
            other => other?,
        };
        let refusal: ProviderSignInError = match found {
            Match::SignedIn(user, opening) => {
                return Ok(Some(ProviderSignInOutcome::SignedIn(user, opening)));
            }
            Match::Account(refusal) => refusal.into(),
            Match::Already | Match::AddressTaken => SignUpRefusal::EmailTaken.into(),
            Match::NoAccount => {
                return match self.sign_up(attempt, open).await {
                    Err(Error::Refused(ProviderSignInRefusal::SignUp(
                        SignUpRefusal::EmailTaken | SignUpRefusal::IdentityTaken,
                    ))) => Ok(None),
                    other => other.map(Some),
                };
            }
        };
        self.refuse(attempt, refusal).await?;
        Ok(Some(ProviderSignInOutcome::VerificationPending))
    }

    async fn resolve<O: NewSession>(
        &self,
        attempt: &ProviderSignInAttempt,
        open: &(impl Fn(UserId) -> O + Send + Sync),
    ) -> Result<Match<O>, StoreError> {
        let mut work = self.ctx.store.begin().await?;
        let found = self.find_user(work.as_mut(), attempt, open).await?;
        match &found {
            Match::SignedIn(..) => work.commit().await?,
            _ => work.rollback().await?,
        }
        Ok(found)
    }

    async fn find_user<O: NewSession>(
        &self,
        work: &mut dyn UnitOfWork,
        attempt: &ProviderSignInAttempt,
        open: &(impl Fn(UserId) -> O + Send + Sync),
    ) -> Result<Match<O>, StoreError> {
        let profile = &attempt.profile;
        let linked = UserLookup::Identity(&profile.key);
        if let Some(user) = found(work, linked).await? {
            return self
                .sign_in_existing(work, (user, MatchedBy::Linked), attempt, open)
                .await;
        }
        let Some(email) = &profile.identity.email else {
            return Ok(Match::NoAccount);
        };
        match found(work, UserLookup::Email(email)).await? {
            None => Ok(Match::NoAccount),
            // An attacker can write a victim's address into their profile: unverified, it must not
            // match.
            Some(_) if !profile.email_verified => Ok(Match::AddressTaken),
            Some(user) => {
                self.sign_in_existing(work, (user, MatchedBy::ByAddress), attempt, open)
                    .await
            }
        }
    }

    async fn sign_in_existing<O: NewSession>(
        &self,
        work: &mut dyn UnitOfWork,
        (user, matched_by): (User, MatchedBy),
        attempt: &ProviderSignInAttempt,
        open: &(impl Fn(UserId) -> O + Send + Sync),
    ) -> Result<Match<O>, StoreError> {
        if attempt.audience == Audience::NewUsers {
            return Ok(Match::Already);
        }
        let profile = &attempt.profile;
        let is_first_verification = !user.email_verified && profile.has_mailbox_of(&user);
        let policy = &self.ctx.policy;
        match policy.check_account(&user, matched_by.email_need()) {
            Err(AccountRefusal::Unverified) if is_first_verification => {}
            Err(refusal) => return Ok(Match::Account(refusal)),
            Ok(()) => {}
        }
        if is_first_verification {
            prove_mailbox(work, user.id).await?;
        }
        // A first verification removes all links (account pre-hijacking), so this one is stored
        // after it.
        if is_first_verification || matched_by == MatchedBy::ByAddress {
            let row = self.link_row(user.id, profile.key.clone());
            work.identities().link(&row).await?;
        }
        let opening = open(user.id);
        opening.along().write(work).await?;
        if !is_first_verification {
            return Ok(Match::SignedIn(Box::new(user), opening));
        }
        // Read again, so that the answer does not show what was removed.
        let left = work.users().find(UserLookup::Id(user.id)).await?;
        Ok(left.map_or(Match::NoAccount, |it| {
            Match::SignedIn(Box::new(it), opening)
        }))
    }
}

/// How an account was matched.
#[derive(Clone, Copy, PartialEq, Eq)]
enum MatchedBy {
    /// By a linked identity.
    Linked,
    /// By the same address.
    ByAddress,
}

impl MatchedBy {
    fn email_need(self) -> EmailNeed {
        match self {
            Self::Linked => EmailNeed::IfPresent,
            Self::ByAddress => EmailNeed::Required,
        }
    }
}

impl ProviderProfile {
    /// Whether the provider has verified that they read the mail of `user`.
    fn has_mailbox_of(&self, user: &User) -> bool {
        let email = self.identity.email.as_ref();
        self.email_verified && email.is_some_and(|it| user.is_reached_at(it))
    }
}

/// The user, under their row lock.
async fn found(
    work: &mut dyn UnitOfWork,
    lookup: UserLookup<'_>,
) -> Result<Option<User>, StoreError> {
    let Some(user) = work.users().find(lookup).await? else {
        return Ok(None);
    };
    work.users().lock(user.id).await?;
    // Read again under the lock: the link or the address may have changed before it was taken.
    let still = work.users().find(lookup).await?;
    Ok(still.filter(|it| it.id == user.id))
}
