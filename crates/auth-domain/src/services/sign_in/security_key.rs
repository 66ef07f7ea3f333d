//! Security keys and passkeys: signing up and in with them, elevating, and adding them to accounts.
//!
//! Every ceremony has two halves. The first makes a challenge; the second verifies what was signed,
//! and then takes the challenge out of the store in the unit of work that acts on it. So a
//! signature is never accepted twice (replay), on any number of servers, and a failure half-way
//! does not spend it. A ceremony whose signature is not accepted spends its challenge, too.

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

/// Registers security keys, and signs users in with them.
#[derive(Clone)]
pub struct SecurityKeyService {
    ctx: RequestContext,
}

/// Why a ceremony was refused.
#[derive(Debug, thiserror::Error)]
pub enum SecurityKeyRefusal {
    /// Security keys are switched off.
    #[error("security keys are disabled")]
    Disabled,
    /// The access token belongs to no user, or the account may not be used.
    #[error(transparent)]
    NotSignedIn(#[from] CurrentUserRefusal),
    /// No account has the address.
    #[error("there is no account with this address")]
    UnknownAccount,
    /// The account has no key to sign with.
    #[error("the account has no security key")]
    NoKey,
    /// The challenge is unknown, spent or expired, or for another purpose or user; or the signature
    /// is not accepted. These are not told apart.
    #[error("the credential is not valid")]
    InvalidCredential,
    /// The key is registered already, perhaps for another user.
    #[error("the security key is registered already")]
    Taken,
    /// Adding a key needs an elevated token.
    #[error("an elevated access token is needed")]
    NotElevated,
    /// The account may not be used right now.
    #[error(transparent)]
    Account(#[from] AccountRefusal),
    /// The account could not be made, or an option was refused.
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

/// An accepted assertion.
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
    /// The signature counter of the key did not increase.
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

/// The user of a ceremony.
enum CeremonyUser {
    /// Not known yet: any discoverable key is accepted.
    Unknown,
    /// This user.
    User(UserId),
    /// A user who is to be created, with what is known of them.
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

    /// A new challenge, and its row.
    fn challenge(
        &self,
        web_authn: &dyn WebAuthn,
        purpose: ChallengePurpose,
        user: CeremonyUser,
    ) -> (Challenge, IssuedChallenge) {
        let ids = &self.ctx.ids;
        let challenge = Challenge::new(ids.token_bytes(), ids.token_bytes());
        let (user_id, sign_up) = match user {
            CeremonyUser::Unknown => (None, None),
            CeremonyUser::User(user) => (Some(user), None),
            CeremonyUser::NewUser(user, sign_up) => (Some(user), Some(sign_up)),
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

    /// Stores a challenge, and finds the keys of its user.
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

    /// The stored challenge that an attestation names.
    async fn challenge_of(
        &self,
        attestation: &Attestation,
        purpose: ChallengePurpose,
    ) -> Result<(Challenge, IssuedChallenge), SecurityKeyError> {
        let challenge = Challenge::named_in(&attestation.client_data_json)
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

    /// The credential of an attestation. A refused one spends the challenge.
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

    /// Spends the challenge of a refused ceremony: it is good for one attempt.
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

    /// The verified assertion. A refused one spends the challenge.
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

    /// The stored challenge and the key that an assertion names.
    async fn presented(
        &self,
        assertion: &Assertion,
        purpose: ChallengePurpose,
    ) -> Result<(Challenge, SecurityKey), SecurityKeyError> {
        let challenge = Challenge::named_in(&assertion.client_data_json)
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
        let is_of_other_user = issued.user_id.is_some_and(|it| it != key.user_id);
        let names_other_user = assertion
            .user_handle
            .as_ref()
            .is_some_and(|it| it.user_id() != Some(key.user_id));
        if is_of_other_user || names_other_user {
            return Err(self.refuse(&hash).await?);
        }
        Ok((challenge, key))
    }

    /// Opens a session for the owner of a key that signed.
    ///
    /// The challenge is taken and the signature counter stored in the same unit of work: of two
    /// clients who present one assertion (replay) or one count (clone), one gets in. A refusal
    /// spends the challenge and changes nothing else; a failure of the store leaves it good.
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

/// The logged ids are those of rows, and not secret.
fn warn_of_clone(key: &SecurityKey) {
    tracing::warn!(
        user = %key.user_id,
        security_key = %key.id,
        "a security key did not count on: it may have been cloned, and was refused"
    );
}
