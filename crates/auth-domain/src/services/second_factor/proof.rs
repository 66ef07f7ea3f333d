//! Judging the proof of a second factor: limits, one-time passwords, recovery codes.

use super::{Decision, SecondFactorError, SecondFactorService};
use crate::{
    error::StoreError,
    ports::{SecretBoxError, StoredFactor, UnitOfWork},
    recovery_code::RecoveryCode,
    sealed::{SealContext, SealedKind, SealedSecret, StoredSecret},
    totp::{StepUse, TimeStep, TotpCode, TotpPurpose, TotpSecret},
    user::UserId,
};

/// What a person proves a second factor with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecondFactorProof {
    /// A code of their authenticator app.
    Totp(TotpCode),
    /// One of their recovery codes.
    RecoveryCode(RecoveryCode),
    /// Text that can be neither: never right, and no guess that would count.
    Neither,
}

impl SecondFactorProof {
    /// Reads what somebody typed.
    #[must_use]
    pub fn read(text: &str) -> Self {
        if let Ok(code) = TotpCode::parse(text) {
            Self::Totp(code)
        } else if let Ok(code) = RecoveryCode::parse(text) {
            Self::RecoveryCode(code)
        } else {
            Self::Neither
        }
    }
}

impl SecondFactorService {
    /// Judges a proof and counts it if it is wrong. A proof that is right is used up.
    ///
    /// `factor` was just found in this unit of work, so nobody else judges or counts meanwhile.
    pub(super) async fn prove(
        &self,
        work: &mut dyn UnitOfWork,
        user: UserId,
        factor: &StoredFactor,
        proof: &SecondFactorProof,
        purpose: TotpPurpose,
    ) -> Result<Decision<()>, StoreError> {
        let Some(secret) = &factor.secret else {
            return Ok(Err(SecondFactorError::NoSecret));
        };
        let now = self.installation.clock.now();
        let limits = &self.installation.policy.codes;
        let count_from = now - limits.count_within;
        let factors = work.second_factors();
        if factors.count_wrong_guesses(user, count_from).await? >= limits.max_wrong {
            return Ok(Err(SecondFactorError::InvalidCode));
        }
        let is_right = match proof {
            SecondFactorProof::Neither => return Ok(Err(SecondFactorError::InvalidCode)),
            SecondFactorProof::RecoveryCode(_) if purpose == TotpPurpose::Activation => false,
            SecondFactorProof::RecoveryCode(code) => {
                self.use_recovery_code(work, user, code).await?
            }
            SecondFactorProof::Totp(code) => match self.open(work, user, secret).await? {
                Ok(secret) => self.use_totp(work, user, &secret, code, purpose).await?,
                Err(error) => return Ok(Err(error.into())),
            },
        };
        let factors = work.second_factors();
        if is_right {
            factors.forget_wrong_guesses(user).await?;
            Ok(Ok(()))
        } else {
            factors.note_wrong_guess(user, now, count_from).await?;
            Ok(Err(SecondFactorError::InvalidCode))
        }
    }

    pub(super) fn seal(
        &self,
        user: UserId,
        secret: &TotpSecret,
    ) -> Result<SealedSecret, SecretBoxError> {
        let secrets = &self.installation.secrets;
        secrets.seal(&secret.base32(), &context(user))
    }

    /// Opens a stored secret. One that lies there in plain text is stored again, sealed.
    async fn open(
        &self,
        work: &mut dyn UnitOfWork,
        user: UserId,
        stored: &StoredSecret,
    ) -> Result<Result<TotpSecret, SecretBoxError>, StoreError> {
        let opened = match stored {
            StoredSecret::Sealed(sealed) => {
                let opened = self.installation.secrets.open(sealed, &context(user));
                opened.and_then(|it| read(it.expose()))
            }
            StoredSecret::Plain(plain) => read(plain.expose()),
        };
        if let (Ok(secret), StoredSecret::Plain(_)) = (&opened, stored) {
            match self.seal(user, secret) {
                Ok(sealed) => work.second_factors().reseal(user, &sealed).await?,
                Err(error) => return Ok(Err(error)),
            }
        }
        Ok(opened)
    }

    async fn use_totp(
        &self,
        work: &mut dyn UnitOfWork,
        user_id: UserId,
        secret: &TotpSecret,
        code: &TotpCode,
        purpose: TotpPurpose,
    ) -> Result<bool, StoreError> {
        let totp = &self.installation.totp;
        let mut accepted = TimeStep::accepted_at(self.installation.clock.now());
        let Some(step) = accepted.find(|step| totp.fits(code, secret, *step)) else {
            return Ok(false);
        };
        if self.installation.policy.second_factors.totp_reuse_allowed {
            return Ok(true);
        }
        let used = StepUse {
            user_id,
            purpose,
            step,
        };
        work.second_factors().use_step(&used).await
    }

    async fn use_recovery_code(
        &self,
        work: &mut dyn UnitOfWork,
        user: UserId,
        code: &RecoveryCode,
    ) -> Result<bool, StoreError> {
        let keys = &self.installation.policy.second_factors.recovery_keys;
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
    SealContext {
        kind: SealedKind::TotpSecret,
        user_id,
    }
}

fn read(base32: &str) -> Result<TotpSecret, SecretBoxError> {
    TotpSecret::parse(base32).map_err(|error| SecretBoxError::Unreadable(error.into()))
}
