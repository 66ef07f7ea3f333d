//! Secrets that have to be read back and are therefore stored encrypted, not hashed.

use std::fmt;

use crate::{identity::ProviderId, queued_message::MessageId, secret::Secret, user::UserId};

/// The prefix of every text that this program sealed; another format gets another number.
const PREFIX: &str = "v1:";

/// Hexadecimal digits of the shortest text that Hasura Auth sealed since 0.43; it tells sealed from
/// plain by the same length.
const UPSTREAM_LEAST_DIGITS: usize = 64;

/// What a sealed secret is, and whose: the associated data of its encryption. It opens in the same
/// context only, so that an attacker who can write to the store cannot pass off the secret of one
/// user as that of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SealContext {
    /// The secret of a user's authenticator app.
    TotpSecret(UserId),
    /// The state of a provider flow, which the browser carries.
    ProviderFlow(ProviderId),
    /// The payload of a queued message.
    QueuedMessage(MessageId),
}

impl SealContext {
    /// The context as bytes, to authenticate along with the secret.
    #[must_use]
    pub fn associated_data(&self) -> Vec<u8> {
        let context = match self {
            Self::TotpSecret(user) => format!("hasura-auth totp-secret {user}"),
            Self::ProviderFlow(provider) => format!("hasura-auth provider-flow {provider}"),
            Self::QueuedMessage(id) => format!("hasura-auth queued-message {id}"),
        };
        context.into_bytes()
    }
}

/// An encrypted secret as it is stored.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedSecret(String);

impl SealedSecret {
    /// Wraps what [`SecretCipher::seal`](crate::ports::SecretCipher::seal) returned; a prefix marks
    /// it as ours.
    #[must_use]
    pub fn new(ciphertext: &str) -> Self {
        Self(format!("{PREFIX}{ciphertext}"))
    }

    /// What this program sealed and stored earlier. For stores only.
    #[must_use]
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// What was wrapped; `None` if Hasura Auth sealed it, in its own format.
    #[must_use]
    pub fn ciphertext(&self) -> Option<&str> {
        self.0.strip_prefix(PREFIX)
    }

    /// The stored text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SealedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealedSecret(***)")
    }
}

/// A secret as a store holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoredSecret {
    /// Encrypted, by this program or by Hasura Auth 0.43 or later.
    Sealed(SealedSecret),
    /// In plain text, as Hasura Auth before 0.43 stored it.
    Plain(Secret),
}

impl StoredSecret {
    /// Tells by its form what a stored text is. Secrets of authenticator apps are base32, which has
    /// neither a colon nor lower-case digits.
    #[must_use]
    pub fn read(text: String) -> Self {
        let is_hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        let sealed_upstream = text.len() >= UPSTREAM_LEAST_DIGITS && text.bytes().all(is_hex);
        if text.starts_with(PREFIX) || sealed_upstream {
            Self::Sealed(SealedSecret(text))
        } else {
            Self::Plain(Secret::new(text))
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn stored_texts_are_told_apart_by_their_form() {
        let sealed = SealedSecret::new("abc");
        let upstream = "0f".repeat(32);
        let plain = "A".repeat(64);

        assert_eq!(sealed.ciphertext(), Some("abc"));
        assert_eq!(
            StoredSecret::read(sealed.as_str().to_owned()),
            StoredSecret::Sealed(sealed)
        );
        assert!(matches!(
            StoredSecret::read(upstream),
            StoredSecret::Sealed(it) if it.ciphertext().is_none()
        ));
        assert_eq!(
            StoredSecret::read(plain.clone()),
            StoredSecret::Plain(Secret::new(plain))
        );
        assert!(matches!(
            StoredSecret::read("0f0f".to_owned()),
            StoredSecret::Plain(_)
        ));
    }

    #[test]
    fn every_user_has_a_context_of_their_own() {
        let context = |user| SealContext::TotpSecret(UserId(Uuid::from_u128(user)));

        assert_eq!(
            context(1).associated_data(),
            b"hasura-auth totp-secret 00000000-0000-0000-0000-000000000001"
        );
        assert_ne!(context(1).associated_data(), context(2).associated_data());
    }
}
