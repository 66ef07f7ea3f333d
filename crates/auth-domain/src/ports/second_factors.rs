//! Second factors in the store.

use crate::{
    error::StoreError,
    guessing::{GuessLimits, Tally, WrongGuesses},
    recovery_code::HashedRecoveryCode,
    sealed::{SealedSecret, StoredSecret},
    totp::StepUse,
    user::{MfaMethod, UserId},
};
use async_trait::async_trait;

/// What is stored of a user's second factor.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredFactor {
    /// The second factor that sign-in has to ask for.
    pub active: Option<MfaMethod>,
    /// The secret of their authenticator app, whether or not it is active.
    pub secret: Option<StoredSecret>,
}

/// Second factors, within a unit of work.
///
/// Wrong guesses at a second factor are counted apart from those at mailed codes: any client may
/// make the latter, and a right guess at a mailed code resets their count.
#[async_trait]
pub trait SecondFactorRepository: Send {
    /// What is stored of a user's second factor. `None`: no such user.
    ///
    /// Takes the row lock of the user: until the unit of work ends, no other one changes the user,
    /// their second factor or the count of their wrong guesses. The other methods rely on that:
    /// call this first, or write to the user.
    async fn find(&mut self, user: UserId) -> Result<Option<StoredFactor>, StoreError>;

    /// Stores a secret in place of the former one, whose used steps are deleted with it.
    async fn put_secret(&mut self, user: UserId, secret: &SealedSecret) -> Result<(), StoreError>;

    /// Stores a secret that replaces the present one when the second factor is switched off. An
    /// earlier waiting one is deleted.
    async fn put_waiting_secret(
        &mut self,
        user: UserId,
        secret: &SealedSecret,
    ) -> Result<(), StoreError>;

    /// Stores the present secret encrypted anew; used steps stay used.
    async fn reseal(&mut self, user: UserId, secret: &SealedSecret) -> Result<(), StoreError>;

    /// Switches one-time passwords on. Earlier recovery codes are deleted.
    async fn activate(&mut self, user: UserId) -> Result<(), StoreError>;

    /// Switches the second factor off. Recovery codes are deleted, and a waiting secret becomes the
    /// present one, as by [`put_secret`](Self::put_secret).
    async fn deactivate(&mut self, user: UserId) -> Result<(), StoreError>;

    /// Switches the second factor off and deletes all of it: secrets, used steps and recovery
    /// codes. Wrong guesses stay counted.
    async fn forget_all_of(&mut self, user: UserId) -> Result<(), StoreError>;

    /// Notes that the code of a step is used for a purpose (replay). `false`: it was, or that of a
    /// later step (RFC 6238 §5.2); nothing has changed then.
    ///
    /// Of any number of concurrent calls with one step at most one gets `true`.
    async fn use_step(&mut self, step: &StepUse) -> Result<bool, StoreError>;

    /// Stores recovery codes in place of all former ones.
    async fn put_recovery_codes(
        &mut self,
        user: UserId,
        codes: &[HashedRecoveryCode],
    ) -> Result<(), StoreError>;

    /// Deletes a recovery code. `false`: the user has no such code.
    ///
    /// Of any number of concurrent calls with one code at most one gets `true`.
    async fn take_recovery_code(
        &mut self,
        user: UserId,
        code: &HashedRecoveryCode,
    ) -> Result<bool, StoreError>;

    /// The wrong guesses at the second factor that count by `limits`.
    async fn count_wrong_guesses(
        &mut self,
        user: UserId,
        limits: &GuessLimits,
    ) -> Result<WrongGuesses, StoreError>;

    /// Counts a wrong guess; those that no longer count by `limits` need not be kept.
    async fn note_wrong_guess(
        &mut self,
        user: UserId,
        limits: &GuessLimits,
        tally: Tally,
    ) -> Result<(), StoreError>;

    /// Resets the count of wrong guesses at the second factor.
    async fn forget_wrong_guesses(&mut self, user: UserId) -> Result<(), StoreError>;
}
