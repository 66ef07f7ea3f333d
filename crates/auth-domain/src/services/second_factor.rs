//! One-time passwords as a second factor, and the recovery codes that stand in for them.

mod proof;
mod typed_code;

use crate::{
    error::StoreError,
    ports::{PngImage, StoredFactor, UnitOfWork, UserLookup},
    recovery_code::{HashedRecoveryCode, RECOVERY_CODES, RecoveryCode},
    sealed::SealedSecret,
    services::{
        account::current_user::{CurrentUserError, CurrentUserRefusal, CurrentUserService},
        context::RequestContext,
        dependencies::AuthenticatorApps,
        elevation::delicate_action::DelicateAction,
        error::{Error, Refusal, passes_on},
        steps::{
            noted_user::note_user,
            retry::retry,
            session_opening::{
                AccountRefusal, EmailNeed, NewJwtSession, NotAdmitted, is_still_signed_in,
            },
        },
    },
    session::{AccessIdentity, AuthMethod, AuthMethods, Session},
    ticket::{Ticket, TicketPurpose},
    totp::{TotpPurpose, TotpSecret},
    user::{MfaMethod, User, UserId},
};

pub use typed_code::SecondFactorProof;

/// Protects accounts with an authenticator app.
#[derive(Clone)]
pub struct SecondFactorService {
    ctx: RequestContext,
}

/// What a user needs to set up an authenticator app.
pub struct TotpEnrolment {
    /// The secret, for those who type it.
    pub secret: TotpSecret,
    /// The same as a QR code, for those who scan it.
    pub picture: PngImage,
}

/// The second step of a sign-in.
#[derive(Debug, Clone)]
pub struct SecondFactorSignIn {
    /// The ticket that the first step answered; `None` if it cannot be one.
    pub ticket: Option<Ticket>,
    /// The code that the user typed.
    pub proof: SecondFactorProof,
}

/// Why a request about second factors was refused.
#[derive(Debug, thiserror::Error)]
pub enum SecondFactorRefusal {
    /// Second factors are switched off.
    #[error("second factors are disabled")]
    Disabled,
    /// The access token belongs to no user, or the account may not be used.
    #[error(transparent)]
    NotSignedIn(#[from] CurrentUserRefusal),
    /// The ticket is unknown, spent or expired.
    #[error("the ticket is not valid")]
    InvalidTicket,
    /// The account may not be used right now. The ticket is spent.
    #[error(transparent)]
    Account(AccountRefusal),
    /// Setting up an authenticator app needs an elevated token.
    #[error("an elevated access token is needed")]
    NotElevated,
    /// The second factor is switched on already.
    #[error("the second factor is active already")]
    AlreadyActive,
    /// The second factor is not switched on.
    #[error("the second factor is not active")]
    NotActive,
    /// No secret was made for the account yet.
    #[error("the account has no secret for one-time passwords")]
    NoSecret,
    /// The code is wrong or used, or there were too many wrong ones. These are not told apart.
    #[error("the code is not valid")]
    InvalidCode,
}

impl Refusal for SecondFactorRefusal {}

/// A refusal, or a failure.
pub type SecondFactorError = Error<SecondFactorRefusal>;

passes_on!(CurrentUserRefusal => SecondFactorRefusal);

/// The outcome of a unit of work. A refusal is committed, too: it spends a ticket, or counts a
/// wrong guess.
type Decision<T> = Result<T, SecondFactorError>;

impl SecondFactorService {
    pub(super) fn new(ctx: RequestContext) -> Self {
        Self { ctx }
    }

    /// Makes a secret for an authenticator app.
    ///
    /// While the second factor is active the new secret waits until it is switched off: looking at
    /// the page does not lock the user out, and a stolen session cannot replace the secret in use.
    ///
    /// # Errors
    ///
    /// See [`SecondFactorError`].
    pub async fn generate(
        &self,
        caller: impl Into<AccessIdentity>,
    ) -> Result<TotpEnrolment, SecondFactorError> {
        let apps = self.apps()?;
        let caller = caller.into();
        let user = self.current_user(caller.user_id).await?;
        let secret = self.new_secret();
        let issuer = &self.ctx.policy.second_factors.totp_issuer;
        let picture = apps.qr.render(&secret.uri(issuer, &account_name(&user)))?;
        let sealed = self.seal(user.id, &secret)?;
        let stored: Decision<()> = retry(|| async {
            let mut work = self.ctx.store.begin().await?;
            let decision = self.keep_secret(work.as_mut(), caller, &sealed).await?;
            work.commit().await?;
            Ok(decision)
        })
        .await?;
        stored.map(|()| TotpEnrolment { secret, picture })
    }

    /// Switches the second factor on, by a code of the secret made before. A recovery code is not
    /// accepted.
    ///
    /// # Errors
    ///
    /// See [`SecondFactorError`].
    pub async fn activate(
        &self,
        caller: impl Into<AccessIdentity>,
        proof: SecondFactorProof,
    ) -> Result<(), SecondFactorError> {
        self.check_enabled()?;
        let caller = caller.into();
        self.current_user(caller.user_id).await?;
        retry(|| async {
            let mut work = self.ctx.store.begin().await?;
            let decision = self.switch_on(work.as_mut(), caller, &proof).await?;
            work.commit().await?;
            Ok(decision)
        })
        .await?
    }

    /// Switches the second factor off, and deletes its recovery codes.
    ///
    /// # Errors
    ///
    /// See [`SecondFactorError`].
    pub async fn deactivate(
        &self,
        caller: impl Into<AccessIdentity>,
        proof: SecondFactorProof,
    ) -> Result<(), SecondFactorError> {
        self.check_enabled()?;
        let caller = caller.into();
        self.current_user(caller.user_id).await?;
        retry(|| async {
            let mut work = self.ctx.store.begin().await?;
            let decision = self.switch_off(work.as_mut(), caller, &proof).await?;
            work.commit().await?;
            Ok(decision)
        })
        .await?
    }

    /// Replaces the recovery codes. The new ones can be shown now and never again.
    ///
    /// # Errors
    ///
    /// See [`SecondFactorError`].
    pub async fn renew_recovery_codes(
        &self,
        caller: impl Into<AccessIdentity>,
        proof: SecondFactorProof,
    ) -> Result<Vec<RecoveryCode>, SecondFactorError> {
        self.check_enabled()?;
        let caller = caller.into();
        let user = self.current_user(caller.user_id).await?;
        let codes = self.new_recovery_codes();
        let keys = &self.ctx.policy.second_factors.recovery_keys;
        let hashes: Vec<_> = codes.iter().map(|it| it.hashed(keys, user.id)).collect();
        let decision: Decision<()> = retry(|| async {
            let mut work = self.ctx.store.begin().await?;
            let decision = self
                .replace_recovery_codes(work.as_mut(), caller, &proof, &hashes)
                .await?;
            work.commit().await?;
            Ok(decision)
        })
        .await?;
        decision.map(|()| codes)
    }

    /// Checks the second factor of a signed-in user and opens an elevated session, in one unit of
    /// work: a failure half-way leaves a recovery code good.
    pub(super) async fn prove_once_more(
        &self,
        opening: &NewJwtSession,
        user: UserId,
        proof: &SecondFactorProof,
    ) -> Result<Result<User, NotAdmitted>, SecondFactorError> {
        self.check_enabled()?;
        let decision: Decision<Result<User, NotAdmitted>> = retry(|| async {
            let mut work = self.ctx.store.begin().await?;
            let purpose = TotpPurpose::Elevation;
            let proven = self.prove_active(work.as_mut(), user, proof, purpose);
            let decision = match proven.await? {
                Ok(()) => {
                    let policy = &self.ctx.policy;
                    Ok(opening.admit(work.as_mut(), policy).await?)
                }
                Err(refusal) => Err(refusal),
            };
            work.commit().await?;
            Ok(decision)
        })
        .await?;
        decision
    }

    /// Signs in with a second factor, after the right password.
    ///
    /// The ticket is spent in any case, as in Hasura Auth. Wrong codes are counted per account, so
    /// asking for another ticket buys no more guesses.
    ///
    /// # Errors
    ///
    /// See [`SecondFactorError`].
    pub async fn sign_in(&self, attempt: SecondFactorSignIn) -> Result<Session, SecondFactorError> {
        self.check_enabled()?;
        let ticket = attempt
            .ticket
            .filter(|it| it.purpose() == TicketPurpose::MfaTotp)
            .ok_or(SecondFactorRefusal::InvalidTicket)?;
        let decision: Decision<(NewJwtSession, User)> = retry(|| async {
            let mut work = self.ctx.store.begin().await?;
            let decision = self.redeem(work.as_mut(), &ticket, &attempt.proof).await?;
            work.commit().await?;
            Ok(decision)
        })
        .await?;
        let (opening, user) = decision?;
        Ok(opening.finish(&self.ctx, user).await?)
    }

    async fn keep_secret(
        &self,
        work: &mut dyn UnitOfWork,
        caller: AccessIdentity,
        sealed: &SealedSecret,
    ) -> Result<Decision<()>, StoreError> {
        let user = caller.user_id;
        let now = self.ctx.clock.now();
        if !is_still_signed_in(work, caller, now).await? {
            return Ok(Err(CurrentUserRefusal::InvalidToken.into()));
        }
        let factor = work.second_factors().find(user).await?;
        let action = DelicateAction::AddFactor;
        if !self.ctx.may(work, caller, action).await? {
            return Ok(Err(SecondFactorRefusal::NotElevated.into()));
        }
        if factor.is_some_and(|it| is_active(&it)) {
            work.second_factors()
                .put_waiting_secret(user, sealed)
                .await?;
        } else {
            work.second_factors().put_secret(user, sealed).await?;
        }
        Ok(Ok(()))
    }

    async fn switch_on(
        &self,
        work: &mut dyn UnitOfWork,
        caller: AccessIdentity,
        proof: &SecondFactorProof,
    ) -> Result<Decision<()>, StoreError> {
        let user = caller.user_id;
        let now = self.ctx.clock.now();
        if !is_still_signed_in(work, caller, now).await? {
            return Ok(Err(CurrentUserRefusal::InvalidToken.into()));
        }
        let Some(factor) = work.second_factors().find(user).await? else {
            return Ok(Err(CurrentUserRefusal::UnknownUser.into()));
        };
        if is_active(&factor) {
            return Ok(Err(SecondFactorRefusal::AlreadyActive.into()));
        }
        let action = DelicateAction::AddFactor;
        if !self.ctx.may(work, caller, action).await? {
            return Ok(Err(SecondFactorRefusal::NotElevated.into()));
        }
        let purpose = TotpPurpose::Activation;
        let proven = self.prove(work, user, &factor, proof, purpose).await?;
        if proven.is_ok() {
            work.second_factors().activate(user).await?;
            self.ctx.withdraw_changes(work, user, now).await?;
        }
        Ok(proven)
    }

    async fn switch_off(
        &self,
        work: &mut dyn UnitOfWork,
        caller: AccessIdentity,
        proof: &SecondFactorProof,
    ) -> Result<Decision<()>, StoreError> {
        let purpose = TotpPurpose::Deactivation;
        let proven = self.prove_signed_in(work, caller, proof, purpose).await?;
        if proven.is_ok() {
            work.second_factors().deactivate(caller.user_id).await?;
        }
        Ok(proven)
    }

    async fn replace_recovery_codes(
        &self,
        work: &mut dyn UnitOfWork,
        caller: AccessIdentity,
        proof: &SecondFactorProof,
        codes: &[HashedRecoveryCode],
    ) -> Result<Decision<()>, StoreError> {
        let purpose = TotpPurpose::RecoveryCodes;
        let proven = self.prove_signed_in(work, caller, proof, purpose).await?;
        if proven.is_ok() {
            work.second_factors()
                .put_recovery_codes(caller.user_id, codes)
                .await?;
        }
        Ok(proven)
    }

    async fn redeem(
        &self,
        work: &mut dyn UnitOfWork,
        ticket: &Ticket,
        proof: &SecondFactorProof,
    ) -> Result<Decision<(NewJwtSession, User)>, StoreError> {
        let now = self.ctx.clock.now();
        let Some(redeemed) = work.tickets().take(ticket, now).await? else {
            return Ok(Err(SecondFactorRefusal::InvalidTicket.into()));
        };
        let lookup = UserLookup::Id(redeemed.user_id);
        let Some(user) = work.users().find(lookup).await? else {
            return Ok(Err(SecondFactorRefusal::InvalidTicket.into()));
        };
        let policy = &self.ctx.policy;
        if let Err(refusal) = policy.check_account(&user, EmailNeed::Required) {
            return Ok(Err(SecondFactorRefusal::Account(refusal).into()));
        }
        let purpose = TotpPurpose::SignIn;
        if let Err(error) = self.prove_active(work, user.id, proof, purpose).await? {
            note_user(user.id);
            return Ok(Err(error));
        }
        let methods = AuthMethods::from(AuthMethod::Password).and(AuthMethod::OneTimePassword);
        let opening = NewJwtSession::new(&self.ctx, user.id, methods);
        opening.write(work).await?;
        Ok(Ok((opening, user)))
    }

    /// [`prove_active`](Self::prove_active), if the session of the caller is still open.
    async fn prove_signed_in(
        &self,
        work: &mut dyn UnitOfWork,
        caller: AccessIdentity,
        proof: &SecondFactorProof,
        purpose: TotpPurpose,
    ) -> Result<Decision<()>, StoreError> {
        let now = self.ctx.clock.now();
        if !is_still_signed_in(work, caller, now).await? {
            return Ok(Err(CurrentUserRefusal::InvalidToken.into()));
        }
        self.prove_active(work, caller.user_id, proof, purpose)
            .await
    }

    /// Checks a second factor, which has to be active.
    async fn prove_active(
        &self,
        work: &mut dyn UnitOfWork,
        user: UserId,
        proof: &SecondFactorProof,
        purpose: TotpPurpose,
    ) -> Result<Decision<()>, StoreError> {
        match work.second_factors().find(user).await? {
            Some(factor) if is_active(&factor) => {
                self.prove(work, user, &factor, proof, purpose).await
            }
            Some(_) => Ok(Err(SecondFactorRefusal::NotActive.into())),
            None => Ok(Err(CurrentUserRefusal::UnknownUser.into())),
        }
    }

    fn check_enabled(&self) -> Result<(), SecondFactorError> {
        self.apps().map(drop)
    }

    fn apps(&self) -> Result<&AuthenticatorApps, SecondFactorError> {
        let apps = self.ctx.authenticator_apps();
        apps.ok_or(SecondFactorRefusal::Disabled.into())
    }

    async fn current_user(&self, user: UserId) -> Result<User, CurrentUserError> {
        let current_user = CurrentUserService::new(self.ctx.clone());
        current_user.get(user).await
    }

    fn new_secret(&self) -> TotpSecret {
        let ids = &self.ctx.ids;
        let random = ids.token_bytes().into_iter().chain(ids.token_bytes());
        let mut key = [0; 32];
        for (byte, random) in key.iter_mut().zip(random) {
            *byte = random;
        }
        TotpSecret::new(key)
    }

    fn new_recovery_codes(&self) -> Vec<RecoveryCode> {
        let new_code = || RecoveryCode::new(self.ctx.ids.token_bytes());
        std::iter::repeat_with(new_code)
            .take(RECOVERY_CODES)
            .collect()
    }
}

fn is_active(factor: &StoredFactor) -> bool {
    factor.active == Some(MfaMethod::Totp)
}

/// The account's name in the app, as in Hasura Auth.
fn account_name(user: &User) -> String {
    match &user.email {
        Some(email) => email.as_str().to_owned(),
        None if !user.display_name.is_empty() => user.display_name.clone(),
        None => user.id.to_string(),
    }
}
