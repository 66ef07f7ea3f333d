//! Checking a second factor: limits, one-time passwords, recovery codes.

use super::{Decision, SecondFactorRefusal, SecondFactorService, typed_code::SecondFactorProof};
use crate::{
    error::StoreError,
    ports::{OpenedSecret, SecretCipherError, StoredFactor, UnitOfWork},
    recovery_code::RecoveryCode,
    sealed::{SealContext, SealedSecret, StoredSecret},
    totp::{StepUse, TimeStep, TotpCode, TotpPurpose, TotpSecret},
    user::UserId,
};

impl SecondFactorService {
    /// Checks a proof, and counts it if it is a wrong one-time password. A right proof is used up.
    ///
    /// Recovery codes cannot be guessed, so there is no limit to them: an attacker who knows the
    /// password and makes wrong guesses on purpose cannot lock out the owner of a recovery code.
    ///
    /// `factor` was just read under the row lock of the user, so there is no concurrent check or
    /// count.
    pub(super) async fn prove(
        &self,
        work: &mut dyn UnitOfWork,
        user: UserId,
        factor: &StoredFactor,
        proof: &SecondFactorProof,
        purpose: TotpPurpose,
    ) -> Result<Decision<()>, StoreError> {
        let Some(secret) = &factor.secret else {
            return Ok(Err(SecondFactorRefusal::NoSecret.into()));
        };
        let is_right = match proof {
            SecondFactorProof::Neither => false,
            SecondFactorProof::RecoveryCode(_) if purpose == TotpPurpose::Activation => false,
            SecondFactorProof::RecoveryCode(code) => {
                self.use_recovery_code(work, user, code).await?
            }
            SecondFactorProof::Totp(code) => {
                match self.judge_totp(work, user, secret, code, purpose).await? {
                    Ok(is_right) => is_right,
                    Err(error) => return Ok(Err(error.into())),
                }
            }
        };
        if !is_right {
            return Ok(Err(SecondFactorRefusal::InvalidCode.into()));
        }
        work.second_factors().forget_wrong_guesses(user).await?;
        Ok(Ok(()))
    }

    /// Whether a code is right and new. A wrong one is counted, and after too many nothing is
    /// compared. A used one (replay) teaches an attacker nothing, and is not counted.
    async fn judge_totp(
        &self,
        work: &mut dyn UnitOfWork,
        user: UserId,
        secret: &StoredSecret,
        code: &TotpCode,
        purpose: TotpPurpose,
    ) -> Result<Result<bool, SecretCipherError>, StoreError> {
        let limits = self.ctx.guess_limits(user);
        let factors = work.second_factors();
        let so_far = factors.count_wrong_guesses(user, &limits).await?;
        let Some(tally) = limits.tally(&so_far) else {
            return Ok(Ok(false));
        };
        let secret = match self.open(work, user, secret).await? {
            Ok(secret) => secret,
            Err(error) => return Ok(Err(error)),
        };
        let Some(step) = self.step_of(&secret, code) else {
            let factors = work.second_factors();
            factors.note_wrong_guess(user, &limits, tally).await?;
            return Ok(Ok(false));
        };
        if self.ctx.policy.second_factors.totp_reuse_allowed {
            return Ok(Ok(true));
        }
        let step_use = StepUse {
            user_id: user,
            purpose,
            step,
        };
        Ok(Ok(work.second_factors().use_step(&step_use).await?))
    }

    /// The step of a code that is valid now, used or not.
    fn step_of(&self, secret: &TotpSecret, code: &TotpCode) -> Option<TimeStep> {
        let totp = &self.ctx.authenticator_apps()?.totp;
        let mut accepted = TimeStep::accepted_at(self.ctx.clock.now());
        accepted.find(|step| totp.fits(code, secret, *step))
    }

    pub(super) fn seal(
        &self,
        user: UserId,
        secret: &TotpSecret,
    ) -> Result<SealedSecret, SecretCipherError> {
        let secrets = &self.ctx.secrets;
        secrets.seal(&secret.base32(), &context(user))
    }

    /// Opens a stored secret. One in an outdated form (plain text, a former key, that of Hasura
    /// Auth) is encrypted anew and stored.
    async fn open(
        &self,
        work: &mut dyn UnitOfWork,
        user: UserId,
        stored: &StoredSecret,
    ) -> Result<Result<TotpSecret, SecretCipherError>, StoreError> {
        let opened = match stored {
            StoredSecret::Sealed(sealed) => self.ctx.secrets.open(sealed, &context(user)),
            StoredSecret::Plain(plain) => Ok(OpenedSecret {
                secret: plain.clone(),
                is_current: false,
            }),
        };
        let (secret, is_current) = match opened {
            Ok(opened) => (read(opened.secret.expose()), opened.is_current),
            Err(error) => return Ok(Err(error)),
        };
        if let (Ok(secret), false) = (&secret, is_current) {
            match self.seal(user, secret) {
                Ok(sealed) => work.second_factors().reseal(user, &sealed).await?,
                Err(error) => return Ok(Err(error)),
            }
        }
        Ok(secret)
    }

    async fn use_recovery_code(
        &self,
        work: &mut dyn UnitOfWork,
        user: UserId,
        code: &RecoveryCode,
    ) -> Result<bool, StoreError> {
        let keys = &self.ctx.policy.second_factors.recovery_keys;
        for form in code.stored_forms(keys, user) {
            if work
                .second_factors()
                .take_recovery_code(user, &form)
                .await?
            {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

fn context(user_id: UserId) -> SealContext {
    SealContext::TotpSecret(user_id)
}

fn read(base32: &str) -> Result<TotpSecret, SecretCipherError> {
    TotpSecret::parse(base32).map_err(|error| SecretCipherError::Unreadable(error.into()))
}
