//! The second factors that a [`MemoryStore`](super::MemoryStore) holds.

use std::collections::{HashMap, HashSet};

use auth_domain::{
    recovery_code::HashedRecoveryCode,
    sealed::SealedSecret,
    totp::{StepUse, TimeStep, TotpPurpose},
};

use super::guesses::Guesses;

/// What is stored of one user's second factor. Whether it is active stands with the user.
#[derive(Debug, Clone, Default)]
pub(super) struct Factor {
    pub(super) secret: Option<SealedSecret>,
    pub(super) waiting_secret: Option<SealedSecret>,
    used_steps: HashMap<TotpPurpose, TimeStep>,
    pub(super) recovery_codes: HashSet<HashedRecoveryCode>,
    pub(super) wrong_guesses: Guesses,
}

impl Factor {
    pub(super) fn put_secret(&mut self, secret: SealedSecret) {
        self.secret = Some(secret);
        self.used_steps.clear();
    }

    pub(super) fn deactivated(&mut self) {
        self.recovery_codes.clear();
        if let Some(secret) = self.waiting_secret.take() {
            self.put_secret(secret);
        }
    }

    /// Everything but the wrong guesses.
    pub(super) fn forget(&mut self) {
        let wrong_guesses = std::mem::take(&mut self.wrong_guesses);
        *self = Self {
            wrong_guesses,
            ..Self::default()
        };
    }

    pub(super) fn use_step(&mut self, used: &StepUse) -> bool {
        let last = self.used_steps.get(&used.purpose);
        if last.is_some_and(|last| *last >= used.step) {
            return false;
        }
        self.used_steps.insert(used.purpose, used.step);
        true
    }
}
