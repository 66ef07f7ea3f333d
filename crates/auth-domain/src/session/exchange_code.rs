//! Exchange codes: what a redirect carries in place of a refresh token (PKCE, RFC 7636).
//!
//! A client that starts a flow with a *challenge* gets a code back in the redirect. The code is
//! worth nothing without the *verifier*, which only that client has; so an attacker who reads the
//! URL in a history, a log or a `Referer` header gains nothing.

use std::fmt;

use chrono::{DateTime, Utc};
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use sha2::{Digest, Sha256};

use super::AuthMethods;
use crate::{random_text::random_text, user::UserId};

/// The SHA-256 of a verifier in base64url, as a client announces it (method `S256`).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CodeChallenge(String);

/// The text cannot be a challenge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a code challenge is a SHA-256 in base64url without padding: 43 characters")]
pub struct InvalidCodeChallenge;

impl CodeChallenge {
    /// Reads a challenge. The method `plain` does not exist here.
    ///
    /// # Errors
    ///
    /// [`InvalidCodeChallenge`] unless `text` is 32 bytes in base64url without padding.
    pub fn parse(text: &str) -> Result<Self, InvalidCodeChallenge> {
        let decoded = BASE64URL_NOPAD.decode(text.as_bytes());
        if decoded.is_ok_and(|bytes| bytes.len() == 32) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidCodeChallenge)
        }
    }

    /// A challenge that a store holds. For stores only.
    #[must_use]
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The announced text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is the challenge of `verifier`.
    #[must_use]
    pub fn is_met_by(&self, verifier: &CodeVerifier) -> bool {
        // The challenge is public: comparing it in variable time gives nothing away.
        verifier.challenge() == *self
    }
}

/// The secret of the client that sent a challenge.
#[derive(Clone, PartialEq, Eq)]
pub struct CodeVerifier(String);

/// The text cannot be a verifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a code verifier has 43 to 128 letters, digits, or any of -._~")]
pub struct InvalidCodeVerifier;

impl CodeVerifier {
    /// Reads a verifier (RFC 7636 §4.1).
    ///
    /// # Errors
    ///
    /// [`InvalidCodeVerifier`] unless it has 43 to 128 unreserved characters.
    pub fn parse(text: &str) -> Result<Self, InvalidCodeVerifier> {
        let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        if (43..=128).contains(&text.len()) && text.bytes().all(unreserved) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidCodeVerifier)
        }
    }

    /// A new verifier from random bytes.
    #[must_use]
    pub fn new(random: [u8; 24]) -> Self {
        Self(HEXLOWER.encode(&random))
    }

    /// The text. Call it only where it is sent as proof, or sealed.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The challenge to send.
    #[must_use]
    pub fn challenge(&self) -> CodeChallenge {
        CodeChallenge(BASE64URL_NOPAD.encode(&Sha256::digest(self.0.as_bytes())))
    }
}

impl fmt::Debug for CodeVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CodeVerifier(***)")
    }
}

random_text! {
    /// A code as a redirect carries it.
    ExchangeCode;

    /// The stored form of an exchange code.
    HashedExchangeCode;
}

impl ExchangeCode {
    /// A code that a client presents. The store decides whether it is valid.
    #[must_use]
    pub fn presented(text: &str) -> Self {
        Self(text.to_owned())
    }
}

/// An exchange code about to be stored.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredExchangeCode {
    /// The only form of the code that is stored.
    pub hash: HashedExchangeCode,
    /// The user whose session it opens.
    pub user_id: UserId,
    /// The challenge that the client's verifier has to match.
    pub challenge: CodeChallenge,
    /// The user's authentication methods.
    pub methods: AuthMethods,
    /// The moment from which it is no longer accepted.
    pub expires_at: DateTime<Utc>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_rfc_7636_is_met() {
        let verifier = CodeVerifier::parse("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk").unwrap();
        let challenge =
            CodeChallenge::parse("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM").unwrap();

        assert!(challenge.is_met_by(&verifier));
        assert!(!challenge.is_met_by(&CodeVerifier::parse(&"x".repeat(43)).unwrap()));
    }

    #[test]
    fn malformed_challenges_and_verifiers_are_refused() {
        for text in [
            "",
            "short",
            &"x".repeat(44),
            &"=".repeat(43),
            &"x".repeat(42),
        ] {
            assert_eq!(
                CodeChallenge::parse(text),
                Err(InvalidCodeChallenge),
                "{text}"
            );
        }
        for text in ["", &"x".repeat(42), &"x".repeat(129), &"é".repeat(43)] {
            assert_eq!(
                CodeVerifier::parse(text),
                Err(InvalidCodeVerifier),
                "{text}"
            );
        }
    }
}
