//! Second factors, and the wrong guesses at them.

use async_trait::async_trait;
use auth_domain::{
    error::StoreError,
    guessing::{GuessLimits, Tally, WrongGuesses},
    ports::{SecondFactorRepository, StoredFactor},
    recovery_code::HashedRecoveryCode,
    sealed::SealedSecret,
    totp::StepUse,
    user::{MfaMethod, UserId},
};

use super::super::{factors::Factor, unit_of_work::MemoryUnitOfWork};

impl MemoryUnitOfWork {
    fn with_factor<T: Default>(
        &mut self,
        user: UserId,
        action: impl FnOnce(&mut Factor) -> T,
    ) -> Result<T, StoreError> {
        self.attempt(|state| Ok(state.with_factor(user, action)))
    }

    fn switch(
        &mut self,
        user: UserId,
        active: Option<MfaMethod>,
        action: impl FnOnce(&mut Factor),
    ) -> Result<(), StoreError> {
        self.attempt(|state| {
            state.set_active_mfa(user, active);
            state.with_factor(user, action);
            Ok(())
        })
    }
}

#[async_trait]
impl SecondFactorRepository for MemoryUnitOfWork {
    async fn find(&mut self, user: UserId) -> Result<Option<StoredFactor>, StoreError> {
        self.attempt(|state| Ok(state.stored_factor(user)))
    }

    async fn put_secret(&mut self, user: UserId, secret: &SealedSecret) -> Result<(), StoreError> {
        self.with_factor(user, |it| it.put_secret(secret.clone()))
    }

    async fn put_waiting_secret(
        &mut self,
        user: UserId,
        secret: &SealedSecret,
    ) -> Result<(), StoreError> {
        self.with_factor(user, |it| it.waiting_secret = Some(secret.clone()))
    }

    async fn reseal(&mut self, user: UserId, secret: &SealedSecret) -> Result<(), StoreError> {
        self.with_factor(user, |it| it.secret = Some(secret.clone()))
    }

    async fn activate(&mut self, user: UserId) -> Result<(), StoreError> {
        self.switch(user, Some(MfaMethod::Totp), |it| it.recovery_codes.clear())
    }

    async fn deactivate(&mut self, user: UserId) -> Result<(), StoreError> {
        self.switch(user, None, Factor::deactivated)
    }

    async fn forget_all_of(&mut self, user: UserId) -> Result<(), StoreError> {
        self.switch(user, None, Factor::forget)
    }

    async fn use_step(&mut self, step: &StepUse) -> Result<bool, StoreError> {
        self.with_factor(step.user_id, |it| it.use_step(step))
    }

    async fn put_recovery_codes(
        &mut self,
        user: UserId,
        codes: &[HashedRecoveryCode],
    ) -> Result<(), StoreError> {
        self.with_factor(user, |it| {
            it.recovery_codes = codes.iter().cloned().collect();
        })
    }

    async fn take_recovery_code(
        &mut self,
        user: UserId,
        code: &HashedRecoveryCode,
    ) -> Result<bool, StoreError> {
        self.with_factor(user, |it| it.recovery_codes.remove(code))
    }

    async fn count_wrong_guesses(
        &mut self,
        user: UserId,
        limits: &GuessLimits,
    ) -> Result<WrongGuesses, StoreError> {
        self.attempt(|state| {
            let is_known = state.places.is_known(user, limits);
            Ok(state.with_factor(user, |it| it.wrong_guesses.count(limits, is_known)))
        })
    }

    async fn note_wrong_guess(
        &mut self,
        user: UserId,
        limits: &GuessLimits,
        tally: Tally,
    ) -> Result<(), StoreError> {
        self.with_factor(user, |it| it.wrong_guesses.note(limits, tally))
    }

    async fn forget_wrong_guesses(&mut self, user: UserId) -> Result<(), StoreError> {
        self.with_factor(user, |it| it.wrong_guesses.forget())
    }
}
