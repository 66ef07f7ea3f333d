//! Security keys and passkeys: signing up and in with them, elevating, and adding them to accounts.
//!
//! Every ceremony has two halves. The first makes a challenge and what a browser needs to know; the
//! second judges what was signed, and then takes the challenge out of the store in the unit of work
//! that acts on it. So no signature is worth anything twice (replay), on however many servers, and a
//! failure half-way does not spend it. A ceremony that proves nothing spends its challenge, too.

mod elevate;
mod pending_sign_up;
mod register;
mod sign_in;
mod sign_up;

use serde_json::Value;

pub use sign_up::SecurityKeySignUp;

use crate::services::{
    account::{
        current_user::{CurrentUserError, CurrentUserRefusal, CurrentUserService},
        sign_up::SignUpRefusal,
    },
    context::RequestContext,
    error::{Error, Refusal, passes_on},
    steps::{
        retry::retry,
        session_opening::{AccountRefusal, EmailNeed, NewJwtSession, NotAdmitted},
    },
};
use crate::{
    error::{StoreError, UniqueField, chain},
    ports::{CeremonyError, WebAuthn},
    security_key::{
        Assertion, Attestation, Challenge, ChallengePurpose, HashedChallenge, IssuedChallenge,
        RegisteredCredential, SecurityKey, SignCount,
    },
    user::{User, UserId},
};

/// Registers security keys, and signs people in with them.
#[derive(Clone)]
pub struct SecurityKeyService {
    ctx: RequestContext,
}

/// Why nothing came of a ceremony.
#[derive(Debug, thiserror::Error)]
pub enum SecurityKeyRefusal {
    /// Security keys are switched off.
    #[error("security keys are disabled")]
    Disabled,
    /// The token does not lead to a user, or to one whose account may be used.
    #[error(transparent)]
    NotSignedIn(#[from] CurrentUserRefusal),
    /// Nobody has the address.
    #[error("there is no account with this address")]
    UnknownAccount,
    /// The account has no key to sign with.
    #[error("the account has no security key")]
    NoKey,
    /// The challenge is none of ours, spent, expired, or one for something or somebody else; or
    /// what was signed proves nothing. Which of these is not told.
    #[error("the credential is not valid")]
    InvalidCredential,
    /// The key is registered already, perhaps for somebody else.
    #[error("the security key is registered already")]
    Taken,
    /// Adding a key needs an elevated token.
    #[error("an elevated access token is needed")]
    NotElevated,
    /// The account may not be used right now.
    #[error(transparent)]
    Account(#[from] AccountRefusal),
    /// The account could not be made, or a wish cannot be met.
    #[error(transparent)]
    SignUp(SignUpRefusal),
}

impl Refusal for SecurityKeyRefusal {
    fn of_duplicate(field: UniqueField) -> Option<Self> {
        match field {
            UniqueField::Credential => Some(Self::Taken),
            _ => None,
        }
    }
}

/// A refusal, or a failure.
pub type SecurityKeyError = Error<SecurityKeyRefusal>;

passes_on!(CurrentUserRefusal => SecurityKeyRefusal);

passes_on!(SignUpRefusal => SecurityKeyRefusal);

impl From<SignUpRefusal> for SecurityKeyRefusal {
    fn from(refusal: SignUpRefusal) -> Self {
        match refusal {
            SignUpRefusal::SecurityKeyTaken => Self::Taken,
            other => Self::SignUp(other),
        }
    }
}

/// What a key has signed.
struct Signed {
    challenge: HashedChallenge,
    key: SecurityKey,
    sign_count: SignCount,
}

/// Why an assertion opened no session.
enum AssertionRefusal {
    NotAdmitted(NotAdmitted),
    /// The challenge was taken by another request.
    Replayed,
    /// The count of the key did not go up.
    Cloned,
}

impl From<NotAdmitted> for SecurityKeyRefusal {
    fn from(reason: NotAdmitted) -> Self {
        match reason {
            NotAdmitted::Deleted => Self::InvalidCredential,
            NotAdmitted::SessionEnded => CurrentUserRefusal::InvalidToken.into(),
            NotAdmitted::Account(refusal) => Self::Account(refusal),
        }
    }
}

/// Whose ceremony it is.
enum Person {
    /// Nobody knows yet: any key that the authenticator finds will do.
    Anybody,
    /// This user.
    User(UserId),
    /// A user who is to be made, with what is known of them.
    NewUser(UserId, Value),
}

impl SecurityKeyService {
    pub(in crate::services) fn new(ctx: RequestContext) -> Self {
        Self { ctx }
    }

    fn web_authn(&self) -> Result<&dyn WebAuthn, SecurityKeyError> {
        let web_authn = self.ctx.web_authn.as_deref();
        web_authn.ok_or(SecurityKeyRefusal::Disabled.into())
    }

    async fn current_user(&self, user: UserId) -> Result<User, CurrentUserError> {
        let current_user = CurrentUserService::new(self.ctx.clone());
        current_user.get(user).await
    }

    /// A new challenge, and what is to be stored of it.
    fn challenge(
        &self,
        web_authn: &dyn WebAuthn,
        purpose: ChallengePurpose,
        person: Person,
    ) -> (Challenge, IssuedChallenge) {
        let ids = &self.ctx.ids;
        let challenge = Challenge::new(ids.token_bytes(), ids.token_bytes());
        let (user_id, sign_up) = match person {
            Person::Anybody => (None, None),
            Person::User(user) => (Some(user), None),
            Person::NewUser(user, sign_up) => (Some(user), Some(sign_up)),
        };
        let created_at = self.ctx.clock.now();
        let issued = IssuedChallenge {
            hash: challenge.hashed(),
            purpose,
            user_id,
            sign_up,
            created_at,
            expires_at: created_at + web_authn.relying_party().timeout(),
        };
        (challenge, issued)
    }

    /// Stores a challenge, and finds the keys of a user it is for.
    async fn issue(
        &self,
        issued: &IssuedChallenge,
        owner: Option<UserId>,
    ) -> Result<Vec<SecurityKey>, StoreError> {
        retry(|| async {
            let mut work = self.ctx.store.begin().await?;
            let keys = match owner {
                Some(owner) => work.security_keys().all_of(owner).await?,
                None => Vec::new(),
            };
            work.security_keys().issue(issued).await?;
            work.commit().await?;
            Ok(keys)
        })
        .await
    }

    /// The challenge that an attestation claims to be signed for.
    async fn claimed(
        &self,
        attestation: &Attestation,
        purpose: ChallengePurpose,
    ) -> Result<(Challenge, IssuedChallenge), SecurityKeyError> {
        let challenge = Challenge::claimed_in(&attestation.client_data_json)
            .ok_or(SecurityKeyRefusal::InvalidCredential)?;
        let now = self.ctx.clock.now();
        let mut work = self.ctx.store.begin().await?;
        let keys = work.security_keys();
        let found = keys.find_challenge(&challenge.hashed(), now).await?;
        work.rollback().await?;
        match found {
            Some(issued) if issued.purpose == purpose => Ok((challenge, issued)),
            Some(issued) => Err(self.refuse(&issued.hash).await?),
            None => Err(SecurityKeyRefusal::InvalidCredential.into()),
        }
    }

    /// What was registered. The challenge is spent only if it is nothing.
    async fn attested(
        &self,
        web_authn: &dyn WebAuthn,
        attestation: Attestation,
        challenge: &Challenge,
    ) -> Result<RegisteredCredential, SecurityKeyError> {
        match web_authn.verify_attestation(attestation, challenge).await {
            Ok(credential) => Ok(credential),
            Err(error) => {
                tracing::debug!(error = chain(&error), "a new security key was refused");
                Err(self.refuse(&challenge.hashed()).await?)
            }
        }
    }

    /// Spends the challenge of a ceremony that proved nothing: it is good for one attempt.
    async fn refuse(&self, challenge: &HashedChallenge) -> Result<SecurityKeyError, StoreError> {
        let now = self.ctx.clock.now();
        retry(|| async {
            let mut work = self.ctx.store.begin().await?;
            work.security_keys().take(challenge, now).await?;
            work.commit().await
        })
        .await?;
        Ok(SecurityKeyRefusal::InvalidCredential.into())
    }

    /// What was signed. The challenge is spent only if that is nothing.
    async fn asserted(
        &self,
        web_authn: &dyn WebAuthn,
        assertion: Option<Assertion>,
        purpose: ChallengePurpose,
    ) -> Result<Signed, SecurityKeyError> {
        let assertion = assertion.ok_or(SecurityKeyRefusal::InvalidCredential)?;
        let (challenge, key) = self.presented(&assertion, purpose).await?;
        match web_authn
            .verify_assertion(assertion, &challenge, &key)
            .await
        {
            Ok(sign_count) => Ok(Signed {
                challenge: challenge.hashed(),
                key,
                sign_count,
            }),
            Err(error) => {
                match error {
                    CeremonyError::Cloned => warn_of_clone(&key),
                    CeremonyError::Refused(_) => {
                        tracing::debug!(error = chain(&error), "a security key was refused");
                    }
                }
                Err(self.refuse(&challenge.hashed()).await?)
            }
        }
    }

    /// The challenge that an assertion claims to be signed for, and the key that is claimed to have
    /// signed it.
    async fn presented(
        &self,
        assertion: &Assertion,
        purpose: ChallengePurpose,
    ) -> Result<(Challenge, SecurityKey), SecurityKeyError> {
        let challenge = Challenge::claimed_in(&assertion.client_data_json)
            .ok_or(SecurityKeyRefusal::InvalidCredential)?;
        let hash = challenge.hashed();
        let now = self.ctx.clock.now();
        let mut work = self.ctx.store.begin().await?;
        let issued = work.security_keys().find_challenge(&hash, now).await?;
        let key = work.security_keys().find(&assertion.credential_id).await?;
        work.rollback().await?;
        let issued = issued.ok_or(SecurityKeyRefusal::InvalidCredential)?;
        let key = match key {
            Some(key) if issued.purpose == purpose => key,
            _ => return Err(self.refuse(&hash).await?),
        };
        let is_of_somebody_else = issued.user_id.is_some_and(|it| it != key.user_id);
        let names_somebody_else = assertion
            .user_handle
            .as_ref()
            .is_some_and(|it| it.user_id() != Some(key.user_id));
        if is_of_somebody_else || names_somebody_else {
            return Err(self.refuse(&hash).await?);
        }
        Ok((challenge, key))
    }

    /// Opens a session for the owner of a key that signed.
    ///
    /// The challenge is taken and the count noted in the same unit of work: of two clients who present
    /// one assertion (replay) or one count (clone), one gets in. What is refused spends the challenge
    /// and leaves no other trace; a failure of the store leaves it good.
    async fn open(
        &self,
        signed: &Signed,
        opening: &NewJwtSession,
    ) -> Result<User, SecurityKeyError> {
        let now = self.ctx.clock.now();
        let opened = retry(|| async {
            let mut work = self.ctx.store.begin().await?;
            let keys = work.security_keys();
            if keys.take(&signed.challenge, now).await?.is_none() {
                work.rollback().await?;
                return Ok(Err(AssertionRefusal::Replayed));
            }
            let policy = &self.ctx.policy;
            let admitted = opening.admit(work.as_mut(), policy).await?;
            if admitted.is_ok() {
                let keys = work.security_keys();
                if !keys.advance(signed.key.id, signed.sign_count).await? {
                    work.rollback().await?;
                    return Ok(Err(AssertionRefusal::Cloned));
                }
            }
            work.commit().await?;
            Ok(admitted.map_err(AssertionRefusal::NotAdmitted))
        })
        .await?;
        match opened {
            Ok(user) => Ok(user),
            Err(AssertionRefusal::NotAdmitted(reason)) => Err(reason.into()),
            Err(AssertionRefusal::Replayed) => Err(SecurityKeyRefusal::InvalidCredential.into()),
            Err(AssertionRefusal::Cloned) => {
                warn_of_clone(&signed.key);
                Err(self.refuse(&signed.challenge).await?)
            }
        }
    }

    fn checked(&self, user: User) -> Result<User, SecurityKeyError> {
        let policy = &self.ctx.policy;
        policy.check_account(&user, EmailNeed::Required)?;
        Ok(user)
    }
}

/// The ids are those of rows, and no secrets.
fn warn_of_clone(key: &SecurityKey) {
    tracing::warn!(
        user = %key.user_id,
        security_key = %key.id,
        "a security key did not count on: it may have been cloned, and was refused"
    );
}
