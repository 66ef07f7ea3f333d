//! AES-256-GCM for secrets that have to be read back.
//!
//! What is stored is `v1:` and, in base64, a nonce of 12 random bytes, the ciphertext and a tag of
//! 16 bytes; see [`SealedSecret`]. The tag also covers what the secret is and whose, so a sealed
//! secret that is copied to another user does not open. With random nonces one key is good for 2³²
//! secrets (NIST SP 800-38D §8.3); flows have a key of their own.

use std::borrow::Cow;

use auth_domain::{
    ports::{OpenedSecret, SecretCipher, SecretCipherError},
    sealed::{SealContext, SealedSecret},
    secret::{Secret, derived_key},
    system::random_bytes,
};
use data_encoding::{BASE64, HEXLOWER};
use openssl::symm::{Cipher, decrypt_aead, encrypt_aead};

use crate::EncryptionKey;

const NONCE_BYTES: usize = 12;
const TAG_BYTES: usize = 16;

/// Encrypts with one key, and decrypts with it and with former ones (key rotation).
#[derive(Debug, Clone)]
pub struct AesSecretCipher {
    current: EncryptionKey,
    former: Vec<EncryptionKey>,
}

impl AesSecretCipher {
    /// Encrypts with `current`. What was encrypted with one of `former` still opens.
    #[must_use]
    pub fn new(current: EncryptionKey, former: Vec<EncryptionKey>) -> Self {
        Self { current, former }
    }
}

impl SecretCipher for AesSecretCipher {
    fn seal(
        &self,
        secret: &Secret,
        context: &SealContext,
    ) -> Result<SealedSecret, SecretCipherError> {
        let nonce: [u8; NONCE_BYTES] = random_bytes();
        let mut tag = [0; TAG_BYTES];
        let ciphertext = encrypt_aead(
            Cipher::aes_256_gcm(),
            &key_for(context, &self.current),
            Some(&nonce),
            &context.associated_data(),
            secret.expose().as_bytes(),
            &mut tag,
        );
        let ciphertext = ciphertext.map_err(|error| SecretCipherError::Failed(error.into()))?;
        let sealed = [&nonce[..], &ciphertext, &tag].concat();
        Ok(SealedSecret::new(&BASE64.encode(&sealed)))
    }

    fn open(
        &self,
        sealed: &SealedSecret,
        context: &SealContext,
    ) -> Result<OpenedSecret, SecretCipherError> {
        // Hasura Auth writes the same bytes in hexadecimal digits, without associated data.
        let (bytes, associated_data) = match sealed.ciphertext() {
            Some(text) => (BASE64.decode(text.as_bytes()), context.associated_data()),
            None => (HEXLOWER.decode(sealed.as_str().as_bytes()), Vec::new()),
        };
        let bytes = bytes.map_err(|error| SecretCipherError::Unreadable(error.into()))?;
        let parts = Parts::of(&bytes).ok_or(SecretCipherError::DoesNotOpen)?;
        let with = |key| parts.open(&key_for(context, key), &associated_data);
        let opened = with(&self.current);
        let is_current = opened.is_some() && sealed.ciphertext().is_some();
        let opened = opened
            .or_else(|| self.former.iter().find_map(with))
            .ok_or(SecretCipherError::DoesNotOpen)?;
        let text = String::from_utf8(opened)
            .map_err(|error| SecretCipherError::Unreadable(error.utf8_error().into()))?;
        Ok(OpenedSecret {
            secret: Secret::new(text),
            is_current,
        })
    }
}

/// The key itself for stored secrets, as Hasura Auth uses it; derived keys for flows and messages.
/// Any client can have any number of those sealed, which must not use up the number of encryptions
/// that the key is good for.
fn key_for<'a>(context: &SealContext, key: &'a EncryptionKey) -> Cow<'a, [u8]> {
    match context {
        SealContext::TotpSecret(_) => Cow::Borrowed(key.expose()),
        SealContext::ProviderFlow(_) => {
            let derived = derived_key(key.expose(), "hasura-auth provider flows v1");
            Cow::Owned(derived.to_vec())
        }
        SealContext::QueuedMessage(id) => {
            let purpose = format!("hasura-auth queued message v1 {id}");
            Cow::Owned(derived_key(key.expose(), &purpose).to_vec())
        }
    }
}

/// Sealed bytes, taken apart.
struct Parts<'a> {
    nonce: &'a [u8],
    ciphertext: &'a [u8],
    tag: &'a [u8],
}

impl<'a> Parts<'a> {
    /// `None`: there are too few bytes.
    fn of(bytes: &'a [u8]) -> Option<Self> {
        let (nonce, rest) = bytes.split_at_checked(NONCE_BYTES)?;
        let (ciphertext, tag) = rest.split_at_checked(rest.len().checked_sub(TAG_BYTES)?)?;
        Some(Self {
            nonce,
            ciphertext,
            tag,
        })
    }

    /// `None`: it was another key, or something was changed. OpenSSL does not tell which.
    fn open(&self, key: &[u8], associated_data: &[u8]) -> Option<Vec<u8>> {
        decrypt_aead(
            Cipher::aes_256_gcm(),
            key,
            Some(self.nonce),
            associated_data,
            self.ciphertext,
            self.tag,
        )
        .ok()
    }
}

#[cfg(test)]
mod tests {
    use auth_domain::{
        identity::ProviderId, queued_message::MessageId, sealed::StoredSecret, user::UserId,
    };
    use uuid::Uuid;

    use super::*;

    fn key(name: &str) -> EncryptionKey {
        EncryptionKey::derive(name.as_bytes())
    }

    fn secret_cipher(current: &str, former: &[&str]) -> AesSecretCipher {
        AesSecretCipher::new(key(current), former.iter().map(|name| key(name)).collect())
    }

    fn context(user: u128) -> SealContext {
        SealContext::TotpSecret(UserId(Uuid::from_u128(user)))
    }

    fn read(text: &str) -> SealedSecret {
        match StoredSecret::read(text.to_owned()) {
            StoredSecret::Sealed(sealed) => sealed,
            StoredSecret::Plain(_) => panic!("{text} is not sealed"),
        }
    }

    #[test]
    fn what_is_sealed_opens_again_and_does_not_show_the_secret() {
        let secret = Secret::new("GEZDGNBVGY3TQOJQ");
        let one = secret_cipher("key", &[]);

        let sealed = one.seal(&secret, &context(1)).unwrap();

        assert!(sealed.as_str().starts_with("v1:"));
        assert!(!sealed.as_str().contains("GEZD"));
        assert_ne!(one.seal(&secret, &context(1)).unwrap(), sealed);
        let opened = one.open(&read(sealed.as_str()), &context(1)).unwrap();
        assert_eq!(opened.secret, secret);
        assert!(opened.is_current);
    }

    #[test]
    fn a_secret_of_one_user_does_not_open_for_another() {
        let one = secret_cipher("key", &[]);
        let sealed = one.seal(&Secret::new("x"), &context(1)).unwrap();

        let opened = one.open(&sealed, &context(2));

        assert!(matches!(opened, Err(SecretCipherError::DoesNotOpen)));
    }

    #[test]
    fn nothing_opens_with_another_key_unless_it_is_a_former_one() {
        let sealed = secret_cipher("old", &[])
            .seal(&Secret::new("x"), &context(1))
            .unwrap();

        let other = secret_cipher("new", &["none"]).open(&sealed, &context(1));
        let former = secret_cipher("new", &["none", "old"]).open(&sealed, &context(1));

        assert!(matches!(other, Err(SecretCipherError::DoesNotOpen)));
        let former = former.unwrap();
        assert_eq!(former.secret, Secret::new("x"));
        assert!(!former.is_current, "it has to be sealed anew");
    }

    #[test]
    fn a_queued_message_opens_under_its_number_and_no_other() {
        let sealing = secret_cipher("a", &[]);
        let message = |id| SealContext::QueuedMessage(MessageId(Uuid::from_u128(id)));
        let secret = Secret::new("message");

        let sealed = sealing.seal(&secret, &message(1)).unwrap();

        assert_eq!(sealing.open(&sealed, &message(1)).unwrap().secret, secret);
        let former = secret_cipher("b", &["a"]);
        assert_eq!(former.open(&sealed, &message(1)).unwrap().secret, secret);
        for other in [message(2), context(1)] {
            assert!(sealing.open(&sealed, &other).is_err());
        }
    }

    #[test]
    fn a_flow_opens_at_its_provider_and_nowhere_else() {
        let sealing = secret_cipher("a", &[]);
        let flow = |name| SealContext::ProviderFlow(ProviderId::of(name));
        let secret = Secret::new("flow");

        let sealed = sealing.seal(&secret, &flow("github")).unwrap();
        let of_user = sealing.seal(&secret, &context(1)).unwrap();

        assert_eq!(
            sealing.open(&sealed, &flow("github")).unwrap().secret,
            secret
        );
        let former = secret_cipher("b", &["a"]);
        assert_eq!(
            former.open(&sealed, &flow("github")).unwrap().secret,
            secret
        );
        assert!(sealing.open(&sealed, &flow("gitlab")).is_err());
        assert!(sealing.open(&sealed, &context(1)).is_err());
        assert!(sealing.open(&of_user, &flow("github")).is_err());
    }

    #[test]
    fn a_change_anywhere_is_noticed() {
        let one = secret_cipher("key", &[]);
        let sealed = one.seal(&Secret::new("secret"), &context(1)).unwrap();
        let bytes = BASE64
            .decode(sealed.ciphertext().unwrap().as_bytes())
            .unwrap();

        for place in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[place] ^= 1;
            let changed = SealedSecret::new(&BASE64.encode(&changed));
            assert!(one.open(&changed, &context(1)).is_err(), "byte {place}");
        }
        for length in 0..bytes.len() {
            let cut = SealedSecret::new(&BASE64.encode(&bytes[..length]));
            assert!(one.open(&cut, &context(1)).is_err(), "{length} bytes");
        }
        assert!(
            one.open(&SealedSecret::new("no base64!"), &context(1))
                .is_err()
        );
    }

    /// Computed in Python, with `AESGCM` of the package `cryptography`: the key is 32 bytes of 1,
    /// the nonce 12 bytes of 2, the text `GEZDGNBVGY3TQOJQ`, without associated data.
    #[test]
    fn what_hasura_auth_sealed_opens_in_any_context() {
        let key = EncryptionKey::parse(&"01".repeat(32)).unwrap();
        let one = AesSecretCipher::new(key, Vec::new());
        let sealed = read(UPSTREAM);

        for user in [1, 2] {
            let opened = one.open(&sealed, &context(user)).unwrap();
            assert_eq!(opened.secret.expose(), "GEZDGNBVGY3TQOJQ");
            assert!(!opened.is_current, "it has to be bound to its user");
        }
    }

    const UPSTREAM: &str =
        "0202020202020202020202024093930d0d1983ab94958f9c0de888e3e99e3c7d4d56e7b91fbd4de0dce6ec05";
}
