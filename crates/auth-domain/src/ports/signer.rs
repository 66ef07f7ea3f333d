//! Signing access tokens.

use chrono::{DateTime, Utc};

use crate::{
    error::Cause,
    session::{AccessClaims, AccessIdentity, AccessToken},
};

/// Signs and verifies access tokens. Neither may block for longer than a signature takes.
pub trait TokenSigner: Send + Sync {
    /// A token with `claims`.
    ///
    /// # Errors
    ///
    /// [`SignerError`] when the key cannot be used; no claims can provoke it.
    fn sign(&self, claims: &AccessClaims) -> Result<AccessToken, SignerError>;

    /// The bearer of a token, if it is a session token of ours and valid at `now`.
    ///
    /// A token that the same key signed for another purpose is not: an access token or ID token of
    /// an OAuth client must not open what a user's own session opens (token confusion). The
    /// issuer's clock may be a minute ahead; nothing is added to the token's life at its end.
    ///
    /// # Errors
    ///
    /// [`InvalidAccessToken`] for any other text: wrong key, algorithm or issuer, for another
    /// purpose or audience, not yet or no longer valid, not about a user, or not a token at all.
    fn verify(&self, token: &str, now: DateTime<Utc>)
    -> Result<AccessIdentity, InvalidAccessToken>;

    /// The public keys that verify a token.
    fn public_keys(&self) -> PublicKeys;
}

/// A JSON Web Key Set as text (RFC 7517 §5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKeys(pub String);

/// The key could not be used.
#[derive(Debug, thiserror::Error)]
#[error("the access token cannot be signed")]
pub struct SignerError(#[source] pub Cause);

/// The token is not valid. Why is not told apart on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a valid access token")]
pub struct InvalidAccessToken;
