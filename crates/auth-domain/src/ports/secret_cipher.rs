//! Encryption of stored secrets.

use crate::{
    error::Cause,
    sealed::{SealContext, SealedSecret},
    secret::Secret,
};

/// Encrypts secrets before they are stored.
pub trait SecretCipher: Send + Sync {
    /// Encrypts `secret` so that it opens in the same context and in no other. Two calls give two
    /// texts.
    ///
    /// # Errors
    ///
    /// [`SecretCipherError::Failed`].
    fn seal(
        &self,
        secret: &Secret,
        context: &SealContext,
    ) -> Result<SealedSecret, SecretCipherError>;

    /// Decrypts what was sealed in this context, here or by Hasura Auth.
    ///
    /// # Errors
    ///
    /// [`SecretCipherError::DoesNotOpen`] when none of the keys fits, the text was changed, or it was
    /// sealed in another context; [`SecretCipherError::Failed`].
    fn open(
        &self,
        sealed: &SealedSecret,
        context: &SealContext,
    ) -> Result<OpenedSecret, SecretCipherError>;
}

/// A secret that was sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenedSecret {
    /// The secret.
    pub secret: Secret,
    /// Whether [`SecretCipher::seal`] would use the same key and form now. Otherwise seal it anew
    /// while the former key is still configured (key rotation).
    pub is_current: bool,
}

/// Why a secret was not sealed or opened. The text names neither the secret nor a key.
#[derive(Debug, thiserror::Error)]
pub enum SecretCipherError {
    /// None of this server's keys opens it.
    #[error("a stored secret does not open with the encryption key of this server")]
    DoesNotOpen,
    /// It opened and was not what it should have been.
    #[error("a stored secret has unexpected content")]
    Unreadable(#[source] Cause),
    /// The cryptography failed.
    #[error("a secret cannot be sealed or opened")]
    Failed(#[source] Cause),
}
