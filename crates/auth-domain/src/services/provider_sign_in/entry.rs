//! Letting in whom a provider vouches for: by their link, by an address that the provider has
//! checked, or as somebody new.

use super::{Newcomer, ProviderSignInError, ProviderSignInService};
use crate::{
    error::{StoreError, UniqueField},
    ports::{UnitOfWork, UserLookup},
    services::{
        AccountRefusal, Audience, SignUpError, SignUpOptions, first_verification::prove_mailbox,
        retry::retry, session_opening::EmailNeed, sign_up::NewSession,
    },
    session::CodeChallenge,
    user::{User, UserId},
};

/// Somebody at the door.
pub(super) struct Arrival {
    pub(super) newcomer: Newcomer,
    pub(super) options: SignUpOptions,
    pub(super) audience: Audience,
    pub(super) code_challenge: Option<CodeChallenge>,
}

/// How somebody got in.
pub(super) enum Entered<O> {
    SignedIn(Box<User>, O),
    VerificationPending,
}

/// What the store knows of somebody at the door.
enum Known<O> {
    LetIn(Box<User>, O),
    Refused(AccountRefusal),
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
        arrival: Arrival,
        open: impl Fn(UserId) -> O + Send + Sync,
    ) -> Result<Entered<O>, ProviderSignInError> {
        for _ in 0..2 {
            if let Some(entered) = self.enter_unless_overtaken(&arrival, &open).await? {
                return Ok(entered);
            }
        }
        Err(SignUpError::EmailTaken.into())
    }

    /// `None`: another arrival has just made what this one was about to make.
    async fn enter_unless_overtaken<O: NewSession>(
        &self,
        arrival: &Arrival,
        open: &(impl Fn(UserId) -> O + Send + Sync),
    ) -> Result<Option<Entered<O>>, ProviderSignInError> {
        let known = match retry(|| self.greet(arrival, open)).await {
            Err(StoreError::Duplicate {
                field: UniqueField::Identity,
            }) => return Ok(None),
            other => other?,
        };
        let refusal: ProviderSignInError = match known {
            Known::LetIn(user, opening) => return Ok(Some(Entered::SignedIn(user, opening))),
            Known::Refused(refusal) => refusal.into(),
            Known::Already | Known::AddressTaken => SignUpError::EmailTaken.into(),
            Known::Nobody => {
                return match self.sign_up(arrival, open).await {
                    Err(ProviderSignInError::SignUp(
                        SignUpError::EmailTaken | SignUpError::IdentityTaken,
                    )) => Ok(None),
                    other => other.map(Some),
                };
            }
        };
        self.refuse(arrival, refusal).await?;
        Ok(Some(Entered::VerificationPending))
    }

    async fn greet<O: NewSession>(
        &self,
        arrival: &Arrival,
        open: &(impl Fn(UserId) -> O + Send + Sync),
    ) -> Result<Known<O>, StoreError> {
        let mut work = self.ctx.store.begin().await?;
        let known = self.recognise(work.as_mut(), arrival, open).await?;
        match &known {
            Known::LetIn(..) => work.commit().await?,
            _ => work.rollback().await?,
        }
        Ok(known)
    }

    async fn recognise<O: NewSession>(
        &self,
        work: &mut dyn UnitOfWork,
        arrival: &Arrival,
        open: &(impl Fn(UserId) -> O + Send + Sync),
    ) -> Result<Known<O>, StoreError> {
        let newcomer = &arrival.newcomer;
        let linked = UserLookup::Identity(&newcomer.key);
        if let Some(user) = found(work, linked).await? {
            return self
                .let_in(work, (user, Acquaintance::Linked), arrival, open)
                .await;
        }
        let Some(email) = &newcomer.identity.email else {
            return Ok(Known::Nobody);
        };
        match found(work, UserLookup::Email(email)).await? {
            None => Ok(Known::Nobody),
            // Whoever can write another's address into a profile must not get their account.
            Some(_) if !newcomer.email_verified => Ok(Known::AddressTaken),
            Some(user) => {
                self.let_in(work, (user, Acquaintance::ByAddress), arrival, open)
                    .await
            }
        }
    }

    async fn let_in<O: NewSession>(
        &self,
        work: &mut dyn UnitOfWork,
        (user, acquaintance): (User, Acquaintance),
        arrival: &Arrival,
        open: &(impl Fn(UserId) -> O + Send + Sync),
    ) -> Result<Known<O>, StoreError> {
        if arrival.audience == Audience::NewPeople {
            return Ok(Known::Already);
        }
        let newcomer = &arrival.newcomer;
        let is_first_proof = !user.email_verified && newcomer.has_the_mailbox_of(&user);
        let policy = &self.ctx.policy;
        match policy.check_account(&user, acquaintance.email_need()) {
            Err(AccountRefusal::Unverified) if is_first_proof => {}
            Err(refusal) => return Ok(Known::Refused(refusal)),
            Ok(()) => {}
        }
        if is_first_proof {
            prove_mailbox(work, user.id).await?;
        }
        // A first proof drops all links: whoever came first may have made them.
        if is_first_proof || acquaintance == Acquaintance::ByAddress {
            let row = self.link_row(user.id, newcomer.key.clone());
            work.identities().link(&row).await?;
        }
        let opening = open(user.id);
        opening.along().write(work).await?;
        if !is_first_proof {
            return Ok(Known::LetIn(Box::new(user), opening));
        }
        // What was dropped must not be told of, either.
        let left = work.users().find(UserLookup::Id(user.id)).await?;
        Ok(left.map_or(Known::Nobody, |it| Known::LetIn(Box::new(it), opening)))
    }
}

/// By what somebody is known here.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Acquaintance {
    /// Their account is linked.
    Linked,
    /// Their account has the same address.
    ByAddress,
}

impl Acquaintance {
    fn email_need(self) -> EmailNeed {
        match self {
            Self::Linked => EmailNeed::IfPresent,
            Self::ByAddress => EmailNeed::Required,
        }
    }
}

impl Newcomer {
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
