//! The code that a user types as a second factor.

use crate::{recovery_code::RecoveryCode, totp::TotpCode};

/// The code that a user proves a second factor with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecondFactorProof {
    /// A code of their authenticator app.
    Totp(TotpCode),
    /// One of their recovery codes.
    RecoveryCode(RecoveryCode),
    /// Text that can be neither: never right, and not counted as a guess.
    Neither,
}

impl SecondFactorProof {
    /// Reads what the user typed.
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
