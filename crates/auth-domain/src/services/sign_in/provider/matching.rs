//! Letting in whom a provider vouches for: by their link, by an address that the provider has
//! checked, or as somebody new.

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

/// Somebody at the door.
pub(super) struct ProviderSignInAttempt {
    pub(super) profile: ProviderProfile,
    pub(super) options: SignUpOptions,
    pub(super) audience: Audience,
    pub(super) code_challenge: Option<CodeChallenge>,
}

/// How somebody got in.
pub(super) enum ProviderSignInOutcome<O> {
    SignedIn(Box<User>, O),
    VerificationPending,
}

/// What the store knows of somebody at the door.
enum Match<O> {
    LetIn(Box<User>, O),
    Account(AccountRefusal),
    /// They wanted to sign up, and have an account.
    Already,
    /// The address is somebody's, and nobody has checked that it is theirs.
    AddressTaken,
    Nobody,
}

impl ProviderSignInService {
    /// Lets somebody in with what `open` makes for them.
    ///
    /// Of two arrivals of one person at once, one makes the account or the link, and the other
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

    /// `None`: another arrival has just made what this one was about to make.
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
            Match::LetIn(user, opening) => {
                return Ok(Some(ProviderSignInOutcome::SignedIn(user, opening)));
            }
            Match::Account(refusal) => refusal.into(),
            Match::Already | Match::AddressTaken => SignUpRefusal::EmailTaken.into(),
            Match::Nobody => {
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
            Match::LetIn(..) => work.commit().await?,
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
            return Ok(Match::Nobody);
        };
        match found(work, UserLookup::Email(email)).await? {
            None => Ok(Match::Nobody),
            // Whoever can write another's address into a profile must not get their account.
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
        (user, acquaintance): (User, MatchedBy),
        attempt: &ProviderSignInAttempt,
        open: &(impl Fn(UserId) -> O + Send + Sync),
    ) -> Result<Match<O>, StoreError> {
        if attempt.audience == Audience::NewPeople {
            return Ok(Match::Already);
        }
        let profile = &attempt.profile;
        let is_first_proof = !user.email_verified && profile.has_the_mailbox_of(&user);
        let policy = &self.ctx.policy;
        match policy.check_account(&user, acquaintance.email_need()) {
            Err(AccountRefusal::Unverified) if is_first_proof => {}
            Err(refusal) => return Ok(Match::Account(refusal)),
            Ok(()) => {}
        }
        if is_first_proof {
            prove_mailbox(work, user.id).await?;
        }
        // A first proof drops all links: whoever came first may have made them.
        if is_first_proof || acquaintance == MatchedBy::ByAddress {
            let row = self.link_row(user.id, profile.key.clone());
            work.identities().link(&row).await?;
        }
        let opening = open(user.id);
        opening.along().write(work).await?;
        if !is_first_proof {
            return Ok(Match::LetIn(Box::new(user), opening));
        }
        // What was dropped must not be told of, either.
        let left = work.users().find(UserLookup::Id(user.id)).await?;
        Ok(left.map_or(Match::Nobody, |it| Match::LetIn(Box::new(it), opening)))
    }
}

/// By what somebody is known here.
#[derive(Clone, Copy, PartialEq, Eq)]
enum MatchedBy {
    /// Their account is linked.
    Linked,
    /// Their account has the same address.
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
    /// Whether the provider has checked that they read the mail of `user`.
    fn has_the_mailbox_of(&self, user: &User) -> bool {
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
    // Before nobody could any more, a link may have been dropped, or an address have moved on.
    let still = work.users().find(lookup).await?;
    Ok(still.filter(|it| it.id == user.id))
}
